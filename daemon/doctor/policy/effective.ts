/** What the `to` items of all policies of a kind come to for one destination of one proxy. */
import type { MeshService, MeshServicePort } from '../../../catalog/service';
import type { Json, JsonObject } from '../../kong/model';
import type { Policy, PolicySubject } from './policy';
import { policiesOf, selectsDestination } from './select';

export interface Effective {
  /** The merged `default`; what no policy sets is not here. */
  readonly conf: JsonObject;
  /** Names of the policies that took part, the one that counts most last. */
  readonly by: readonly string[];
}

/** Lists replace each other, objects merge, as upstream. */
export function effectiveTo(
  policies: readonly Policy[],
  proxy: PolicySubject,
  service: MeshService,
  port: MeshServicePort,
): Effective {
  let conf: JsonObject = {};
  const by: string[] = [];
  for (const policy of policiesOf(policies, proxy)) {
    if (policy.targetRef.kind === 'Mesh' && proxy.reachedByMesh === false) continue;
    const items = policy.to.filter(({ targetRef }) => selectsDestination(targetRef, service, port));
    if (items.length === 0) continue;
    by.push(policy.name);
    for (const item of items) conf = merge(conf, item.default);
  }
  return { conf, by };
}

/** The merged `default` of policies without a direction. */
export function effectiveOwn(policies: readonly Policy[], proxy: PolicySubject): Effective {
  const own = policiesOf(policies, proxy);
  return {
    conf: own.reduce<JsonObject>((conf, policy) => merge(conf, policy.default), {}),
    by: own.map(({ name }) => name),
  };
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  // Not by assignment: a key __proto__ would give the result fields that no policy sets.
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = merged.get(key);
    merged.set(key, isObject(before) && isObject(value) ? merge(before, value) : value);
  }
  return Object.fromEntries(merged);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, or undefined. */
export function at(value: JsonObject, ...path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const key of path) current = isObject(current) ? current[key] : undefined;
  return current;
}
