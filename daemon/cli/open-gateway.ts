/** The gateway of the configuration by itself, for commands that need no mesh. */
import type { Config } from '../config/schema';
import type { KongState } from '../kong/model';
import { sortEntities } from '../kong/model';
import { carriesTags } from '../plan/filters/policy';
import type { ReportProgress } from '../progress';
import { createKongClient, type KongClient } from '../targets/kong-http/client';
import type { KongTargetConfig } from '../targets/kong-target-config';
import { createKongTarget } from '../targets/registry';
import type { KongTarget } from '../targets/target';
import { cliErrors } from './errors';
import type { TargetKind } from './gateway-flags';
import type { Terminal } from './terminal';

export interface Gateway {
  readonly kind: TargetKind;
  readonly client: KongClient;
  readonly workspace: string | undefined;
  /** Those of the target; the files' are not known here. */
  readonly selectTags: readonly string[];
  /**
   * A target of its own, which takes only what carries these tags for ours.
   * @param workspace the files', where the configuration of the target has none.
   */
  target(selectTags: readonly string[], workspace?: string): Promise<KongTarget>;
  close(): void;
}

/**
 * Nothing is connected to yet.
 * @param flagTags `--select-tag`, for a target that has no such setting.
 * @throws MeshdError NO_GATEWAY, KONG_ADMIN_URL, KONG_TLS_FILE.
 */
export function openGateway(
  config: Config,
  flagTags: readonly string[],
  terminal: Pick<Terminal, 'env'>,
  progress?: ReportProgress,
): Gateway {
  const { admin, dbless, file } = config.kong?.target ?? {};
  const connection = admin ?? dbless;
  if (!connection) {
    const cause = file ? 'the target is a file' : 'there is no target';
    throw cliErrors.error('NO_GATEWAY', { cause });
  }
  const { timeout, url, headers, tokenFile, tls } = connection;
  const client = createKongClient({
    url,
    timeoutMs: timeout,
    ...(headers ? { headers } : {}),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(tls ? { tls } : {}),
    connections: admin?.parallelism ?? 10,
  });
  const opened: KongTarget[] = [];
  return {
    kind: admin ? 'admin' : 'dbless',
    client,
    workspace: admin?.workspace,
    selectTags: admin?.selectTags ?? flagTags,
    async target(selectTags, workspace) {
      const own = admin && workspace !== undefined ? { workspace, ...admin } : admin;
      const target = await createKongTarget(withTags({ admin: own, dbless }, selectTags), {
        ownerTag: config.ownerTag,
        asListed: true,
        env: terminal.env,
        progress,
      });
      opened.push(target);
      return target;
    },
    close() {
      client.close();
      for (const target of opened) target.close?.();
    },
  };
}

/** An earlier owner's tags are for taking over, which nobody does here. */
function withTags(
  { admin, dbless }: Pick<KongTargetConfig, 'admin' | 'dbless'>,
  selectTags: readonly string[],
): KongTargetConfig {
  if (!admin) return { dbless };
  const own = Object.entries(admin).filter(([name]) => name !== 'previousTags');
  return { admin: { ...(Object.fromEntries(own) as typeof admin), selectTags: [...selectTags] } };
}

/** Only what carries all of the tags. */
export function selectEntities(state: KongState, tags: readonly string[]): KongState {
  return { ...state, entities: sortEntities(state.entities.filter(carriesTags(tags))) };
}
