/** One way, step by step: Kong service, link, mesh service, sidecar, endpoints, and what is in force. */
import { identityOfGateway } from '../doctor/identity';
import { formatAddress } from '../../catalog/address';
import { kongLimits } from '../doctor/kong-limits';
import { nameOf } from '../doctor/name-of';
import { permissionsFor } from '../doctor/permissions';
import { effectiveTo } from '../doctor/policy/effective';
import { routesTo } from '../doctor/policy/http-route';
import type { FactsView, Linked, MeshPort } from '../doctor/view';
import { entityLabel, type Entity } from '../kong/model';
import { leadsUpstream } from '../translate/target-links';
import type { LinkOutcome, ResolvedLink } from '../translate/translation';
import type {
  EndpointStep,
  LimitStep,
  LinkStep,
  MeshStep,
  PolicyStep,
  RouteStep,
  ServiceStep,
  ShareStep,
  SidecarStep,
  Way,
} from './explanation';
import { hostOf } from './host';
import type { RouteMatch } from './match-route';
import type { RoutedRequest } from './request';
import { upstreamPath } from './upstream-path';

/** Where a way begins, before anything is looked up. */
export interface WayStart {
  readonly service: Entity | undefined;
  readonly routes: readonly Entity[];
  readonly steps: readonly RouteStep[];
  readonly request?: RoutedRequest;
  readonly match?: RouteMatch;
}

export function followWay(start: WayStart, view: FactsView): Way {
  const { service, routes, steps, request, match } = start;
  const link = linkOf(start, view);
  const linked = link && view.linked.find((one) => one.link === link);
  const servicePath = service?.fields['path'];
  return {
    routes: steps,
    ...(service ? { service: serviceStep(service, view) } : {}),
    ...(link ? { link: linkStep(link, view) } : {}),
    ...(linked ? meshSteps(linked, view) : { endpoints: [], policies: [] }),
    host: hostOf({ service, route: routes[0], link, request, linked }),
    ...(request && match
      ? {
          path: upstreamPath({
            servicePath: typeof servicePath === 'string' ? servicePath : undefined,
            path: request.path,
            rawPath: request.rawPath,
            strip: match.rule.stripPath ? match.matchedPath : undefined,
            handling: match.rule.pathHandling,
          }),
        }
      : {}),
    limits: limitStep(service, linked, view),
  };
}

/** A plugin on the route counts before one on the service, and that before what the service says. */
function linkOf({ service, routes }: WayStart, { facts }: FactsView): ResolvedLink | undefined {
  const links = facts.kong?.links ?? [];
  const [route] = routes;
  const ofRoute = links.find(({ routeId }) => routeId !== undefined && routeId === route?.id);
  const ofService = links.filter(
    ({ serviceId, routeId }) =>
      routeId === undefined && serviceId !== undefined && serviceId === service?.id,
  );
  const own = ofRoute ?? ofService.find(({ time }) => time === 'request') ?? ofService[0];
  if (own) return own;
  const ofTargets = links.filter((link) => leadsUpstream(link, service));
  const serving = ofTargets.filter(({ outcome }) => outcome.state !== 'unresolved');
  const byWeight = (serving.length > 0 ? serving : ofTargets).toSorted(
    (a, b) => (b.share?.weight ?? 0) - (a.share?.weight ?? 0),
  );
  return byWeight[0];
}

function serviceStep(service: Entity, view: FactsView): ServiceStep {
  const { host, port, protocol, path } = service.fields;
  const upstream = view.entities('upstreams').find(({ key }) => key === host);
  const targets = view
    .entities('targets')
    .filter(({ references }) => upstream && references['upstream']?.id === upstream.id);
  return {
    name: nameOf(service),
    protocol: typeof protocol === 'string' ? protocol : 'http',
    dials: formatAddress({
      host: typeof host === 'string' ? host : '(none)',
      port: typeof port === 'number' ? port : 80,
    }),
    ...(typeof path === 'string' ? { path } : {}),
    ...(upstream
      ? { upstream: targets.map(({ key }) => key.replace(/ of upstream .*$/, '')) }
      : {}),
  };
}

function linkStep(link: ResolvedLink, view: FactsView): LinkStep {
  const { reference, kind, time, outcome, fallback, entity } = link;
  return {
    reference,
    kind,
    time,
    carriedBy: entityLabel(entity),
    state: outcome.state,
    ...(outcome.state === 'linked' ? {} : { code: outcome.code }),
    reason: outcome.reason,
    ...staleAddress(outcome),
    ...(fallback
      ? { fallback: { reference: fallback.reference, state: fallback.outcome.state } }
      : {}),
    ...(link.share ? { shares: sharesOf(link, view) } : {}),
  };
}

function sharesOf(
  { share: own }: ResolvedLink,
  { facts, linked }: FactsView,
): readonly ShareStep[] {
  return (facts.kong?.links ?? []).flatMap((link) => {
    const { share, reference, outcome } = link;
    if (!share || share.group !== own?.group) return [];
    const availability = linked.find((one) => one.link === link)?.service.availability;
    const known = availability === undefined ? {} : { availability };
    return [{ reference, weight: share.weight, state: outcome.state, ...known }];
  });
}

