/**
 * Renaming a gateway, stage by stage. A live rename changes the certificate within a second, but three
 * things outlive it: permissions that know the old name only, tokens that are checked at the next start
 * of the proxy, and pooled connections that keep the old identity until they end.
 */
import type { Failure } from '../../../catalog/error';
import { MeshdError } from '../../../catalog/error';
import { createConnection, type ConnectionOptions } from '../../sources/kuma/connection';
import { entityOf } from './check-dataplane';
import { createDataplaneApi, type DataplaneApi } from './dataplane-api';
import { editResource, readResource } from './edit-resource';
import { dataplaneErrors } from './errors';
import type { OutboundRoom } from './outbound-form';
import { judgeRename, readPermissions, type NameVerdict, type Permissions } from './permissions';
import { isTagValue } from './plan-identity';
import { updateDataplane } from './update-dataplane';

/** `done`, `due`: ours to do. `blocked`: the user's to do first. `check`: nobody can see it from here. */
export type StageStatus = 'done' | 'due' | 'blocked' | 'check';

export interface RenameStage {
  readonly stage: 'permission' | 'token' | 'tag' | 'connections';
  readonly status: StageStatus;
  /** What was found, in one sentence. */
  readonly what: string;
  /** What to do, where something is to be done. */
  readonly remedy?: string;
}

export interface RenamePlan {
  readonly dataplane: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly stages: readonly RenameStage[];
  /** Nothing is blocked: the tag may be changed now. */
  readonly ready: boolean;
}

export interface RenameReport {
  readonly plans: readonly RenamePlan[];
  readonly writes: number;
  readonly failures: readonly Failure[];
}

export interface Rename {
  /** @throws MeshdError DATAPLANE_MISSING, DATAPLANE_RENAME_PLAIN, DATAPLANE_TAG_INVALID and those of the control plane. */
  plan(signal: AbortSignal): Promise<readonly RenamePlan[]>;
  /**
   * Changes the tag where all plans are ready, and of none of them otherwise. What comes after is the
   * user's: the stages say it.
   */
  apply(signal: AbortSignal): Promise<RenameReport>;
}

export interface RenameOptions {
  readonly controlPlane: ConnectionOptions;
  readonly mesh: string;
  readonly dataplanes: readonly string[];
  readonly service: string;
}

export function createRename(options: RenameOptions): Rename {
  const { mesh, dataplanes, service } = options;
  const connection = createConnection(options.controlPlane);
  const api = createDataplaneApi(connection, mesh);

  async function plan(signal: AbortSignal): Promise<readonly RenamePlan[]> {
    if (!isTagValue(service)) {
      throw dataplaneErrors.error('DATAPLANE_TAG_INVALID', { value: service });
    }
    await connection.refresh(signal);
    const permissions = await readPermissions(connection, mesh, signal);
    const plans: RenamePlan[] = [];
    for (const name of dataplanes) {
      const resource = await api.read(name, signal);
      if (!resource) throw dataplaneErrors.error('DATAPLANE_MISSING', { names: name, mesh });
      const { service: from, tags, plain } = readResource(name, resource);
      if (plain === true) {
        throw dataplaneErrors.error('DATAPLANE_RENAME_PLAIN', {}, { entity: entityOf(name) });
      }
      plans.push(planRename({ dataplane: name, mesh, from, to: service, tags, permissions }));
    }
    return plans;
  }

  return {
    plan,
    async apply(signal) {
      const plans = await plan(signal);
      const found = { writes: 0, failures: [] as Failure[] };
      if (plans.some(({ ready }) => !ready)) {
        return { plans, ...found, failures: plans.flatMap(denials) };
      }
      for (const { dataplane, from, stages } of plans) {
        if (stages.every(({ stage, status }) => stage !== 'tag' || status === 'done')) continue;
        try {
          found.writes += await setTag(api, dataplane, { before: from, after: service }, signal);
        } catch (error) {
          if (!(error instanceof MeshdError)) throw error;
          found.failures.push(error.toFailure());
          break;
        }
      }
      return { plans, ...found };
    },
  };
}

