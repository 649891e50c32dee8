/** The write half of a phase where the API owns the Dataplane. */
import { MeshdError, type Failure } from '../../../catalog/error';
import { outboundKey, type Outbound } from '../../../catalog/gateway';
import type { Connection } from '../../sources/kuma/connection';
import { entityOf } from './check-dataplane';
import type { DataplaneApi, ProxyState } from './dataplane-api';
import type { DataplaneStep } from './dataplane-target';
import { adminPortOf, editResource, newResource, readResource } from './edit-resource';
import { dataplaneErrors } from './errors';
import { isHere, takenPlaces } from './local-ports';
import { placeOf } from './outbound-form';
import { judgeRename, readPermissions, type Permissions } from './permissions';
import type { DataplaneMemory, DataplaneSettings } from './settings';
import { updateDataplane } from './update-dataplane';

export interface ApiContext {
  readonly api: DataplaneApi;
  readonly connection: Connection;
  readonly settings: DataplaneSettings;
  readonly memory: DataplaneMemory;
  readonly now: () => number;
}

export type Proxies = ReadonlyMap<string, ProxyState | undefined>;

/** What a phase did so far: it counts although the phase ends early. */
export interface Found {
  writes: number;
  readonly failures: Failure[];
}

/** A port that another process holds is tried again after this time. */
const takenMs = 60_000;

/**
 * Looks at everything that could stand against it before the first write, so that nothing is applied
 * by half.
 * @returns the proxies as they were before.
 * @throws MeshdError of the checks and of the API.
 */
export async function expandByApi(
  steps: readonly DataplaneStep[],
  context: ApiContext,
  found: Found,
  signal: AbortSignal,
): Promise<Proxies> {
  const writing = steps.filter(hasEdits);
  const proxies = new Map<string, ProxyState | undefined>();
  for (const step of writing) {
    proxies.set(step.dataplane, await checkOwner(step, context, signal));
    await checkRename(step, context, signal);
    await checkPorts(step, context, signal);
  }
  for (const step of writing) {
    const written = step.create
      ? await create(step, context, signal)
      : await update(step, context, signal);
    if (written) found.writes++;
    remember(step, proxies.get(step.dataplane), context.memory);
    found.failures.push(...(await checkTag(step, context, signal)));
  }
  return proxies;
}

/** @throws MeshdError as `expandByApi`. */
export async function contractByApi(
  steps: readonly DataplaneStep[],
  context: ApiContext,
  found: Found,
  signal: AbortSignal,
): Promise<void> {
  const { api, settings } = context;
  for (const step of steps) {
    const { dataplane, remove } = step;
    const updated = await updateDataplane(
      api,
      dataplane,
      (resource) => editResource(dataplane, resource, { add: [], remove }, settings.room),
      signal,
    );
    if (updated.outcome === 'written') found.writes++;
    forget(step, context.memory);
  }
}

function hasEdits({ create, add, service, workload }: DataplaneStep): boolean {
  return create || add.length > 0 || service !== undefined || workload !== undefined;
}

/**
 * A proxy started from a file writes its Dataplane anew whenever it connects. Newer ones say so
 * themselves; of others it shows when what was written is gone after a reconnect.
 */
async function checkOwner(
  { dataplane, add, service }: DataplaneStep,
  { api, memory }: ApiContext,
  signal: AbortSignal,
): Promise<ProxyState | undefined> {
  const proxy = await api.proxy(dataplane, signal);
  const written = memory.written.get(dataplane);
  const undone =
    written !== undefined &&
    proxy !== undefined &&
    written.stream !== proxy.stream &&
    (add.some((outbound) => written.added.has(outboundKey(outbound))) ||
      (service !== undefined && service.after === written.service));
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

/** A name that no permission allows would cut the gateway off: drift stays rather than that. */
async function checkRename(
  { dataplane, service }: DataplaneStep,
  { api, connection, settings }: ApiContext,
  signal: AbortSignal,
): Promise<void> {
  if (service?.before === undefined) return;
  const resource = await api.read(dataplane, signal);
  const tags = resource ? readResource(dataplane, resource).tags : {};
  const { mesh } = settings;
  const permissions = await readIfAllowed(connection, mesh, signal);
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

/** What cannot be read proves nothing against the name. */
async function readIfAllowed(
  connection: Connection,
  mesh: string,
  signal: AbortSignal,
): Promise<Permissions | undefined> {
  try {
    return await readPermissions(connection, mesh, signal);
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
async function checkPorts(
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

async function create(
  step: DataplaneStep,
  context: ApiContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { api, settings } = context;
  // It may have come up by itself meanwhile: then it is one to be edited.
  if (await api.read(step.dataplane, signal)) return update(step, context, signal);
  const { workload } = settings.config;
  const resource = newResource(settings.mesh, step, { service: settings.service, workload });
  const written = await api.write(step.dataplane, resource, signal);
  return written === 'stored' || update(step, context, signal);
}

async function update(
  step: DataplaneStep,
  { api, settings }: ApiContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { dataplane } = step;
  const updated = await updateDataplane(
    api,
    dataplane,
    (resource) => editResource(dataplane, resource, { ...step, remove: [] }, settings.room),
    signal,
  );
  if (updated.outcome !== 'missing') return updated.outcome === 'written';
  const context = { entity: entityOf(dataplane) };
  throw dataplaneErrors.error('DATAPLANE_CHANGED', { what: 'it is gone' }, context);
}

function remember(
  { dataplane, add, service }: DataplaneStep,
  proxy: ProxyState | undefined,
  { written }: DataplaneMemory,
): void {
  const before = written.get(dataplane);
  const added = new Set(before?.added);
  addKeys(added, add);
  written.set(dataplane, {
    stream: proxy?.stream,
    added,
    service: service?.after ?? before?.service,
  });
}

/** Its place may be somebody else's by the time it is wanted again. */
function forget({ dataplane, remove }: DataplaneStep, { written }: DataplaneMemory): void {
  const before = written.get(dataplane);
  if (!before) return;
  const added = new Set(before.added);
  for (const outbound of remove) added.delete(outboundKey(outbound));
  written.set(dataplane, { ...before, added });
}

async function checkTag(
  { dataplane, service }: DataplaneStep,
  { api, memory }: ApiContext,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  if (!service) return [];
  const context = { entity: entityOf(dataplane) };
  const resource = await api.read(dataplane, signal);
  if (resource && readResource(dataplane, resource).service === undefined) {
    memory.tagIgnored = true;
    const details = { service: service.after };
    return [dataplaneErrors.failure('DATAPLANE_TAG_IGNORED', details, context)];
  }
  if (service.before === undefined) return [];
  const details = { found: service.before, service: service.after };
  return [dataplaneErrors.failure('DATAPLANE_RENAMED', details, context)];
}
