/**
 * Kong services and targets that should be gone and stay for a while, because their deletion is in doubt. They keep
 * the address that they have: and that may be somebody else's by now.
 */
import type { Catalog } from '../../catalog/catalog';
import { fullReference, serviceKey } from '../../catalog/service';
import type { Entity } from '../kong/model';
import { splitTarget } from '../kong/target-address';
import { addressOwners, ownersAt } from './address-owners';
import { nameOf } from './kong-index';
import { placeholderHost } from './placeholder';
import { rewriteService } from './rewrite';
import { closedPlace, rewriteTarget } from './target-links';
import type { TranslateRules } from './rules';
import type { HostPort, Translation } from './translation';

export interface ClosedService {
  readonly previous: Entity;
  /** With a host that never resolves: Kong answers 503. */
  readonly next: Entity;
  readonly address: HostPort;
  /** Reference of the mesh service that has the address now. */
  readonly owner: string;
}

/** The mesh service that each config-time link leads to, by id of the Kong service or target. */
export function leadsOf({ links }: Pick<Translation, 'links'>): ReadonlyMap<string, string> {
  const leads = new Map<string, string>();
  for (const { time, entity, outcome } of links) {
    if (time !== 'config' || outcome.state !== 'linked') continue;
    leads.set(entity.id, outcome.service);
  }
  return leads;
}

/**
 * Those of `kept` whose address belongs to another mesh service than the one they led to. Of one that
 * nobody remembers the link of, only what was made here is judged: it has no other address than that of
 * a mesh service, and it would be kept for good were that service still there.
 * @param leads as `leadsOf`, of the last time that each service had a link.
 */
export function closeStrangers(
  kept: readonly Entity[],
  leads: ReadonlyMap<string, string>,
  catalog: Catalog,
  rules: TranslateRules,
  isUpstream: (host: string) => boolean = () => false,
): readonly ClosedService[] {
  if (kept.length === 0) return [];
  const owners = addressOwners(catalog);
  return kept.flatMap((previous) => {
    const address = addressOf(previous);
    if (!address) return [];
    const lead = leads.get(previous.id);
    if (lead === undefined && previous.owner !== 'mesh') return [];
    const present = ownersAt(owners, address);
    const [owner] = present;
    if (!owner || present.some((service) => serviceKey(service) === lead)) return [];
    const next =
      previous.type === 'targets'
        ? rewriteTarget(previous, closedPlace(previous, 'target'), true)
        : rewriteService(previous, { host: placeholderHost(nameOf(previous), isUpstream) }, rules);
    return [{ previous, next, address, owner: fullReference(owner) }];
  });
}

function addressOf({ type, fields }: Entity): HostPort | undefined {
  const { host, port, target } = fields;
  if (type === 'targets') return typeof target === 'string' ? splitTarget(target) : undefined;
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined;
}
