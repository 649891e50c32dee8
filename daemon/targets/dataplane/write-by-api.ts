/** The write half of a phase where the API owns the Dataplane. */
import type { Failure } from '../../../catalog/error';
import { outboundKey, type Outbound } from '../../../catalog/gateway';
import { entityOf } from './check-dataplane';
import { checkOwner, checkPorts, checkRename, checkWorkload, type ApiContext } from './check-write';
import type { ProxyState } from './dataplane-api';
import type { DataplaneStep } from './dataplane-target';
import { editResource, newResource, readResource } from './edit-resource';
import { dataplaneErrors } from './errors';
import { newWorkload } from './plan-identity';
import { listenerKey, type DataplaneMemory } from './settings';
import { updateDataplane } from './update-dataplane';

export type Proxies = ReadonlyMap<string, ProxyState | undefined>;

/** What a phase did so far: it counts although the phase ends early. */
export interface Found {
  writes: number;
  readonly failures: Failure[];
  /** As in `PhaseReport`. */
  onlySilent?: boolean;
  replan?: boolean;
}

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
    await checkWorkload(step, context, signal);
    await checkPorts(step, context, signal);
  }
  for (const step of writing) {
    const written = step.create
      ? await create(step, context, signal)
      : await update(step, context, signal);
    if (written) found.writes++;
    remember(step, proxies.get(step.dataplane), context.memory);
    found.failures.push(...(await checkTag(step, context, signal)), ...workloadChanged(step));
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
    // Before the write: where only its answer is lost, what we took away must not look undone later.
    forget(step, context.memory);
    const updated = await updateDataplane(
      api,
      dataplane,
      (resource) =>
        editResource(dataplane, resource, { add: [], remove, ...plainOf(step) }, settings.room),
      signal,
    );
    if (updated.outcome !== 'written') continue;
    found.writes++;
    // The read that ends an update has shown it: what is there again was put there by somebody.
    noteRemovals(dataplane, remove, 'gone', context.memory);
  }
}

function noteRemovals(
  dataplane: string,
  remove: readonly Outbound[],
  state: 'removed' | 'gone',
  memory: DataplaneMemory,
): void {
  const keys = remove.map((outbound) => listenerKey(dataplane, outboundKey(outbound)));
  memory.removals = new Map([...memory.removals, ...keys.map((key) => [key, state] as const)]);
}

/** As an option that may not be undefined. */
function plainOf({ plain }: DataplaneStep): Pick<DataplaneStep, 'plain'> {
  return plain === undefined ? {} : { plain };
}

function hasEdits({ create, add, service, workload }: DataplaneStep): boolean {
  return create || add.length > 0 || service !== undefined || workload !== undefined;
}

async function create(
  step: DataplaneStep,
  context: ApiContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { api, settings } = context;
  // It may have come up by itself meanwhile: then it is one to be edited.
  if (await api.read(step.dataplane, signal)) return update(step, context, signal);
  const workload = step.plain === true ? newWorkload(settings) : settings.config.workload;
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
  for (const outbound of add) added.add(outboundKey(outbound));
  written.set(dataplane, {
    stream: proxy?.stream,
    added,
    service: service?.after ?? before?.service,
  });
}

/** Its place may be somebody else's by the time it is wanted again. */
function forget({ dataplane, remove }: DataplaneStep, memory: DataplaneMemory): void {
  const { written } = memory;
  noteRemovals(dataplane, remove, 'removed', memory);
  const before = written.get(dataplane);
  if (!before) return;
  const added = new Set(before.added);
  for (const outbound of remove) added.delete(outboundKey(outbound));
  written.set(dataplane, { ...before, added });
}

/** What a change of the workload leaves to the user. */
function workloadChanged({ dataplane, workload }: DataplaneStep): readonly Failure[] {
  if (workload?.before === undefined) return [];
  const details = { found: workload.before, workload: workload.after, dataplane };
  const context = { entity: entityOf(dataplane) };
  return [dataplaneErrors.failure('DATAPLANE_WORKLOAD_CHANGED', details, context)];
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
