/**
 * The ways out to Kong: a new one is a folder, its settings beside here, and a few lines here. Loaded is
 * only what is configured.
 */
import type { ReportProgress } from '../progress';
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
export async function createKongTarget(
  config: KongTargetConfig,
  context: TargetContext,
): Promise<KongTarget> {
  const meshTag = context.ownerTag;
  const { asListed = false } = context;
  if (config.dbless) {
    const { timeout, ...connection } = config.dbless;
    const { createDblessTarget } = await import('./kong-dbless/dbless-target.js');
    return createDblessTarget({ ...connection, timeoutMs: timeout, meshTag, asListed });
  }
  if (config.admin) {
    const { timeout, relist, previousTags, ...connection } = config.admin;
    const { createAdminTarget } = await import('./kong-admin/admin-target.js');
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
    const { createFileTarget } = await import('./kong-file/file-target.js');
    return createFileTarget({ path, meshTag, env: context.env, arrivalMs: arrival });
  }
  throw new TypeError('A target without a kind passed its schema.');
}
