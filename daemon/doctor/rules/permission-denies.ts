import { identityOfGateway } from '../identity';
import { permissionsFor } from '../permissions';
import type { Rule } from '../rule';
import { listed } from '../name-of';

export const permissionDenies: Rule = {
  code: 'KM303',
  name: 'permission-denies',
  severity: 'error',
  title: 'A permission shuts the gateway out',
  why: 'The last item that matches decides, in the order in which policies are merged: those for the whole mesh first, those for single Dataplanes last. One that denies the gateway by name, by a tag or with everybody else makes clients get 403.',
  fix: 'Change the permission, or apply what kong-meshd manifests permission prints: it is more specific, and allows the gateway.',
  check(view) {
    const [gateway] = view.gateways;
    const identity = gateway && identityOfGateway(view.facts, gateway);
    if (!identity) return [];
    const { name } = identity;
    return permissionsFor(view)
      .filter(({ verdict }) => verdict.state === 'denied')
      .map(({ linked, reference, verdict }) => ({
        subject: linked.label,
        cause: `A permission denies ${name} the service ${reference}: requests get 403 RBAC: access denied.`,
        evidence: [`MeshTrafficPermission ${listed(verdict.by)}`],
      }));
  },
};
