/**
 * A stand-in for Kong's ingress controller, for HTTPRoutes and Services alone: what it would give Kong for
 * what the API server holds. A Service with service upstream is one target by its DNS name, any other one
 * its Pods.
 */
import type { KubeObject } from './kube-object';
import type { ObjectStore } from './object-store';
import { resourceTypes } from './resource-types';

interface BackendRef {
  readonly name: string;
  readonly namespace?: string;
  readonly port: number;
  readonly weight?: number;
}

interface HttpRouteSpec {
  readonly parentRefs?: readonly { readonly name: string; readonly namespace?: string }[];
  readonly hostnames?: readonly string[];
  readonly rules?: readonly {
    readonly matches?: readonly { readonly path?: { readonly value?: string } }[];
    readonly backendRefs?: readonly BackendRef[];
  }[];
}

const controller = 'konghq.com/kic-gateway-controller';

/** A declarative configuration. */
export function kongConfigOf(store: ObjectStore): object {
  const all = (kind: string): readonly KubeObject[] => {
    const type = resourceTypes.find((one) => one.kind === kind);
    return type ? store.list(type) : [];
  };
  const classes = all('GatewayClass')
    .filter(({ spec }) => (spec as { controllerName: string }).controllerName === controller)
    .map(({ metadata }) => metadata.name);
  const gateways = all('Gateway')
    .filter(({ spec }) => classes.includes((spec as { gatewayClassName: string }).gatewayClassName))
    .map(keyOf);
  const services: object[] = [];
  const upstreams: object[] = [];
  for (const route of all('HTTPRoute')) {
    const { name, namespace = 'default' } = route.metadata;
    const { parentRefs = [], hostnames = [], rules = [] } = route['spec'] as HttpRouteSpec;
    const attached = parentRefs.some((parent) =>
      gateways.includes(`${parent.namespace ?? namespace}/${parent.name}`),
    );
    if (!attached) continue;
    for (const [index, { matches = [], backendRefs = [] }] of rules.entries()) {
      const host = `httproute.${namespace}.${name}.${index}`;
      const paths = matches.map(({ path }) => path?.value ?? '/');
      services.push({
        ...{ name: host, host, port: 80, retries: 0 },
        routes: [
          {
            ...{ name: `${host}.0`, strip_path: false, preserve_host: true },
            paths: paths.length > 0 ? paths : ['/'],
            ...(hostnames.length > 0 ? { hosts: hostnames } : {}),
          },
        ],
      });
      const targets = backendRefs.flatMap((ref) => targetsOf(ref, ref.namespace ?? namespace, all));
      upstreams.push({ name: host, targets });
    }
  }
  return { _format_version: '3.0', services, upstreams };
}

function targetsOf(
  { name, port, weight = 1 }: BackendRef,
  namespace: string,
  all: (kind: string) => readonly KubeObject[],
): readonly object[] {
  const service = all('Service').find((one) => keyOf(one) === `${namespace}/${name}`);
  const upstream = service?.metadata.annotations?.['ingress.kubernetes.io/service-upstream'];
  if (upstream === 'true') return [{ target: `${name}.${namespace}.svc:${port}`, weight }];
  return all('EndpointSlice')
    .filter(({ metadata }) => metadata.namespace === namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints }) => endpoints as readonly { readonly addresses: readonly string[] }[])
    .flatMap(({ addresses }) => addresses.map((ip) => ({ target: `${ip}:${port}`, weight })));
}

function keyOf({ metadata: { namespace = 'default', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
