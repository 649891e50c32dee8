/** Which Services a gateway's routes lead to, and which destinations of them lead nowhere. */
import type { Failure } from '../../catalog/error';
import { attachedRoutes, type ReadScope } from './attached-routes';
import { limitFailures } from './limit-failures';
import type { GatewayView, NamespaceView, ReferenceGrantView } from './gateway-views';
import { ownClasses, type ClassFacts, type OwnClasses } from './own-classes';
import { kubernetesErrors } from './errors';
import type { BackendRefView, IngressView, RouteView } from './route-views';
import type { ServiceFacadeView } from './gateway-views';

export interface RoutingFacts extends ClassFacts {
  readonly ingresses: readonly IngressView[];
  readonly tcpIngresses: readonly IngressView[];
  readonly gateways: readonly GatewayView[];
  readonly httpRoutes: readonly RouteView[];
  readonly grpcRoutes: readonly RouteView[];
  readonly tcpRoutes: readonly RouteView[];
  readonly tlsRoutes: readonly RouteView[];
  readonly referenceGrants: readonly ReferenceGrantView[];
  readonly serviceFacades: readonly ServiceFacadeView[];
  readonly namespaces: readonly NamespaceView[];
}

export interface RoutingSettings {
  /** Names of the gateway's IngressClasses and GatewayClasses. */
  readonly classes?: readonly string[] | undefined;
  readonly gatewayNamespace: string;
  /** What was read; without it all of the cluster. */
  readonly scope?: ReadScope;
}

/** One destination of one rule. */
export interface BackendUse {
  /** `HTTPRoute shop/orders, rule 1, backend 2` */
  readonly place: string;
  readonly port?: number | string;
  /** The class of the route makes the controller send to the Service. */
  readonly toService: boolean;
  /** Whether it has a share of the requests. */
  readonly live: boolean;
}

export interface Routing {
  /** By `namespace/name` of the Service, whether or not it exists. */
  readonly uses: ReadonlyMap<string, readonly BackendUse[]>;
  /** The routes that are the gateway's. */
  readonly routes: readonly (IngressView | RouteView)[];
  readonly classes: OwnClasses;
  readonly failures: readonly Failure[];
}

export const gatewayGroup = 'gateway.networking.k8s.io';

export function routedServices(facts: RoutingFacts, settings: RoutingSettings): Routing {
  const classes = ownClasses(facts, settings.classes);
  const uses = new Map<string, BackendUse[]>();
  const failures: Failure[] = [];
  const facades = new Map(facts.serviceFacades.map((one) => [`${one.namespace}/${one.name}`, one]));

  function add(route: Route, backend: BackendRefView, place: string, toService: boolean): void {
    const namespace = backend.namespace ?? route.namespace;
    const target = resolve(backend, namespace, facades);
    if (!target) {
      const { group, kind, name } = backend;
      const what = `${kind}${group === '' ? '' : `.${group}`} ${namespace}/${name}`;
      failures.push(finding('K8S_BACKEND_KIND', route, { place, what }));
      return;
    }
    const key = `${namespace}/${target.name}`;
    if (
      namespace !== route.namespace &&
      !isGranted(facts.referenceGrants, route, target, namespace)
    ) {
      const details = { place, service: key, kind: route.kind, from: route.namespace, namespace };
      failures.push(finding('K8S_BACKEND_NOT_GRANTED', route, details));
      return;
    }
    const list = uses.get(key) ?? [];
    uses.set(key, list);
    const { port } = target;
    list.push({
      place,
      toService,
      live: backend.weight > 0,
      ...(port === undefined ? {} : { port }),
    });
  }

  const ingresses = [...facts.ingresses, ...facts.tcpIngresses].flatMap((ingress) => {
    const name = ingress.ingressClass ?? classes.fallback;
    const toService = name === undefined ? undefined : classes.ingress.get(name);
    return toService === undefined ? [] : [{ ingress, toService }];
  });
  for (const { ingress, toService } of ingresses) {
    ingress.backends.forEach((backend, index) => {
      add(ingress, backend, `${labelOf(ingress)}, backend ${index + 1}`, toService);
    });
  }
  failures.push(...withoutClass(facts, classes, settings));
  const attached = attachedRoutes(facts, classes, settings.gatewayNamespace, {
    ...settings.scope,
    hasIngresses: ingresses.length > 0,
  });
  failures.push(...attached.failures);
  for (const route of attached.routes) {
    route.rules.forEach((backends, rule) => {
      const at = `${labelOf(route)}, rule ${rule + 1}`;
      if (backends.length > 0 && backends.every(({ weight }) => weight === 0)) {
        failures.push(finding('K8S_BACKENDS_WEIGHTLESS', route, { place: at }));
      }
      backends.forEach((backend, index) => {
        add(route, backend, `${at}, backend ${index + 1}`, classes.gatewaySendsToServices);
      });
    });
  }
  const routes = [...ingresses.map(({ ingress }) => ingress), ...attached.routes];
  return { uses, routes, classes, failures: limitFailures(failures) };
}

