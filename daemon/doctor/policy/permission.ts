/** Whether a destination lets a client in, by MeshTrafficPermission and the older TrafficPermission. */
import type { Json, JsonObject } from '../../kong/model';
import { at, isObject } from './effective';
import type { LegacyPermission, Policy, PolicySubject, TargetRef } from './policy';
import { includes, policiesOf } from './select';

export interface PermissionClient {
  readonly service: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Undefined where it cannot be worked out. */
  readonly spiffeId: string | undefined;
}

/** `missing`: nothing allows it, which denies it. `unknown`: it depends on what is not known here. */
export interface Verdict {
  readonly state: 'allowed' | 'denied' | 'missing' | 'unknown';
  /** The policies that decide. */
  readonly by: readonly string[];
}

/**
 * With `rules`, a match of `deny` wins over one of `allow`; of `from`, the last item in the order of
 * merging counts. The older TrafficPermission counts where no MeshTrafficPermission selects the server.
 */
export function judge(
  permissions: readonly Policy[],
  legacy: readonly LegacyPermission[],
  client: PermissionClient,
  server: PolicySubject,
): Verdict {
  const policies = policiesOf(permissions, server);
  if (policies.length === 0) return judgeLegacy(legacy, client, server);
  const byRules = judgeRules(policies, client);
  if (byRules) return byRules;
  const last = policies
    .flatMap(({ name, from }) => from.map((item) => ({ name, item })))
    .filter(({ item }) => isFrom(item.targetRef, client))
    .at(-1);
  if (!last) return { state: 'missing', by: policies.map(({ name }) => name) };
  const action = at(last.item.default, 'action');
  const allows = action === 'Allow' || action === 'AllowWithShadowDeny';
  return { state: allows ? 'allowed' : 'denied', by: [last.name] };
}

function judgeRules(policies: readonly Policy[], client: PermissionClient): Verdict | undefined {
  const rules = policies.flatMap(({ name, rules: own }) => own.map((rule) => ({ name, rule })));
  if (rules.length === 0) return undefined;
  const { spiffeId } = client;
  if (spiffeId === undefined) return { state: 'unknown', by: rules.map(({ name }) => name) };
  const denying = rules.filter(({ rule }) => hasMatch(rule, ['deny'], spiffeId));
  if (denying.length > 0) return { state: 'denied', by: denying.map(({ name }) => name) };
  const allowing = rules.filter(({ rule }) =>
    hasMatch(rule, ['allow', 'allowWithShadowDeny'], spiffeId),
  );
  return allowing.length > 0
    ? { state: 'allowed', by: allowing.map(({ name }) => name) }
    : undefined;
}

function hasMatch(rule: JsonObject, lists: readonly string[], spiffeId: string): boolean {
  return lists.some((list) => {
    const matches = at(rule, 'default', list);
    return Array.isArray(matches) && matches.some((match: Json) => isMatch(match, spiffeId));
  });
}

function isMatch(match: Json, spiffeId: string): boolean {
  if (!isObject(match)) return false;
  const type = at(match, 'spiffeID', 'type');
  const value = at(match, 'spiffeID', 'value');
  if (typeof value !== 'string') return false;
  return type === 'Prefix' ? spiffeId.startsWith(value) : spiffeId === value;
}

function isFrom(ref: TargetRef, { service, tags }: PermissionClient): boolean {
  switch (ref.kind) {
    case 'Mesh':
      return true;
    case 'MeshSubset':
      return includes(tags, ref.tags);
    case 'MeshService':
    case 'MeshServiceSubset':
      return ref.name === service && includes(tags, ref.tags);
    default:
      return false;
  }
}

function judgeLegacy(
  legacy: readonly LegacyPermission[],
  client: PermissionClient,
  server: PolicySubject,
): Verdict {
  const allowing = legacy.filter(
    ({ sources, destinations }) =>
      sources.some((match) => includes(client.tags, match)) &&
      destinations.some((match) => server.tagSets.some((set) => includes(set, match))),
  );
  return allowing.length > 0
    ? { state: 'allowed', by: allowing.map(({ name }) => name) }
    : { state: 'missing', by: [] };
}

/** The services that the `from` items of a policy name. */
export function clientsNamed({ from }: Policy): readonly string[] {
  return from.flatMap(({ targetRef: { kind, name, tags } }) => {
    const named = kind === 'MeshSubset' ? tags['kuma.io/service'] : name;
    return named === undefined ? [] : [named];
  });
}