export interface RenameInputs {
  readonly dataplane: string;
  readonly mesh: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly permissions: Permissions;
}

/** The stages of one gateway's rename, in their order. Pure. */
export function planRename(inputs: RenameInputs): RenamePlan {
  const { dataplane, from, to } = inputs;
  const isDone = from === to;
  const stages = [
    permissionStage(inputs),
    tokenStage(inputs),
    {
      stage: 'tag',
      status: isDone ? 'done' : 'due',
      what: isDone ? `kuma.io/service is ${to}.` : `kuma.io/service is ${from ?? 'not set'}.`,
    },
    connectionsStage(inputs),
  ] as const satisfies readonly RenameStage[];
  return {
    dataplane,
    from,
    to,
    stages,
    ready: (stages as readonly RenameStage[]).every(({ status }) => status !== 'blocked'),
  };
}

function permissionStage({ mesh, from, to, tags, permissions }: RenameInputs): RenameStage {
  const stage = 'permission';
  if (!permissions.enforced) {
    return { stage, status: 'done', what: 'The mesh has no mTLS: no permission is enforced.' };
  }
  const before = { mesh, service: from ?? to, tags };
  const { state, policies } = judgeRename(permissions, before, { mesh, service: to, tags });
  const listed = policies.join(', ');
  const found: Readonly<Record<NameVerdict['state'], RenameStage>> = {
    allowed: { stage, status: 'done', what: `Whatever allows ${before.service} allows ${to}.` },
    narrowed: {
      stage,
      status: 'blocked',
      what: `Not all that allows ${before.service} allows ${to}: ${listed}.`,
      remedy: `Allow both names in ${listed} until the rename is over.`,
    },
    missing: {
      stage,
      status: 'blocked',
      what: `No MeshTrafficPermission allows ${to}.`,
      remedy: `Allow both names${listed === '' ? '' : ` in ${listed}`} until the rename is over.`,
    },
    unknown: {
      stage,
      status: 'check',
      what: 'Some permissions select by other means than the name, or cannot be read.',
      remedy: `Check that every permission which lets ${before.service} in lets ${to} in too.`,
    },
  };
  return found[state];
}

function tokenStage({ dataplane, from, to }: RenameInputs): RenameStage {
  return {
    stage: 'token',
    status: 'check',
    what: 'The token of the proxy cannot be read; its tags are checked when the proxy starts.',
    remedy: `Give kuma-dp a token for name ${dataplane}, or for kuma.io/service ${[from, to]
      .filter((name, index, names) => name !== undefined && names.indexOf(name) === index)
      .join(' and ')}, before its next start.`,
  };
}

function connectionsStage({ from, to }: RenameInputs): RenameStage {
  return {
    stage: 'connections',
    status: 'check',
    what: 'Open connections to the services keep the identity they were opened with.',
    remedy: `Restart kuma-dp, or wait until they are drained, before ${from === to || from === undefined ? 'the old name' : from} is denied.`,
  };
}

function denials({ dataplane, from, to, stages }: RenamePlan): readonly Failure[] {
  return stages
    .filter(({ status }) => status === 'blocked')
    .map(({ remedy }) =>
      dataplaneErrors.failure(
        'DATAPLANE_RENAME_BLOCKED',
        { from: from ?? 'not set', to, todo: remedy ?? 'Look at the stages.' },
        { entity: entityOf(dataplane) },
      ),
    );
}

async function setTag(
  api: DataplaneApi,
  name: string,
  service: { readonly before: string | undefined; readonly after: string },
  signal: AbortSignal,
): Promise<number> {
  const updated = await updateDataplane(
    api,
    name,
    (resource) => editResource(name, resource, { add: [], remove: [], service }, nowhere),
    signal,
  );
  return updated.outcome === 'written' ? 1 : 0;
}

/** A rename touches no outbounds, wherever they are. */
const nowhere: OutboundRoom = { address: '', ports: { first: 0, last: 0 } };
