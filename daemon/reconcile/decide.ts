/** What the inputs come to: pure but for the memory that saves doing the same work again. */
import { isDeepStrictEqual } from 'node:util';

import { createCatalog, type Catalog } from '../../catalog/catalog';
import { hasErrors, type Failure } from '../../catalog/error';
import { commonGateway, type Gateway } from '../../catalog/gateway';
import type { MissingPlugin } from '../kong/model';
import type { DataplanePlan } from '../targets/dataplane/dataplane-target';
import { translate } from '../translate/translate';
import type { HostPort, Translation } from '../translate/translation';
import type { Inputs } from './observe';
import type { PassContext } from './context';

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
  /** The mesh really shows no more than this: an empty catalog is no accident. */
  readonly believed: boolean;
  /** The mesh side cannot be brought about: Kong must not be touched. */
  readonly blocked: boolean;
}

export interface DecideMemory {
  /** Where config-time links last led, by id of the Kong service. */
  addresses?: ReadonlyMap<string, HostPort>;
  /** Time alone will change the decision: a grace time runs, or a listener is waited for. */
  unsettled?: boolean;
}

/**
 * The outbounds that links need are planned first, then links are resolved against the gateway as it
 * will be after expand: one pass is enough for a new service to be reachable.
 */
export function decide(inputs: Inputs, context: PassContext, memory: DecideMemory): Decision {
  const { settings, dataplane, clock } = context;
  const { observation, gateways, user } = inputs;
  const resolve = (gateway: Gateway): { catalog: Catalog; translation: Translation } => {
    const catalog = createCatalog(observation.mesh, observation.services, gateway);
    const previous = memory.addresses;
    const rules = settings.rules;
    return {
      catalog,
      translation: translate({ catalog, user, rules, ...(previous ? { previous } : {}) }),
    };
  };
  const now = asConfigured(commonGateway(settings.environment, gateways), settings);
  const before = resolve(now);
  // As observed, without what is remembered: the target itself tells a short absence from a long one.
  const plan = dataplane?.plan(
    observation.gateways,
    before.translation.needs,
    clock.now(),
    staleAddresses(before.translation),
  );
  const then = plan && asConfigured(plan.gateway, settings);
  const after = then && !isDeepStrictEqual(then.outbounds, now.outbounds) ? resolve(then) : before;
  memory.unsettled = plan?.unsettled ?? false;
  return {
    ...after,
    revision: observation.revision,
    dataplanePlan: plan,
    incomplete: inputs.incomplete,
    missingPlugins: inputs.missingPlugins,
    settlesInMs: inputs.settlesInMs,
    believed: inputs.believed,
    failures: [...(plan?.failures ?? []), ...after.translation.failures],
    blocked: plan ? hasErrors(plan.failures) : false,
  };
}

/** The addresses to remember for links that do not resolve next time. */
export function addressesOf({ links }: Translation): ReadonlyMap<string, HostPort> {
  const addresses = new Map<string, HostPort>();
  for (const { time, serviceId, outcome } of links) {
    if (time !== 'config' || serviceId === undefined || outcome.state === 'unresolved') continue;
    addresses.set(serviceId, { host: outcome.address.host, port: outcome.address.port });
  }
  return addresses;
}

/** Links that do not resolve now still lead somewhere: those outbounds must stay. */
function staleAddresses({ links }: Translation): readonly HostPort[] {
  return links.flatMap(({ outcome }) => (outcome.state === 'stale' ? [outcome.address] : []));
}

function asConfigured(gateway: Gateway, settings: PassContext['settings']): Gateway {
  const { transparentProxy } = settings;
  return transparentProxy === undefined ? gateway : { ...gateway, transparentProxy };
}
