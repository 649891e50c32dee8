/** What the inputs come to: pure but for the memory that saves doing the same work again. */
import { isDeepStrictEqual } from 'node:util';

import type { Bindings } from '../../catalog/bindings';
import { createCatalog, type Catalog } from '../../catalog/catalog';
import { hasErrors, type Failure } from '../../catalog/error';
import { commonGateway, type Gateway } from '../../catalog/gateway';
import type { MissingPlugin } from '../kong/model';
import { ledgerSeen, type PortLedger } from '../../catalog/port-ledger';
import type { DataplanePlan, RememberedPlace } from '../targets/dataplane/dataplane-target';
import { translate } from '../translate/translate';
import type { HostPort, Translation } from '../translate/translation';
import type { Inputs } from './observe';
import type { PassContext } from './context';
import { placesById, placesInUse, type KongPlacesMemory } from './kong-places';
import type { RecallMemory } from './recall';

export interface Decision {
  readonly catalog: Catalog;
  /** Equal for equal observations: tells catalogs apart without hashing them anew. */
  readonly revision: string;
  readonly translation: Translation;
  readonly dataplanePlan: DataplanePlan | undefined;
  readonly failures: readonly Failure[];
  /** Something of the user's files could not be read: what is missing from them is not deleted. */
  readonly incomplete: boolean;
  /** Plugins that a mistake keeps out of the files: what depends on them must wait. */
  readonly missingPlugins: readonly MissingPlugin[];
  /** How long, in ms, until something may be deleted because of the user's files; 0: now. */
  readonly settlesInMs: number;
  /** The mesh was not seen by this daemon yet: all it has is what was stored. */
  readonly fromStore: boolean;
  /** More of the user's files may follow: nothing is to be changed because of them until then. */
  readonly mayGrow: boolean;
  /** The mesh really shows no more than this: an empty catalog is no accident. */
  readonly believed: boolean;
  /** The mesh side cannot be brought about: Kong must not be touched. */
  readonly blocked: boolean;
}

export interface DecideMemory
  extends KongPlacesMemory, Pick<RecallMemory, 'fresh' | 'found' | 'published'> {
  /** Where config-time links last led, by id of the Kong service or target. */
  addresses?: ReadonlyMap<string, HostPort>;
  /** What references were resolved to, since the snapshot was begun. */
  bindings?: Bindings;
  /** What outbound ports were given to, since the snapshot was begun. */
  ledger?: PortLedger | undefined;
  /** When it is tried again to find ports for what has none, by the clock of the pass. */
  retryPortsMs?: number;
  /** Time alone will change the decision: a grace time runs, or a listener is waited for. */
  unsettled?: boolean;
}

const retryPortsAfterMs = 10_000;

/**
 * The outbounds that links need are planned first, then links are resolved against the gateway as it
 * will be after expand: one pass is enough for a new service to be reachable.
 */
export function decide(inputs: Inputs, context: PassContext, memory: DecideMemory): Decision {
  const { settings, dataplane, clock } = context;
  const { observation, gateways, user } = inputs;
  const resolve = (gateway: Gateway): { catalog: Catalog; translation: Translation } => {
    const { mesh, services } = observation;
    const { addresses: previous, bindings, kongPlaces } = memory;
    const catalog = createCatalog(mesh, services, gateway, bindings);
    const translation = translate({
      catalog,
      user,
      rules: settings.rules,
      ...(previous ? { previous } : {}),
      live: placesById(kongPlaces),
      otherUpstreams: kongPlaces?.upstreams ?? [],
    });
    return { catalog, translation };
  };
  const now = asConfigured(commonGateway(settings.environment, gateways), settings);
  const before = resolve(now);
  // As observed, without what is remembered: the target itself tells a short absence from a long one.
  const plan = dataplane?.plan(observation.gateways, before.translation.needs, clock.now(), {
    inUse: [...staleAddresses(before.translation), ...placesInUse(memory, clock.now())],
    kongUnread: memory.placesRetryMs !== undefined && !memory.kongPlaces,
    controlPlane: observation.controlPlane,
    services: observation.services,
    ledger: memory.ledger,
    ...(memory.published ? { published: memory.published } : {}),
    remembered: rememberedPlaces(before.translation, memory),
  });
  const then = plan && asConfigured(plan.gateway, settings);
  const after = then && !isDeepStrictEqual(then.outbounds, now.outbounds) ? resolve(then) : before;
  memory.unsettled = plan?.unsettled ?? false;
  if (plan?.unplaced === true) memory.retryPortsMs = clock.now() + retryPortsAfterMs;
  else delete memory.retryPortsMs;
  memory.bindings = keepBindings(after.translation.bindings, inputs, context, memory);
  memory.ledger = plan?.ledger ?? ledgerSeen(after.catalog, memory.ledger);
  return {
    ...after,
    revision: observation.revision,
    dataplanePlan: plan,
    incomplete: inputs.incomplete,
    missingPlugins: inputs.missingPlugins,
    settlesInMs: inputs.settlesInMs,
    fromStore: observation.stale !== undefined && memory.fresh !== true,
    mayGrow: inputs.mayGrow,
    believed: inputs.believed,
    failures: [...(plan?.failures ?? []), ...after.translation.failures],
    blocked: plan ? hasErrors(plan.failures) : false,
  };
}

/** The addresses to remember for links that do not resolve next time. */
export function addressesOf({ links }: Translation): ReadonlyMap<string, HostPort> {
  const addresses = new Map<string, HostPort>();
  for (const { time, entity, outcome } of links) {
    if (time !== 'config' || outcome.state === 'unresolved') continue;
    addresses.set(entity.id, { host: outcome.address.host, port: outcome.address.port });
  }
  return addresses;
}

/** Links that do not resolve now still lead somewhere: those outbounds must stay. */
function staleAddresses({ links }: Translation): readonly HostPort[] {
  return links.flatMap(({ outcome }) => (outcome.state === 'stale' ? [outcome.address] : []));
}

/** Where Kong leads for links whose service is known: a service gets the port back that Kong has for it. */
function rememberedPlaces(
  { links }: Translation,
  { kongPlaces }: KongPlacesMemory,
): readonly RememberedPlace[] {
  const places = placesById(kongPlaces);
  return links.flatMap(({ time, entity, outcome }) => {
    const place = places.get(entity.id);
    if (time !== 'config' || !place || outcome.state === 'stale') return [];
    const { service, port } = outcome;
    if (service === undefined || port === undefined) return [];
    return [{ owner: `${service}:${port}`, place }];
  });
}

/** A reference that a mistake keeps out of the files is not one that nobody has any more. */
function keepBindings(
  bindings: Bindings,
  { incomplete }: Inputs,
  { kongFiles }: PassContext,
  memory: DecideMemory,
): Bindings {
  if (kongFiles && !incomplete) return bindings;
  return new Map([...(memory.bindings ?? []), ...bindings]);
}

/** What the zone's own services are, and whether addresses are taken up, the configuration knows best. */
function asConfigured(gateway: Gateway, settings: PassContext['settings']): Gateway {
  const { transparentProxy, zone = gateway.zone } = settings;
  return {
    ...gateway,
    ...(transparentProxy === undefined ? {} : { transparentProxy }),
    ...(zone === undefined ? {} : { zone }),
  };
}
