/** A state as stable, readable YAML: types in Kong's order, references by key, our own marked. */
import { stringify } from 'yaml';

import { entityTypes, type Entity, type KongState } from '../../../daemon/kong/model';

export function printState(state: KongState): string {
  const keys = new Map(state.entities.map(({ type, id, key }) => [`${type}/${id}`, key]));
  const document: Record<string, unknown> = {};
  for (const type of entityTypes) {
    const entities = state.entities.filter((entity) => entity.type === type);
    if (entities.length > 0) document[type] = entities.map((entity) => printed(entity, keys));
  }
  return stringify({ ...document, ...state.passthrough }, { lineWidth: 0 });
}

function printed(entity: Entity, keys: ReadonlyMap<string, string>): Record<string, unknown> {
  const references = Object.entries(entity.references).map(([field, to]) => [
    field,
    keys.get(`${to!.type}/${to!.id}`) ?? to!.id,
  ]);
  return {
    ...(entity.owner === 'mesh' ? { $owner: 'mesh' } : {}),
    ...entity.fields,
    ...Object.fromEntries(references),
  };
}
