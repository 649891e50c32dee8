/**
 * Changes the identity of a gateway, stage by stage. A live rename changes the certificate within a second, but three
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
import { readPermissions } from './permissions';
import { isTagValue } from './plan-identity';
import type { RenamePlan } from './rename-stages';
import { planRename } from './tag-rename';
import { updateDataplane } from './update-dataplane';
import { planWorkloadChange, readIssuers } from './workload-change';

export { planRename } from './tag-rename';

export interface RenameReport {
  readonly plans: readonly RenamePlan[];
  readonly writes: number;
  readonly failures: readonly Failure[];
}

export interface Rename {
  /** @throws MeshdError DATAPLANE_MISSING, DATAPLANE_RENAME_PLAIN, DATAPLANE_TAG_INVALID and those of the control plane. */
  plan(signal: AbortSignal): Promise<readonly RenamePlan[]>;
  /**
   * Changes tag and label where all plans are ready, and of none of them otherwise. What comes after is the
   * user's: the stages say it.
   */
  apply(signal: AbortSignal): Promise<RenameReport>;
}

export interface RenameOptions {
  readonly controlPlane: ConnectionOptions;
  readonly mesh: string;
  readonly dataplanes: readonly string[];
  /** The wanted `kuma.io/service` and `kuma.io/workload`: at least one of them. */
  readonly service?: string | undefined;
  readonly workload?: string | undefined;
}

export function createRename(options: RenameOptions): Rename {
  const { mesh, dataplanes, service, workload } = options;
  const connection = createConnection(options.controlPlane);
  const api = createDataplaneApi(connection, mesh);

  async function plan(signal: AbortSignal): Promise<readonly RenamePlan[]> {
    if (service !== undefined && !isTagValue(service)) {
      throw dataplaneErrors.error('DATAPLANE_TAG_INVALID', { value: service });
    }
    await connection.refresh(signal);
    const permissions = await readPermissions(connection, mesh, signal);
    const issuers = workload === undefined ? [] : await readIssuers(connection, mesh, signal);
    const plans: RenamePlan[] = [];
    for (const name of dataplanes) {
      const resource = await api.read(name, signal);
      if (!resource) throw dataplaneErrors.error('DATAPLANE_MISSING', { names: name, mesh });
      const { service: from, tags, labels, zone, plain } = readResource(name, resource);
      if (plain === true && workload === undefined) {
        throw dataplaneErrors.error('DATAPLANE_RENAME_PLAIN', {}, { entity: entityOf(name) });
      }
      const known = { dataplane: name, mesh, tags, permissions };
      if (plain !== true && service !== undefined) {
        plans.push(planRename({ ...known, from, to: service }));
      }
      if (workload !== undefined) {
        plans.push(planWorkloadChange({ ...known, zone, labels, to: workload, issuers }));
      }
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
      for (const plan of plans.filter(({ from, to }) => from !== to)) {
        try {
          found.writes += await change(api, plan, signal);
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

async function change(
  api: DataplaneApi,
  { dataplane, key, from: before, to: after }: RenamePlan,
  signal: AbortSignal,
): Promise<number> {
  const changed =
    key === 'kuma.io/service' ? { service: { before, after } } : { workload: { before, after } };
  const updated = await updateDataplane(
    api,
    dataplane,
    (resource) => editResource(dataplane, resource, { add: [], remove: [], ...changed }, nowhere),
    signal,
  );
  return updated.outcome === 'written' ? 1 : 0;
}

/** A rename touches no outbounds, wherever they are. */
const nowhere: OutboundRoom = { address: '', ports: { first: 0, last: 0 } };
