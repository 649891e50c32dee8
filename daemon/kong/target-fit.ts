/** Whether what the files say about themselves can be kept by the target they are meant for. */
import type { Failure } from '../../catalog/error';
import { kongErrors } from './errors';
import type { ParsedConfig } from './parse';

export interface FitTarget {
  readonly kind: 'admin' | 'dbless' | 'file';
  /** As the configuration of the target has it; it wins over the files'. */
  readonly workspace?: string | undefined;
  /** Entities may refer to what only the gateway has, as with `deck gateway apply`. */
  readonly looksUp?: boolean | undefined;
}

const shown: Readonly<Record<FitTarget['kind'], string>> = {
  admin: 'a Kong with a database',
  dbless: 'a DB-less Kong',
  file: 'a file',
};

/**
 * An error means that nothing of the files may be applied: it would land where it does not belong, or
 * mean something else there. A file target takes everything, as whoever reads the file decides.
 */
export function checkTargetFit(
  { header }: Pick<ParsedConfig, 'header'>,
  target: FitTarget,
): readonly Failure[] {
  const { kind } = target;
  if (kind === 'file') return [];
  const failures: Failure[] = [];
  const add = (code: Parameters<typeof kongErrors.failure>[0], key: string, details = {}): void => {
    const place = header.places.get(key);
    const all = { target: shown[kind], ...details };
    failures.push(kongErrors.failure(code, all, { place }));
  };
  if (header.passthrough['_konnect'] !== undefined) add('KONG_FILE_KONNECT', '_konnect');
  if (kind === 'admin' && header.passthrough['_transform'] === false) {
    add('KONG_FILE_HASHED', '_transform', { key: '_transform: false' });
  }
  if (header.skipsHash) {
    const key = '_info.skip_hash_for_basic_auth';
    add('KONG_FILE_HASHED', key, { key });
  }
  if (kind === 'dbless' && header.selectTags.length > 0) {
    add('KONG_FILE_SELECT_TAGS', '_info.select_tags', { tags: header.selectTags.join(', ') });
  }
  const { workspace } = header;
  if (workspace === undefined) return failures;
  if (kind === 'dbless' && workspace !== 'default') {
    add('KONG_FILE_WORKSPACE', '_workspace', { workspace });
  }
  if (kind === 'admin' && target.workspace !== undefined && target.workspace !== workspace) {
    add('KONG_WORKSPACE_DIFFERS', '_workspace', { workspace, used: target.workspace });
  }
  return failures;
}
