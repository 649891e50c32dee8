/** What is looked at before a Dataplane is written over the API. */
import { MeshdError } from '../../../catalog/error';
import { outboundKey, type Outbound } from '../../../catalog/gateway';
import type { Connection } from '../../sources/kuma/connection';
import { entityOf } from './check-dataplane';
import type { DataplaneApi, ProxyState } from './dataplane-api';
import type { DataplaneStep } from './dataplane-target';
import { adminPortOf, readResource } from './edit-resource';
import { dataplaneErrors } from './errors';
import { isHere, takenPlaces } from './local-ports';
import { placeOf } from './outbound-form';
import { judgeRename, readPermissions } from './permissions';
import type { DataplaneMemory, DataplaneSettings } from './settings';
import { idChange, judgeWorkload, readIssuers } from './workload-change';

export interface ApiContext {
  readonly api: DataplaneApi;
  readonly connection: Connection;
  readonly settings: DataplaneSettings;
  readonly memory: DataplaneMemory;
  readonly now: () => number;
}

/** A port that another process holds is tried again after this time. */
export const takenMs = 60_000;

/**
 * A proxy started from a file writes its Dataplane anew whenever it connects. Newer ones say so
 * themselves; of others it shows when what was written is gone after a reconnect. Gone it is only where a look at
 * the Dataplane says so: the plan may be of an observation from before the write, as it is when the
 * control plane restarted in between.
 */
export async function checkOwner(
  { dataplane, add, service }: DataplaneStep,
  { api, memory }: ApiContext,
  signal: AbortSignal,
): Promise<ProxyState | undefined> {
  const proxy = await api.proxy(dataplane, signal);
  const written = memory.written.get(dataplane);
  const again = add.filter((outbound) => written?.added.has(outboundKey(outbound)));
  const renamed = service !== undefined && service.after === written?.service;
  const suspicious =
    written !== undefined &&
    proxy !== undefined &&
    written.stream !== proxy.stream &&
    (again.length > 0 || renamed);
  const undone =
    suspicious &&
    (await isUndone(dataplane, again, renamed ? service.after : undefined, proxy, api, signal));
  const evidence = proxy?.carriesFile
    ? 'its proxy was started with --dataplane-file'
    : undone
      ? 'what was written to it was undone when its proxy connected again'
      : undefined;
  if (evidence === undefined) return proxy;
  memory.fileOwned.set(dataplane, evidence);
  throw dataplaneErrors.error(
    'DATAPLANE_FILE_OWNED',
    { evidence },
    { entity: entityOf(dataplane) },
  );
}

/** What a proxy writes it writes the moment it connects; both times are the control plane's. */
const byProxyMs = 5_000;

/** Undone by the proxy: somebody who applies the Dataplane anew does so at another time. */
async function isUndone(
  dataplane: string,
  outbounds: readonly Outbound[],
  service: string | undefined,
  { stream = '' }: ProxyState,
  api: DataplaneApi,
  signal: AbortSignal,
): Promise<boolean> {
  const resource = await api.read(dataplane, signal);
  if (!resource) return false;
  const now = readResource(dataplane, resource);
  const present = new Set(now.outbounds.map(outboundKey));
  const isLacking = outbounds.some((outbound) => !present.has(outboundKey(outbound)));
  if (!isLacking && (service === undefined || now.service === service)) return false;
  const writtenAt = Date.parse(String(resource['modificationTime']));
  const connectedAt = Date.parse(stream.slice(stream.lastIndexOf('@') + 1));
  return !(Math.abs(writtenAt - connectedAt) > byProxyMs);
}

