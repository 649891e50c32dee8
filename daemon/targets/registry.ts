/** The ways out to Kong: a new one is a folder, its settings beside here, and a few lines here. */
import type { ReportProgress } from '../progress';
import { createAdminTarget } from './kong-admin/admin-target';
import { createDblessTarget } from './kong-dbless/dbless-target';
import { createFileTarget } from './kong-file/file-target';
import type { KongTargetConfig } from './kong-target-config';
import type { KongTarget } from './target';

export interface TargetContext {
  /** The tag of the entities that are made here: tells them from the user's when reading back. */
  readonly ownerTag: string;
  /** Reads lists in Kong's own order, for whoever shows them. */
  readonly asListed?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress?: ReportProgress | undefined;
}

/** Nothing is connected to or read before its first use. */
export function createKongTarget(config: KongTargetConfig, context: TargetContext): KongTarget {
  const meshTag = context.ownerTag;
  const { asListed = false } = context;
  if (config.dbless) {
    const { timeout, ...connection } = config.dbless;
    return createDblessTarget({ ...connection, timeoutMs: timeout, meshTag, asListed });
  }
  if (config.admin) {
    const { timeout, relist, previousTags, ...connection } = config.admin;
    return createAdminTarget({
      ...connection,
      timeoutMs: timeout,
      relistMs: relist,
      ownerTag: context.ownerTag,
      asListed,
      progress: context.progress,
      ...(previousTags ? { adopt: previousTags } : {}),
    });
  }
  if (config.file) {
    const { path, arrival } = config.file;
    return createFileTarget({ path, meshTag, env: context.env, arrivalMs: arrival });
  }
  throw new TypeError('A target without a kind passed its schema.');
}
