/** Links whose address is a host name: only they depend on Kong's DNS client. */
import type { FactsView } from './view';

export interface NamedLinks {
  readonly count: number;
  /** `route orders → orders.svc.mesh.local`, a few of them. */
  readonly examples: readonly string[];
}

export function linksByName({ linked }: FactsView): NamedLinks {
  const named = linked.filter(({ address }) => address.form === 'mesh');
  return {
    count: named.length,
    examples: named.slice(0, 3).map(({ label, address }) => `${label} → ${address.host}`),
  };
}

/** The settings of Kong's DNS client that is in use, or undefined where no link or nobody cares. */
export function dnsInUse(view: FactsView) {
  const configuration = view.facts.node?.configuration;
  const named = linksByName(view);
  return configuration && named.count > 0 ? { configuration, named } : undefined;
}
