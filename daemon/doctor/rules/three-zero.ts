import { meshTraits } from '../facts';
import { clientsNamed } from '../policy/permission';
import type { Policy } from '../policy/policy';
import { listed } from '../name-of';
import type { Found, Rule } from '../rule';

const removedTargets = new Set(['MeshSubset', 'MeshService', 'MeshServiceSubset']);

export const threeZero: Rule = {
  code: 'KM702',
  name: 'three-zero',
  severity: 'info',
  title: 'What of the gateway Kuma 3.0 no longer understands',
  why: 'Kuma 3.0 drops the kuma.io/service tag and all that is built on it: `from` in permissions gives way to `rules` with SPIFFE IDs, policies select Dataplanes by labels only, reachableServices gives way to reachableBackends, and the old TrafficPermission is not read any more.',
  fix: 'Move the policies one by one while 2.14 understands both forms.',
  check({ facts, gateways, proxyOf }): readonly Found[] {
    const { mesh, policies, settings } = facts;
    if (!mesh || !meshTraits(mesh).serviceTags) return [];
    const lists: readonly (readonly Policy[] | undefined)[] = [
      policies.permissions,
      policies.timeouts,
      policies.retries,
      policies.healthChecks,
      policies.passthroughs,
    ];
    const all = lists.flatMap((list) => list ?? []);
    const names = new Set(gateways.flatMap(({ service }) => service ?? []));
    const byFrom = (policies.permissions ?? []).filter(
      (policy) => policy.from.length > 0 && clientsNamed(policy).some((name) => names.has(name)),
    );
    const byTags = all.filter(({ targetRef }) => removedTargets.has(targetRef.kind));
    const byName = all.filter(
      ({ targetRef: { kind, name } }) => kind === 'Dataplane' && name !== undefined,
    );
    const legacy = policies.legacyPermissions ?? [];
    const lists30 = gateways.filter((gateway) => proxyOf(gateway)?.reachableServices);
    const evidence = [
      ...line('permissions that name the gateway in `from`', byFrom),
      ...line('policies that select Dataplanes by tags', byTags),
      ...line('policies that select one Dataplane by name, and all of them in 3.0', byName),
      ...line('old TrafficPermissions', legacy),
      ...line('gateways with reachableServices', lists30),
    ];
    if (evidence.length === 0) return [];
    const cause = `Parts of what the gateway of mesh ${settings.mesh} relies on end with Kuma 3.0; it is ${mesh.version} now.`;
    return [{ subject: `mesh ${settings.mesh}`, cause, evidence }];
  },
};

function line(what: string, ones: readonly { readonly name: string }[]): readonly string[] {
  return ones.length === 0 ? [] : [`${what}: ${listed(ones.map(({ name }) => name))}`];
}
