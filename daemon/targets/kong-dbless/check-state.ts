/**
 * What Kong refuses without saying whom it means: dangling references (400 with both lists empty, or
 * 500) and duplicates of plugins and credentials. Looked for before anything is sent.
 */
import { entityLabel, type Entity, type KongState } from '../../kong/model';
import { uniqueFields } from '../../kong/unique-fields';
import { identityOf } from '../../plan/dependants';
import type { Findings } from './findings';

/** Of two that are the same the second is at fault: the first may be live already. */
export function checkState(state: KongState): Findings {
  const findings: Findings = new Map();
  const seen = new Map<string, Entity>();
  const identities = new Set(state.entities.map(identityOf));
  for (const entity of state.entities) {
    const identity = identityOf(entity);
    for (const [what, mark] of marksOf(entity, identity)) {
      const other = seen.get(mark);
      if (!other) seen.set(mark, entity);
      else if (other !== entity) {
        findings.set(identity, {
          code: 'KONG_TWICE',
          details: { what, other: entityLabel(other) },
        });
      }
    }
    for (const [field, reference] of Object.entries(entity.references)) {
      if (reference && !identities.has(identityOf(reference))) {
        findings.set(identity, { code: 'KONG_REFERENCE_MISSING', details: { field } });
      }
    }
  }
  return findings;
}

function marksOf(entity: Entity, identity: string): readonly (readonly [string, string])[] {
  const marks: [string, string][] = [
    ['its id', identity],
    ['its name', `key ${entity.type}/${entity.key}`],
  ];
  for (const field of uniqueFields[entity.type]) {
    const value = entity.fields[field];
    if (typeof value === 'string') marks.push([`its ${field}`, `${field} ${entity.type}/${value}`]);
  }
  return marks;
}
