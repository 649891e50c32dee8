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
    const name = view.gateways[0]?.service;
    if (name === undefined) return [];
    return permissionsFor(view, name)
      .filter(({ verdict }) => verdict.state === 'denied')
      .map(({ linked, reference, verdict }) => ({
        subject: linked.label,
        cause: `A permission denies ${name} the service ${reference}: requests get 403 RBAC: access denied.`,
        evidence: [`MeshTrafficPermission ${listed(verdict.by)}`],
      }));
  },
};
