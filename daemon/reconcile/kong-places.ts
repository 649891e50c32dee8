/** Where Kong leads now, read from it and not remembered: what others point at counts like what is ours. */
import type { HostPort, Translation } from '../translate/translation';
import type { Entity, KongState } from '../kong/model';
import { splitTarget } from '../kong/target-address';
import type { Plan } from '../plan/change';
import { subjectOf } from '../plan/order';
import type { KongPlaces, KongTarget } from '../targets/target';
import type { PassContext } from './context';

export interface KongPlacesMemory {
  /** As last read, and changed by what was written since; absent before the first time. */
  kongPlaces?: KongPlaces;
  placesReadMs?: number;
  /** What Kong holds, as far as known: as in `KongMemory`. */
  kongState?: KongState;
  drifted?: boolean;
  /** The whole of what Kong holds, read on the way to its places: it need not be read again. */
  kongRead?: KongState;
  /** Places that were led to by what did not get to Kong yet, and until when. */
  placesUntilMs?: ReadonlyMap<string, number>;
  /** Not before this time is Kong asked again after it did not answer, by the clock of the pass. */
  placesRetryMs?: number;
}

/** The mesh side does not wait for a Kong that hangs. */
const readMs = 5_000;
const retryAfterMs = 30_000;
/** A place is given up or given out by what was read this short a time ago. */
const freshMs = 10_000;

/**
 * Reads it anew where ports are given out, where others share Kong and where no snapshot remembers
 * anything; what was known before stays where Kong does not answer. Where nothing leads into the mesh
 * and nobody is told of it, nothing depends on it.
 * @param decided what links came to before; undefined before the first port is given out.
 * @returns whether links may come out otherwise by it.
 */
export async function refreshKongPlaces(
  { kong, dataplane, snapshot, clock }: PassContext,
  memory: KongPlacesMemory,
  decided: Translation | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const shares = kong && 'places' in kong;
  const leads = decided?.links.some(({ time }) => time === 'config') === true;
  const matters = dataplane !== undefined || (snapshot ? shares : leads);
  if (!kong || !matters) return false;
  const nowMs = clock.now();
  const isFresh = memory.placesReadMs !== undefined && nowMs - memory.placesReadMs < freshMs;
  if (isFresh || (memory.placesRetryMs !== undefined && nowMs < memory.placesRetryMs)) return false;
  const before = memory.kongPlaces;
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
    const withTargets = dataplane !== undefined;
    const read = await readPlaces(kong, memory, { withTargets }, bounded);
    if (before) holdArriving({ kong, clock }, memory, before, read);
    memory.kongPlaces = read;
    memory.placesReadMs = nowMs;
    delete memory.placesRetryMs;
  } catch {
    // The switch phase says what is wrong with Kong; here it only means that nothing new is known.
    signal.throwIfAborted();
    memory.placesRetryMs = nowMs + retryAfterMs;
  }
  const { kongPlaces: after } = memory;
  return !before !== !after || String(before?.upstreams) !== String(after?.upstreams);
}

async function readPlaces(
  kong: KongTarget,
  memory: KongPlacesMemory,
  wanted: { readonly withTargets: boolean },
  signal: AbortSignal,
): Promise<KongPlaces> {
  if (kong.places) return kong.places(wanted, signal);
  // What was applied last is what such a target holds: every pass asks whether it still does.
  if (memory.kongState && memory.drifted !== true) {
    return placesOfEntities(memory.kongState.entities);
  }
  memory.kongRead = await kong.read(signal);
  return placesOfEntities(memory.kongRead.entities);
}

/** Where the services and the targets of a configuration lead. */
export function placesOfEntities(entities: readonly Entity[]): KongPlaces {
  const services = entities.flatMap(({ type, id, fields: { host, port } }) =>
    type === 'services' && typeof host === 'string' && typeof port === 'number'
      ? [{ id, host, port }]
      : [],
  );
  const targets = entities.flatMap(({ type, id, fields: { target } }) => {
    const place =
      type === 'targets' && typeof target === 'string' ? splitTarget(target) : undefined;
    return place ? [{ id, ...place }] : [];
  });
  return { services, targets, upstreams: [] };
}

/** What was written counts at once, and where it takes its time to arrive, what it replaces stays. */
export function noteWritten(
  { kong, clock }: Pick<PassContext, 'kong' | 'clock'>,
  memory: KongPlacesMemory,
  { changes }: Plan,
): void {
  if (!memory.kongPlaces) return;
  const before = memory.kongPlaces;
  const gone = new Set(changes.map((change) => subjectOf(change).id));
  const next = changes.flatMap((change) => (change.op === 'delete' ? [] : [change.next]));
  const added = placesOfEntities(next);
  memory.kongPlaces = {
    ...before,
    services: [...before.services.filter(({ id }) => !gone.has(id)), ...added.services],
    targets: [...before.targets.filter(({ id }) => !gone.has(id ?? '')), ...added.targets],
  };
  holdArriving({ kong, clock }, memory, before, memory.kongPlaces);
}

/** What a file does not say any more Kong may do until the file has got there. */
function holdArriving(
  { kong, clock }: Pick<PassContext, 'kong' | 'clock'>,
  memory: KongPlacesMemory,
  before: KongPlaces,
  after: KongPlaces,
): void {
  const { arrivalMs } = kong ?? {};
  if (arrivalMs === undefined) return;
  const keysOf = ({ services, targets }: KongPlaces): readonly string[] =>
    [...services, ...targets].map((place) => JSON.stringify(toPlace(place)));
  const nowMs = clock.now();
  const until = new Map([...(memory.placesUntilMs ?? [])].filter(([, ms]) => ms > nowMs));
  const now = new Set(keysOf(after));
  for (const key of keysOf(before)) if (!now.has(key)) until.set(key, nowMs + arrivalMs);
  memory.placesUntilMs = until;
}

/** Every place that Kong leads to, or may lead to until a file has arrived. */
export function placesInUse(memory: KongPlacesMemory, nowMs: number): readonly HostPort[] {
  const arriving = [...(memory.placesUntilMs ?? [])].flatMap(([place, untilMs]) =>
    untilMs > nowMs ? [JSON.parse(place) as HostPort] : [],
  );
  const { services = [], targets = [] } = memory.kongPlaces ?? {};
  return [...services.map(toPlace), ...targets.map(toPlace), ...arriving];
}

/** Where each Kong service and target leads. */
export function placesById(places: KongPlaces | undefined): ReadonlyMap<string, HostPort> {
  const { services = [], targets = [] } = places ?? {};
  return new Map([...services, ...targets].map((place) => [place.id ?? '', toPlace(place)]));
}

function toPlace({ host, port }: HostPort): HostPort {
  return { host, port };
}
