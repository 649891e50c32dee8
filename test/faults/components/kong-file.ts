/** A file in decK's format, which somebody else loads into Kong. */
import { readFile, rm, writeFile } from 'node:fs/promises';

import {
  diskFull,
  missingAtStart,
  overwritten,
  pipeInPlace,
  readOnly,
  symlinked,
} from '../faults/files';
import { clockJump, endsAtWrite, twoDaemons } from '../faults/process-trials';
import { elsewhere, guardMoves, partOfFile } from '../faults/promises';
import { allPaths, na, type Row, type Trial } from '../vocabulary';
import type { Places } from '../world/configuration';

const file = ({ output }: Places): string => output;
const name = 'kong.out.yml';
const noStatus = na('A file has no status.');
const noPages = na('One file, which is read whole.');
const unwritable = ['TARGET_FILE_UNWRITABLE'];
/** Whoever loads it in that moment loads what it says. */
const mayRefuse = allPaths;

/** It may be somebody's: what cannot be read is not replaced until it is taken away. */
function unreadable(change: (text: string) => string): Trial {
  return {
    says: ['TARGET_FILE_INVALID'],
    spoilsFiles: true,
    async begin(world) {
      const path = file(world.places);
      await writeFile(path, change(await readFile(path, 'utf8')));
      return { end: () => rm(path) };
    },
  };
}

export const kongFile: Row = {
  ...elsewhere(
    'A file answers nobody and belongs to one writer; what it leads to is tried with the source and the Dataplane.',
  ),
  'down at start': [missingAtStart(file, [], false)],
  'dies midway': [
    overwritten(file, () => undefined, { variant: 'it is gone' }),
    {
      ...overwritten(file, () => undefined, { variant: 'and nothing else happens' }),
      change: 'nothing',
    },
  ],
  hangs: [pipeInPlace(file)],
  slow: na('A local file is read in one go.'),
  '500': noStatus,
  '429 with Retry-After': noStatus,
  '401': noStatus,
  // Cut between two entities it does not look broken.
  'half an answer': [
    overwritten(file, (text) => text.slice(0, text.indexOf('  # Not in the mesh.')), { mayRefuse }),
  ],
  'wrong content type': [unreadable(() => '\x89PNG\r\n\x1a\n\0\0\0\rIHDR')],
  'invalid JSON': [unreadable((text) => text.replace('services:', 'services: [}'))],
  'truncated body': [unreadable((text) => text.slice(0, text.indexOf('paths: [') + 8))],
  'empty list': [
    overwritten(file, () => "_format_version: '3.0'\n", { mayRefuse, change: 'nothing' }),
  ],
  'duplicate pages': noPages,
  'missing pages': noPages,
  'set changes during the walk': noPages,
  'disk full': [diskFull(unwritable)],
  'read-only folder': [readOnly(unwritable)],
  'file replaced by a symlink': [symlinked(file, {}, (text) => text)],
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
  'guard moved with a mistake': [guardMoves],
  'part of a file': [partOfFile('a typo in a key'), partOfFile('a slow copy')],
};
