import type { Failure } from '../../../catalog/error';
import { entityLabel, type Entity, type KongState } from '../../kong/model';
import { targetErrors } from '../errors';
import type { Finding, Findings } from './findings';
import type { Reduced } from './leave-out';
import { maskReason } from './mask-reason';

/** The findings as the user reads them: with the entity's place, and its dependants after it. */
export function failuresOf(
  findings: Findings,
  reduced: Reduced,
  all: KongState,
): readonly Failure[] {
  const failures: Failure[] = [];
  const report = (entity: Entity, { code, details }: Finding, keptBack: boolean) => {
    const shown = Object.fromEntries(
      Object.entries(details).map(([name, text]) => [name, maskReason(text, all)]),
    );
    const context = { entity: entityLabel(entity), place: entity.origin?.place };
    const used = keptBack && code === 'KONG_ENTITY_REFUSED' ? 'KONG_ENTITY_KEPT_BACK' : code;
    failures.push(targetErrors.failure(used, shown, context));
  };
  for (const [identity, finding] of findings) {
    const out = reduced.out.get(identity);
    const kept = reduced.keptBack.get(identity);
    if (out) report(out.entity, finding, false);
    else if (kept) report(kept, finding, true);
  }
  for (const [identity, { entity, because }] of reduced.out) {
    if (!because || findings.has(identity)) continue;
    const context = { entity: entityLabel(entity), place: entity.origin?.place };
    const parent = entityLabel(because);
    failures.push(targetErrors.failure('KONG_ENTITY_LEFT_OUT', { parent }, context));
  }
  return failures;
}