function staleAddress(outcome: LinkOutcome): Pick<LinkStep, 'address'> {
  return outcome.state === 'stale' ? { address: formatAddress(outcome.address) } : {};
}

function meshSteps(
  linked: Linked,
  view: FactsView,
): Pick<Way, 'mesh' | 'sidecar' | 'permission' | 'endpoints' | 'policies'> {
  const sidecar = sidecarStep(linked, view);
  const permission = permissionsFor(view).find((one) => one.linked === linked)?.verdict;
  return {
    mesh: meshStep(linked, view),
    ...(sidecar ? { sidecar } : {}),
    ...(permission ? { permission } : {}),
    endpoints: endpointSteps(linked, view),
    policies: policySteps(linked, view),
  };
}

function meshStep({ service, port, address, link }: Linked, { facts }: FactsView): MeshStep {
  const { kind, name, namespace, zone, availability } = service;
  const known = facts.catalog?.addressesOf(service, port) ?? {};
  return {
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(zone === undefined ? {} : { zone }),
    port: port.port,
    ...(port.protocol === undefined ? {} : { protocol: port.protocol }),
    availability,
    form: address.form,
    address: formatAddress(address),
    reason: link.outcome.reason,
    others: Object.values(known)
      .filter(({ form }) => form !== address.form)
      .map((other) => ({ form: other.form, address: formatAddress(other) })),
  };
}

function identityShown(
  gateway: FactsView['gateways'][number],
  { facts }: FactsView,
): Pick<SidecarStep, 'identity'> {
  const identity = identityOfGateway(facts, gateway);
  if (!identity) return {};
  const isById = identity.byIdAlone || identity.issuedBy === 'identity';
  return { identity: (isById ? identity.spiffeId : undefined) ?? identity.name };
}

function sidecarStep({ address }: Linked, view: FactsView): SidecarStep | undefined {
  const [gateway] = view.gateways;
  if (!gateway) return undefined;
  const proxy = view.proxyOf(gateway);
  const outbound = gateway.outbounds.find(
    (one) => one.address === address.host && one.port === address.port,
  );
  const { mesh } = view.facts;
  return {
    dataplane: gateway.name,
    ...(proxy ? { online: proxy.proxy?.online ?? false } : {}),
    ...identityShown(gateway, view),
    ...(mesh ? { mtls: mesh.mtls } : {}),
    ...(outbound ? { outbound: describeOutbound(outbound) } : {}),
  };
}

type OutboundShown = FactsView['gateways'][number]['outbounds'][number];

function describeOutbound({ address, port, target }: OutboundShown): string {
  const to =
    target.type === 'tags'
      ? pairs(target.tags)
      : `${target.kind} ${target.name ?? pairs(target.labels)} port ${target.port}`;
  return `${formatAddress({ host: address, port })} → ${to}`;
}

function pairs(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function endpointSteps(target: MeshPort, view: FactsView): readonly EndpointStep[] {
  return view.endpointsOf(target).map(({ proxy, inbound }) => {
    const zone = proxy.labels['kuma.io/zone'] ?? inbound.tags['kuma.io/zone'];
    return {
      dataplane: proxy.name,
      address: formatAddress({ host: inbound.address, port: inbound.port }),
      ...(proxy.proxy ? { online: proxy.proxy.online } : {}),
      ...(zone === undefined ? {} : { zone }),
    };
  });
}

function policySteps({ service, port }: Linked, view: FactsView): readonly PolicyStep[] {
  const { timeouts, retries, healthChecks, httpRoutes = [] } = view.facts.policies;
  const gateway = view.gatewaySubject;
  if (!gateway) return [];
  const kinds = { MeshTimeout: timeouts, MeshRetry: retries, MeshHealthCheck: healthChecks };
  const inForce = Object.entries(kinds).map(([type, policies]) => {
    const names = effectiveTo(policies ?? [], gateway, service, port).by;
    return { type, names };
  });
  const routes = routesTo(httpRoutes, gateway, service, port).map(({ name }) => name);
  return [...inForce, { type: 'MeshHTTPRoute', names: [...new Set(routes)] }].filter(
    ({ names }) => names.length > 0,
  );
}

/** Without a Kong service nothing is proxied; its defaults stand for what would be. */
function limitStep(
  service: Entity | undefined,
  linked: Linked | undefined,
  view: FactsView,
): LimitStep {
  const { connectMs, readMs, writeMs, retries } = kongLimits(service ?? { fields: {} });
  const kong = { connectMs, readMs, writeMs, retries };
  const timeouts = linked && view.timeouts(linked);
  if (!timeouts) return { kong };
  const again = view.retries(linked)?.count;
  return {
    kong,
    mesh: {
      connectMs: timeouts.connectMs,
      requestMs: timeouts.requestMs,
      ...(timeouts.streamIdleMs === undefined ? {} : { streamIdleMs: timeouts.streamIdleMs }),
      ...(again === undefined ? {} : { retries: again }),
    },
    ...(again === undefined ? {} : { attempts: (retries + 1) * (again + 1) }),
  };
}
