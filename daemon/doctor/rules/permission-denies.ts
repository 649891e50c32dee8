import { identityOfGateway } from '../identity';
import { permissionsFor } from '../permissions';
import type { Rule } from '../rule';
import { listed } from '../name-of';

export const permissionDenies: Rule = {
  code: 'KM303',
  name: 'permission-denies',
  severity: 'error',
  title: 'A permission shuts the gateway out',
  why: 'Of `from` the last item that matches decides, in the order in which policies are merged: those for the whole mesh first, those for single Dataplanes last. One that denies the gateway by name, by a tag or with everybody else makes clients get 403.',
  fix: 'Change the permission, or apply what kong-meshd manifests permission prints: it is more specific, and allows the gateway. In rules a deny outweighs every allow: there only the deny itself can be changed.',
  check(view) {
    const [gateway] = view.gateways;
    const identity = gateway && identityOfGateway(view.facts, gateway);
    if (!identity) return [];
    const { name, spiffeId } = identity;
    const byRules = new Set(
      (view.facts.policies.permissions ?? [])
        .filter(({ rules }) => rules.length > 0)
        .map((policy) => policy.name),
    );
    return permissionsFor(view)
      .filter(({ verdict }) => verdict.state === 'denied')
      .map(({ linked, reference, verdict }) => ({
        subject: linked.label,
        cause: `A permission denies ${name} the service ${reference}: requests get 403 RBAC: access denied.`,
        evidence: [`MeshTrafficPermission ${listed(verdict.by)}`],
        ...(spiffeId !== undefined && verdict.by.some((policy) => byRules.has(policy))
          ? { fix: undeny(spiffeId, verdict.by) }
          : {}),
      }));
  },
};

function undeny(spiffeId: string, policies: readonly string[]): string {
  return `Take what denies ${spiffeId} out of ${listed(policies)}: no permission outweighs a deny in rules.`;
}
