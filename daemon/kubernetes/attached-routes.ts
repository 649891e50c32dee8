/** Which routes of the Gateway API are attached to a Gateway that this Kong serves. */
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from './errors';
import {
  selectsLabels,
  type GatewayView,
  type ListenerView,
  type NamespaceView,
} from './gateway-views';
import type { OwnClasses } from './own-classes';
import type { ParentRefView, RouteView } from './route-views';
import { kongOperatorController } from './service-upstream';

export interface RouteFacts {
  readonly gateways: readonly GatewayView[];
  readonly httpRoutes: readonly RouteView[];
  readonly grpcRoutes: readonly RouteView[];
  readonly tcpRoutes: readonly RouteView[];
  readonly tlsRoutes: readonly RouteView[];
  readonly namespaces: readonly NamespaceView[];
}

/** What was read: of the rest it is not known whether it is there. */
export interface ReadScope {
  /** Undefined: all. */
  readonly namespaces?: readonly string[] | undefined;
  /** A kind of route, Gateways or their classes could not be read. */
  readonly incomplete?: boolean;
  /** Kong serves Ingresses too: it does not answer 404 to everything. */
  readonly hasIngresses?: boolean;
}

export interface Attached {
  readonly routes: readonly RouteView[];
  readonly failures: readonly Failure[];
}

export function attachedRoutes(
  facts: RouteFacts,
  classes: OwnClasses,
  gatewayNamespace: string,
  scope: ReadScope = {},
): Attached {
  const keyOf = ({ namespace, name }: GatewayView): string => `${namespace}/${name}`;
  const gateways = new Map(
    facts.gateways
      .filter((gateway) => isServed(gateway, classes, gatewayNamespace))
      .map((gateway) => [keyOf(gateway), gateway]),
  );
  const existing = new Set(facts.gateways.map(keyOf));
  const named = new Set<string>();
  const labels = new Map(facts.namespaces.map((one) => [one.name, one.labels]));
  const failures: Failure[] = [];
  const all = [facts.httpRoutes, facts.grpcRoutes, facts.tcpRoutes, facts.tlsRoutes];
  const routes = all.flat().filter((route) => {
    const { kind, namespace, name } = route;
    const own = route.parents.flatMap((parent) => {
      const key = `${parent.namespace ?? namespace}/${parent.name}`;
      const gateway = gateways.get(key);
      return gateway ? [{ key, parent, gateway }] : [];
    });
    for (const { key } of own) named.add(key);
    if (route.parents.length > 0 && own.length === 0) {
      failures.push(...withoutGateway(route, existing, scope));
    }
    const open = own.filter(({ parent, gateway }) => isAllowed(route, parent, gateway, labels));
    const entity = `${kind} ${namespace}/${name}`;
    if (own.length > 0 && open.length === 0) {
      const gateway = own.map(({ key }) => key).join(', ');
      failures.push(kubernetesErrors.failure('K8S_ROUTE_NOT_ALLOWED', { gateway }, { entity }));
    }
    return open.some(({ key, gateway }) => {
      const controller = classes.gateway.get(gateway.gatewayClass);
      const refusal = route.refusals.find(
        (one) => one.parent === key && one.controller === controller,
      );
      if (!refusal) return true;
      const details = { gateway: key, reason: refusal.reason };
      failures.push(kubernetesErrors.failure('K8S_ROUTE_REFUSED', details, { entity }));
      return false;
    });
  });
  const mayServe = scope.namespaces !== undefined || scope.incomplete || scope.hasIngresses;
  for (const [key, { problem, used }] of gateways) {
    const entity = `Gateway ${key}`;
    if (problem !== undefined) {
      failures.push(kubernetesErrors.failure('K8S_GATEWAY_NOT_SERVED', { problem }, { entity }));
    }
    if (named.has(key) || used || mayServe) continue;
    failures.push(kubernetesErrors.failure('K8S_GATEWAY_NO_ROUTES', {}, { entity }));
  }
  return { routes, failures };
}

/** A parent in a namespace that is not read may be there. */
function withoutGateway(
  { kind, namespace, name, parents }: RouteView,
  existing: ReadonlySet<string>,
  { namespaces, incomplete = false }: ReadScope,
): readonly Failure[] {
  const keys = parents.map((parent) => `${parent.namespace ?? namespace}/${parent.name}`);
  const isRead = (key: string): boolean =>
    !namespaces || namespaces.includes(key.slice(0, key.indexOf('/')));
  if (incomplete || keys.some((key) => existing.has(key) || !isRead(key))) return [];
  const entity = `${kind} ${namespace}/${name}`;
  const gateway = keys.join(', ');
  return [kubernetesErrors.failure('K8S_ROUTE_NO_GATEWAY', { gateway }, { entity })];
}

/** Kong Operator makes a Kong of its own for each Gateway, in the namespace of the Gateway. */
function isServed(
  { gatewayClass, namespace }: GatewayView,
  { gateway: classes }: OwnClasses,
  gatewayNamespace: string,
): boolean {
  const controller = classes.get(gatewayClass);
  if (controller === undefined) return false;
  return controller !== kongOperatorController || namespace === gatewayNamespace;
}

function isAllowed(
  route: RouteView,
  parent: ParentRefView,
  gateway: GatewayView,
  labels: ReadonlyMap<string, Readonly<Record<string, string>>>,
): boolean {
  const admits = ({ from }: ListenerView): boolean => {
    if (from === 'All') return true;
    if (from === 'None') return false;
    if (from === 'Same') return route.namespace === gateway.namespace;
    // Without the labels of namespaces the control plane of Kong decides alone.
    return labels.size === 0 || selectsLabels(from, labels.get(route.namespace) ?? {});
  };
  return gateway.listeners.some(
    (listener) =>
      (parent.section === undefined || parent.section === listener.name) &&
      (parent.port === undefined || parent.port === listener.port) &&
      admits(listener),
  );
}
