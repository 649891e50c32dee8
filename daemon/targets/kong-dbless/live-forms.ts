import type { Entity } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { PushOptions } from './push-options';

/** What a node serves already and what may stand in for what Kong refuses, by identity. */
export type LastValid = ReadonlyMap<Identity, Entity>;

/**
 * What the node holds, or of it the plugins alone, may stand in. Plugins are never simply left out
 * where they are live: a slip in the settings of an authentication plugin would open its routes to
 * everybody.
 */
export function lastValidForms({
  base,
  fallback,
}: Pick<PushOptions, 'base' | 'fallback'>): LastValid {
  const { entities } = base();
  const kept = entities.filter(({ type }) => fallback === 'last-valid' || type === 'plugins');
  return new Map(kept.map((entity) => [identityOf(entity), entity]));
}
