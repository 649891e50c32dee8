/**
 * What Kong refuses without saying whom it means: dangling references (400 with both lists empty, or
 * 500) and duplicates of plugins and credentials. Looked for before anything is sent.
 */
import { entityLabel, type Entity, type EntityType, type KongState } from '../../kong/model';
import { identityOf } from '../../plan/dependants';
import type { Findings } from './findings';

/** Fields that no two entities of a type may share, over all their parents. */
const uniqueFields: Readonly<Partial<Record<EntityType, string>>> = {
  keyauth_credentials: 'key',
  basicauth_credentials: 'username',
  hmacauth_credentials: 'username',
  jwt_secrets: 'key',
  oauth2_credentials: 'client_id',
  consumers: 'custom_id',
  plugins: 'instance_name',
};

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
  const field = uniqueFields[entity.type];
  const value = field === undefined ? undefined : entity.fields[field];
  if (field !== undefined && typeof value === 'string') {
    marks.push([`its ${field}`, `field ${entity.type}/${value}`]);
  }
  return marks;
}