/** A name that no permission allows would cut the gateway off: drift stays rather than that. */
export async function checkRename(
  { dataplane, service }: DataplaneStep,
  { api, connection, settings }: ApiContext,
  signal: AbortSignal,
): Promise<void> {
  if (service?.before === undefined) return;
  const resource = await api.read(dataplane, signal);
  const tags = resource ? readResource(dataplane, resource).tags : {};
  const { mesh } = settings;
  const permissions = await readIfAllowed(readPermissions, connection, mesh, signal);
  if (!permissions) return;
  const verdict = judgeRename(
    permissions,
    { mesh, service: service.before, tags },
    { mesh, service: service.after, tags },
  );
  if (verdict.state !== 'missing') return;
  throw dataplaneErrors.error(
    'DATAPLANE_RENAME_DENIED',
    {
      found: service.before,
      service: service.after,
      policies: verdict.policies.join(', ') || 'a MeshTrafficPermission',
    },
    { entity: entityOf(dataplane) },
  );
}

/** The same for the workload, by the SPIFFE IDs that MeshIdentities make of it. */
export async function checkWorkload(
  { dataplane, workload }: DataplaneStep,
  { api, connection, settings }: ApiContext,
  signal: AbortSignal,
): Promise<void> {
  if (workload?.before === undefined) return;
  const resource = await api.read(dataplane, signal);
  const { mesh } = settings;
  const permissions = await readIfAllowed(readPermissions, connection, mesh, signal);
  const issuers = await readIfAllowed(readIssuers, connection, mesh, signal);
  if (!resource || !permissions || !issuers) return;
  const { tags, labels, zone } = readResource(dataplane, resource);
  const change = idChange({ dataplane, mesh, zone, labels, tags, to: workload.after, issuers });
  if (change.state !== 'changes' || change.before === undefined) return;
  const { before, after } = change;
  const { state, policies } = judgeWorkload({ mesh, tags, permissions }, { before, after });
  if (state !== 'missing') return;
  throw dataplaneErrors.error(
    'DATAPLANE_WORKLOAD_DENIED',
    {
      ...{ found: workload.before, workload: workload.after, before, after },
      policies: policies.join(', ') || 'a MeshTrafficPermission',
    },
    { entity: entityOf(dataplane) },
  );
}

/** What cannot be read proves nothing against the name. */
async function readIfAllowed<T>(
  read: (connection: Connection, mesh: string, signal: AbortSignal) => Promise<T>,
  connection: Connection,
  mesh: string,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await read(connection, mesh, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MeshdError) return undefined;
    throw error;
  }
}

/**
 * Only what is new to this host is tried: what is on the Dataplane already, or was put there by us, is
 * listened on by the sidecar itself.
 */
export async function checkPorts(
  { dataplane, address, add, create }: DataplaneStep,
  { api, memory, now }: ApiContext,
  signal: AbortSignal,
): Promise<void> {
  if (add.length === 0) return;
  const resource = create ? undefined : await api.read(dataplane, signal);
  const admin = resource && adminPortOf(resource);
  const known = new Set<string>(memory.written.get(dataplane)?.added);
  if (resource) addKeys(known, readResource(dataplane, resource).outbounds);
  for (const [name, { dataplane: other }] of memory.seen) {
    if (name !== dataplane && isHere(other.address)) addKeys(known, other.outbounds);
  }
  const fresh = add.filter((outbound) => !known.has(outboundKey(outbound)));
  const taken = [
    ...fresh.filter(({ port }) => port === admin),
    ...(isHere(address) ? await takenPlaces(fresh, signal) : []),
  ];
  const [first] = taken;
  if (!first) return;
  for (const { port } of taken) memory.taken.set(port, now() + takenMs);
  throw portTaken(dataplane, first);
}

export function portTaken(dataplane: string, outbound: Outbound): Error {
  const context = { entity: entityOf(dataplane) };
  return dataplaneErrors.error('DATAPLANE_PORT_TAKEN', { place: placeOf(outbound) }, context);
}

function addKeys(keys: Set<string>, outbounds: readonly Outbound[]): void {
  for (const outbound of outbounds) keys.add(outboundKey(outbound));
}
