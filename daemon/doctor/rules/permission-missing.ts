import { identityOfGateway, permitFix } from '../identity';
import { permissionsFor } from '../permissions';
import { clientsNamed } from '../policy/permission';
import type { Found, Rule } from '../rule';
import type { FactsView } from '../view';
import { listed } from '../name-of';

export const permissionMissing: Rule = {
  code: 'KM302',
  name: 'permission-missing',
  severity: 'error',
  title: 'No permission lets the gateway in',
  why: 'With mTLS nothing is allowed that no MeshTrafficPermission allows: there has been no default one since 2.6. Clients get 403 with the text `RBAC: access denied`. After a rename of the gateway, permissions that name its old kuma.io/service allow nobody.',
  fix: 'Apply what kong-meshd manifests permission prints (kubectl apply -f -, or kumactl apply -f -).',
  check(view) {
    const [gateway] = view.gateways;
    const { facts } = view;
    const identity = gateway && identityOfGateway(facts, gateway);
    if (!identity) return [];
    const { name } = identity;
    const strangersOf = new Map<string, readonly string[]>();
    // The same few policies select thousands of services.
    const strangers = (policies: readonly string[]): readonly string[] => {
      const key = policies.join();
      const found = strangersOf.get(key) ?? strangersIn(view, policies, name);
      strangersOf.set(key, found);
      return found;
    };
    return permissionsFor(view).flatMap(({ linked, reference, verdict }): readonly Found[] => {
      if (verdict.state !== 'missing') return [];
      const old = strangers(verdict.by);
      return [
        {
          subject: linked.label,
          cause: `No permission allows ${name} to call ${reference}: requests get 403 RBAC: access denied.`,
          evidence: [
            verdict.by.length > 0
              ? `permissions that select it: ${listed(verdict.by)}`
              : 'no permission selects it',
            ...(old.length > 0
              ? [`they name ${listed(old)}, which is no service of this mesh`]
              : []),
          ],
          fix: permitFix(identity, reference),
        },
      ];
    });
  },
};

/** Clients that the policies name and that do not exist: most likely what the gateway was called. */
function strangersIn(view: FactsView, names: readonly string[], own: string): readonly string[] {
  const { catalog, proxies = [], policies } = view.facts;
  const known = new Set(proxies.flatMap(({ gateway }) => gateway?.tags['kuma.io/service'] ?? []));
  const named = (policies.permissions ?? [])
    .filter(({ name }) => names.includes(name))
    .flatMap(clientsNamed);
  return [...new Set(named)].filter(
    (name) =>
      name !== own && name !== '*' && !known.has(name) && !catalog?.find({ service: name }).found,
  );
}
