/** The file between the daemon and the plugin. */
import {
  diskFull,
  missingAtStart,
  overwritten,
  pipeInPlace,
  readOnly,
  symlinked,
} from '../faults/files';
import { clockJump, endsAtWrite, twoDaemons } from '../faults/process-trials';
import { elsewhere } from '../faults/promises';
import { na, type Row } from '../vocabulary';
import type { Places } from '../world/configuration';

const file = ({ snapshot }: Places): string => snapshot;
const name = 'catalog.json';
const noStatus = na('A file has no status.');
const noPages = na('One file, which is read whole.');
const unwritable = ['TARGET_FILE_UNWRITABLE'];

export const snapshot: Row = {
  ...elsewhere('It holds what the source says, whoever asks, and no plugin but one reads it.'),
  'down at start': [missingAtStart(file, ['/orders'], true)],
  'dies midway': [
    overwritten(file, () => undefined, { variant: 'it is gone' }),
    {
      ...overwritten(file, () => undefined, { variant: 'and nothing else happens' }),
      change: 'nothing',
    },
  ],
  hangs: [pipeInPlace(file)],
  slow: na('A local file is read in one go; the plugin never reads it for a request.'),
  '500': noStatus,
  '429 with Retry-After': noStatus,
  '401': noStatus,
  'half an answer': [overwritten(file, (text) => text.slice(0, text.length / 2))],
  'wrong content type': [overwritten(file, () => '\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  'invalid JSON': [overwritten(file, (text) => text.replace('"ports":[', '"ports":?'))],
  'truncated body': [overwritten(file, (text) => text.slice(0, -3))],
  // It is what it says, so the plugin believes it, and refuses until the daemon has put it right.
  'empty list': [
    overwritten(file, (text) => text.replace(/"services":\[[\s\S]*\]/, '"services":[\n]'), {
      mayRefuse: ['/orders'],
      change: 'nothing',
    }),
  ],
  'duplicate pages': noPages,
  'missing pages': noPages,
  'set changes during the walk': noPages,
  'disk full': [diskFull(unwritable)],
  'read-only folder': [readOnly(unwritable)],
  'file replaced by a symlink': [symlinked(file)],
  'clock jumps forward': [clockJump('forward')],
  'clock jumps back': [clockJump('back')],
  'SIGTERM at each step': [
    endsAtWrite('SIGTERM', 'begun', name),
    endsAtWrite('SIGTERM', 'written', name),
    endsAtWrite('SIGTERM', 'replaced', name),
  ],
  'kill -9 at each step': [
    endsAtWrite('SIGKILL', 'begun', name),
    endsAtWrite('SIGKILL', 'written', name),
    endsAtWrite('SIGKILL', 'replaced', name),
  ],
  'two at once': [twoDaemons()],
};
