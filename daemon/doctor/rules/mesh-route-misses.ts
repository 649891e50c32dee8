import { fullReference } from '../../../catalog/service';
import type { Entity } from '../../kong/model';
import { meshTraits } from '../facts';
import { listed } from '../name-of';
import { routesTo, takesAll } from '../policy/http-route';
import type { Found, Rule } from '../rule';
import type { FactsView } from '../view';

export const meshRouteMisses: Rule = {
  code: 'KM306',
  name: 'mesh-route-misses',
  severity: 'warning',
  title: 'A MeshHTTPRoute leaves requests out',
  why: 'From Kuma 3.0 on a request that no rule of the MeshHTTPRoutes for its destination matches is answered 404 by the sidecar. Kong matched a route for it, so the 404 seems to come from the service.',
  fix: 'Add a rule with the path PathPrefix / to the MeshHTTPRoute, or narrow the paths of the Kong route to what it matches.',
  check(view) {
    const { mesh, policies } = view.facts;
    const gateway = view.gatewaySubject;
    if (!mesh || meshTraits(mesh).serviceTags || !gateway || !policies.httpRoutes) return [];
    const all = policies.httpRoutes;
    return view.linked.flatMap((linked): readonly Found[] => {
      const { service, port, kong, label, link } = linked;
      const rules = routesTo(all, gateway, service, port);
      if (rules.length === 0) return [];
      const missed = prefixesOf(view, kong, link.routeId).filter((path) => !takesAll(rules, path));
      if (missed.length === 0) return [];
      return [
        {
          subject: label,
          cause: `Not every request for ${fullReference(service)} meets a rule of its MeshHTTPRoutes: the others get 404 from the sidecar.`,
          evidence: [
            `MeshHTTPRoute ${listed([...new Set(rules.map(({ name }) => name))])}`,
            `paths sent: ${listed(missed.map((path) => `${path}…`))}`,
          ],
        },
      ];
    });
  },
};

/** How the paths begin that Kong sends; where a route strips what it matched, that is nothing. */
function prefixesOf(
  view: FactsView,
  kong: Entity | undefined,
  routeId: string | undefined,
): readonly string[] {
  const path = kong?.fields['path'];
  const base = typeof path === 'string' ? path.replace(/\/$/, '') : '';
  const routes = view
    .entities('routes')
    .filter(({ id, references }) =>
      routeId === undefined ? references['service']?.id === kong?.id : id === routeId,
    );
  const found = routes.flatMap(({ fields }) => {
    const paths = Array.isArray(fields['paths']) ? (fields['paths'] as readonly unknown[]) : ['/'];
    const keeps = fields['strip_path'] === false;
    return paths.map((one) => {
      // Of a regular expression only its beginning would be known.
      const kept = keeps && typeof one === 'string' && one.startsWith('/') ? one : '/';
      return `${base}${kept}`;
    });
  });
  return [...new Set(found.length > 0 ? found : [`${base}/`])];
}