/** Classes that routes or Gateways name and that are not there: nobody serves what names them. */
function withoutClass(
  { ingresses, ingressClasses, gateways, gatewayClasses }: RoutingFacts,
  { ingress: own }: OwnClasses,
  { scope = {} }: RoutingSettings,
): readonly Failure[] {
  if (scope.incomplete === true) return [];
  const failure = (label: string, kind: string, name: string): Failure =>
    kubernetesErrors.failure('K8S_CLASS_MISSING', { kind, name }, { entity: label });
  const ofIngress = new Set(ingressClasses.map(({ name }) => name));
  const ofGateway = new Set(gatewayClasses.map(({ name }) => name));
  return [
    ...ingresses.flatMap((one) => {
      const { ingressClass: name, classRequired } = one;
      if (classRequired !== true || name === undefined) return [];
      return ofIngress.has(name) || own.has(name)
        ? []
        : [failure(labelOf(one), 'IngressClass', name)];
    }),
    ...gateways.flatMap(({ namespace, name, gatewayClass }) => {
      if (ofGateway.has(gatewayClass)) return [];
      return [failure(`Gateway ${namespace}/${name}`, 'GatewayClass', gatewayClass)];
    }),
  ];
}

interface Route {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function labelOf({ kind, namespace, name }: Route): string {
  return `${kind} ${namespace}/${name}`;
}

function finding(
  code: 'K8S_BACKEND_KIND' | 'K8S_BACKEND_NOT_GRANTED' | 'K8S_BACKENDS_WEIGHTLESS',
  route: Route,
  details: Readonly<Record<string, string>>,
): Failure {
  return kubernetesErrors.failure(code, details, { entity: labelOf(route) });
}

interface Target {
  readonly name: string;
  readonly port?: number | string;
}

/** @returns undefined for a kind that Kong's controllers do not send to. */
function resolve(
  { group, kind, name, port }: BackendRefView,
  namespace: string,
  facades: ReadonlyMap<string, ServiceFacadeView>,
): Target | undefined {
  if (group === '' && kind === 'Service') return { name, ...(port === undefined ? {} : { port }) };
  if (group !== 'incubator.konghq.com' || kind !== 'KongServiceFacade') return undefined;
  const facade = facades.get(`${namespace}/${name}`);
  if (!facade) return undefined;
  return { name: facade.service, ...(facade.port === undefined ? {} : { port: facade.port }) };
}

function isGranted(
  grants: readonly ReferenceGrantView[],
  { kind, namespace: from }: Route,
  { name }: Target,
  namespace: string,
): boolean {
  return grants.some(
    (grant) =>
      grant.namespace === namespace &&
      grant.from.some(
        (one) => one.group === gatewayGroup && one.kind === kind && one.namespace === from,
      ) &&
      grant.to.some(
        (one) =>
          one.group === '' &&
          one.kind === 'Service' &&
          (one.name === undefined || one.name === name),
      ),
  );
}
