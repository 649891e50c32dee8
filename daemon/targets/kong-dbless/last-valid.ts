import type { Entity } from '../../kong/model';
import { identityOf, type Identity } from '../../plan/dependants';
import type { PushOptions } from './push-options';

/**
 * What may stand in for what Kong refuses: what the node holds, or of it the plugins alone. Those are
 * never simply left out where they are live: a slip in the settings of an authentication plugin would
 * open its routes to everybody.
 */
export function lastValidForms({
  base,
  fallback,
}: Pick<PushOptions, 'base' | 'fallback'>): ReadonlyMap<Identity, Entity> {
  const kept = base().entities.filter(
    ({ type }) => fallback === 'last-valid' || type === 'plugins',
  );
  return new Map(kept.map((entity) => [identityOf(entity), entity]));
}
