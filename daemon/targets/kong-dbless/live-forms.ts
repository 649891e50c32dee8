import type { Entity } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { PushOptions } from './push-options';

/** What a node serves already, as far as it matters where something is refused. */
export interface Live {
  readonly identities: ReadonlySet<Identity>;
  /** What may stand in for what Kong refuses. */
  readonly lastValid: ReadonlyMap<Identity, Entity>;
}

/**
 * What the node holds, or of it the plugins alone, may stand in. Plugins are never simply left out
 * where they are live: a slip in the settings of an authentication plugin would open its routes to
 * everybody.
 */
export function liveForms({ base, fallback }: Pick<PushOptions, 'base' | 'fallback'>): Live {
  const { entities } = base();
  const kept = entities.filter(({ type }) => fallback === 'last-valid' || type === 'plugins');
  return {
    identities: new Set(entities.map(identityOf)),
    lastValid: new Map(kept.map((entity) => [identityOf(entity), entity])),
  };
}
