/** Follows one request, one route or one Kong service to its backends. Pure. */
import { diagnose } from '../doctor/diagnose';
import type { Facts } from '../doctor/facts';
import type { Finding } from '../doctor/finding';
import { nameOf } from '../doctor/name-of';
import { createView, type FactsView } from '../doctor/view';
import { entityLabel, singular, type Entity } from '../kong/model';
import type { Explanation, RouteStep, Way } from './explanation';
import { findRoute, type RouteMatch, type RouteSearch } from './match-route';
import type { RoutedRequest } from './request';
import { toRouteRule } from './route-rule';
import { followWay, type WayStart } from './way';

/** A question about a request. Where no route matches there is no way, and notes say what comes near. */
export function explainRequest(
  facts: Facts,
  request: RoutedRequest,
  question: string,
): Explanation {
  const view = createView(facts);
  const search = findRoute(view.entities('routes').map(toRouteRule), request);
  const notes = [...notesOf(facts), ...searchNotes(search)];
  const { match } = search;
  if (!match) return { question, ways: [], notes, findings: [] };
  const start = {
    service: serviceOf(match.rule.route, view),
    routes: [match.rule.route],
    steps: [routeStep(match, request)],
    request,
    match,
  };
  return finish(view, { question, notes }, [start]);
}

/** A question about a name. Undefined where no route and no Kong service has it. */
export function explainName(facts: Facts, name: string): Explanation | undefined {
  const view = createView(facts);
  const named = ({ key, id, fields }: Entity): boolean =>
    key === name || id === name || fields['name'] === name;
  const notes = notesOf(facts);
  const route = view.entities('routes').find(named);
  if (route) {
    const start = { service: serviceOf(route, view), routes: [route], steps: [plainStep(route)] };
    return finish(view, { question: name, notes }, [start]);
  }
  const service = view.entities('services').find(named);
  return service && finish(view, { question: name, notes }, startsOf(service, view));
}

/** Routes with a link of their own go apart; all others go the way of the service. */
function startsOf(service: Entity, view: FactsView): readonly WayStart[] {
  const routes = view
    .entities('routes')
    .filter(({ references }) => references['service']?.id === service.id);
  const own = new Set((view.facts.kong?.links ?? []).map(({ routeId }) => routeId));
  const apart = routes.filter(({ id }) => own.has(id));
  const together = routes.filter(({ id }) => !own.has(id));
  const start = (group: readonly Entity[]): WayStart => ({
    service,
    routes: group,
    steps: group.map(plainStep),
  });
  return [
    ...(together.length > 0 || apart.length === 0 ? [start(together)] : []),
    ...apart.map((route) => start([route])),
  ];
}

function finish(
  view: FactsView,
  head: Pick<Explanation, 'question' | 'notes'>,
  starts: readonly WayStart[],
): Explanation {
  const concerned = new Set(starts.flatMap((start) => labelsOf(start, view)));
  return {
    ...head,
    ways: starts.map((start): Way => followWay(start, view)),
    findings: diagnose(view.facts).filter((finding) => isOnTheWay(finding, concerned)),
  };
}

function labelsOf({ service, routes }: WayStart, view: FactsView): readonly string[] {
  const own = [...routes, ...(service ? [service] : [])];
  const ids = new Set(own.map(({ id }) => id));
  const host = service?.fields['host'];
  const upstream = view.entities('upstreams').find(({ key }) => key === host);
  const targets = view
    .entities('targets')
    .filter(({ references }) => upstream && references['upstream']?.id === upstream.id);
  const plugins = view.entities('plugins').filter(({ references }) => {
    const scope = references['route']?.id ?? references['service']?.id;
    return scope !== undefined && ids.has(scope);
  });
  return [...own, ...plugins, ...(upstream ? [upstream] : []), ...targets].map(entityLabel);
}

const entityWords = new Set<string>(Object.values(singular));

/** Findings about an entity must be about one on the way; those about the whole stand on every way. */
function isOnTheWay({ subject, severity }: Finding, concerned: ReadonlySet<string>): boolean {
  if (concerned.has(subject)) return true;
  const isEntity = [...entityWords].some((word) => subject.startsWith(`${word} `));
  return !isEntity && severity !== 'info';
}

function serviceOf({ references }: Entity, view: FactsView): Entity | undefined {
  const id = references['service']?.id;
  return view.entities('services').find((service) => service.id === id);
}

function plainStep(route: Entity): RouteStep {
  return { name: nameOf(route), over: [] };
}

function routeStep({ rule, pathRule, matchedPath, others }: RouteMatch, request: RoutedRequest) {
  const { protocols, redirectStatus, stripPath } = rule;
  const plain = protocols.includes('http') || protocols.includes('grpc');
  return {
    name: nameOf(rule.route),
    ...(pathRule === undefined ? {} : { matched: pathRule }),
    ...(stripPath && matchedPath !== undefined ? { stripped: matchedPath } : {}),
    ...(request.scheme === 'http' && !plain ? { redirects: redirectStatus } : {}),
    over: others.slice(0, 5).map(({ route }) => nameOf(route)),
  };
}

function notesOf({ node, catalog }: Facts): readonly string[] {
  const flavour = node?.configuration?.routerFlavor;
  return [
    ...(catalog
      ? []
      : ['The mesh could not be asked: links, and routes made by rule, are not known.']),
    ...(flavour === 'expressions'
      ? ['Kong routes by expressions, which are not read here: another route may match.']
      : []),
  ];
}

function searchNotes({ match, nearly, unread }: RouteSearch): readonly string[] {
  const ties = match?.ties.map(({ route }) => nameOf(route)) ?? [];
  return [
    ...(match ? [] : ['No route matches: Kong answers 404.']),
    ...nearly
      .slice(0, 3)
      .map(({ rule, but }) => `Route ${nameOf(rule.route)} would match but for its ${but}.`),
    ...(ties.length > 0
      ? [`As specific, told apart by their ids only: ${ties.join(', ')}. Change one of them.`]
      : []),
    ...(match?.rule.byAddress === true
      ? ['The route also asks for addresses of client or server, which are not known here.']
      : []),
    ...unread.map(
      ({ route }) =>
        `Route ${nameOf(route)} has a regular expression that is not read here: it may match.`,
    ),
  ];
}
