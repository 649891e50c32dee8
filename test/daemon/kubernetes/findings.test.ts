/** What is said of a gateway's Pods and of Services that an ingress controller would go past. */
import type { GatewayDataplane } from '../../../catalog/gateway';
import { checkGateway, type GatewayFacts } from '../../../daemon/kubernetes/check-gateway';
import { toMeshResource } from '../../../daemon/kubernetes/mesh-resource';
import {
  checkExternalNames,
  checkServiceUpstream,
} from '../../../daemon/kubernetes/service-upstream';
import {
  DeploymentView,
  IngressClassParametersView,
  IngressClassView,
  PodView,
  ServiceView,
} from '../../../daemon/kubernetes/views';
import { Dataplane } from '../../../daemon/sources/resources/dataplane';
import { recordedExchange } from '../../support/recorded-kubernetes';

const items = (name: string): any[] => recordedExchange(name).response.body.items;

const services = items('list-services-all').map((object) => ServiceView.parse(object));
const recordedPod = items('list-pods-kong')[0];
const pod = PodView.parse(recordedPod)!;
const deployment = DeploymentView.parse(items('list-deployments-kong')[0]);
const dataplane: GatewayDataplane = Dataplane.parse(
  toMeshResource('Dataplane', items('list-dataplanes-kong')[0]),
);

function facts(change: Partial<GatewayFacts> = {}): GatewayFacts {
  return {
    namespace: 'kong',
    selector: { app: 'kong-gateway' },
    pods: [pod],
    deployments: [deployment],
    services,
    dataplanes: [dataplane],
    ...change,
  };
}

const plainPod = without(pod, 'gateway');
const tagless: GatewayDataplane = { ...without(dataplane, 'service'), tags: {} };
const withService = (change: Partial<ServiceView>) =>
  services.map((one) => (one.name === 'kong-admin' ? { ...one, ...change } : one));
const controller: DeploymentView = {
  ...deployment,
  name: 'ingress-kong',
  images: ['kong/kubernetes-ingress-controller:3.5.13'],
};

it.each<[string, Partial<GatewayFacts>, readonly string[]]>([
  ['all is well', {}, []],
  ['all is as wanted', { wanted: 'kong-admin_kong_svc_8444' }, []],
  ['another tag', { wanted: 'kong-proxy_kong_svc_80' }, ['K8S_GATEWAY_TAG']],
  ['no Pod', { pods: [] }, ['K8S_GATEWAY_POD_MISSING']],
  ['a Pod elsewhere', { namespace: 'edge' }, ['K8S_GATEWAY_POD_MISSING']],
  ['not annotated', { pods: [plainPod] }, ['K8S_GATEWAY_NOT_ANNOTATED']],
  [
    'no selector, none annotated',
    { selector: undefined, pods: [plainPod] },
    ['K8S_GATEWAY_POD_MISSING'],
  ],
  ['no selector, one annotated', { selector: undefined }, []],
  ['provided', { pods: [{ ...pod, gateway: 'provided' }] }, ['K8S_GATEWAY_ANNOTATION']],
  ['yes', { pods: [{ ...pod, gateway: 'yes' }] }, ['K8S_GATEWAY_ANNOTATION']],
  ['no sidecar', { pods: [{ ...pod, hasSidecar: false }] }, ['K8S_GATEWAY_NO_SIDECAR']],
  ['no Dataplane', { dataplanes: [] }, ['K8S_GATEWAY_NO_DATAPLANE']],
  ['no IP yet', { pods: [{ ...pod, hasIp: false }], dataplanes: [] }, []],
  ['no tags at all', { dataplanes: [tagless] }, []],
  [
    'no tags, but one is wanted',
    { dataplanes: [tagless], wanted: 'kong' },
    ['K8S_GATEWAY_TAGLESS'],
  ],
  [
    'a Dataplane that is behind',
    { services: withService({ annotations: { 'kuma.io/ignore': 'true' } }) },
    ['K8S_GATEWAY_TAG_BEHIND'],
  ],
  [
    'a value that leaves half of it',
    {
      services: withService({ annotations: { 'kuma.io/ignore': 'enabled' } }),
      dataplanes: [{ ...dataplane, service: 'kong-proxy_kong_svc_80' }],
    },
    ['K8S_IGNORE_VALUE'],
  ],
  [
    'a controller as second gateway',
    { deployments: [deployment, controller] },
    ['K8S_SECOND_GATEWAY'],
  ],
])('%s', (_name, change, codes) => {
  const failures = checkGateway(facts(change));

  expect(failures.map(({ code }) => code)).toEqual(codes);
  for (const { message, remedy } of failures) expect(message + remedy).not.toMatch(/\{\w+\}/);
});

it('says which Services to ignore for the wanted tag', () => {
  const [failure] = checkGateway(facts({ wanted: 'kong-validation-webhook_kong_svc_443' }));

  expect(failure?.message).toContain('kong-admin_kong_svc_8444');
  expect(failure?.remedy).toContain('Annotate kong-admin, kong-proxy with kuma.io/ignore: "true"');
});

it('says what is possible where the wanted tag is not', () => {
  const [failure] = checkGateway(facts({ wanted: 'kong' }));

  expect(failure?.remedy).toContain(
    'possible are kong-admin_kong_svc_8444, kong-proxy_kong_svc_80, kong-validation-webhook_kong_svc_443, kong-gateway_kong_svc',
  );
});

describe('an ingress controller that would dial Pods', () => {
  const kong = IngressClassView.parse(items('list-ingressclasses')[0]);
  const good = IngressClassParametersView.parse(
    recordedExchange('get-ingressclassparameters').response.body,
  );
  const bare = { name: 'kong', controller: kong.controller };
  const plain = services.map((service) => ({ ...service, annotations: {} }));
  const bypassed = ['default/kubernetes', 'kuma-system/kuma-control-plane'];

  it.each<[string, IngressClassView[], IngressClassParametersView[], readonly string[]]>([
    ['parameters with serviceUpstream', [kong], [good], []],
    ['a class without parameters', [bare], [good], bypassed],
    ['parameters that say no', [kong], [{ ...good, serviceUpstream: false }], bypassed],
    ['parameters that are not there', [kong], [], bypassed],
    ['parameters of another namespace', [kong], [{ ...good, namespace: 'kong' }], bypassed],
    ['no ingress controller of Kong', [{ name: 'nginx', controller: 'k8s.io/nginx' }], [], []],
    ['one of two classes', [kong, { ...bare, name: 'other' }], [good], bypassed],
  ])('%s', (_name, classes, parameters, expected) => {
    const failures = checkServiceUpstream(services, classes, parameters);

    expect(failures.map(({ entity }) => entity)).toEqual(
      expected.map((service) => `Service ${service}`),
    );
  });

  it('names no more Services than one reads', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ ...plain[0]!, name: `s${index}` }));

    const failures = checkServiceUpstream(many, [bare], []);

    expect(failures).toHaveLength(21);
    expect(failures.at(-1)?.message).toContain('80 more Services');
  });

  describe('and an ExternalName Service for a name of the mesh', () => {
    const alias = (externalName: string, annotations = {}) => [
      { ...plain[0]!, name: 'stock', namespace: 'shop', externalName, annotations },
    ];
    const annotated = { 'ingress.kubernetes.io/service-upstream': 'true' };
    const mesh = 'stock.shop.svc.8080.mesh';

    it.each([
      ['a class with serviceUpstream', alias(mesh), [kong], true],
      ['the annotation', alias(mesh, annotated), [bare], true],
      ['a name by a generator', alias('stock.svc.mesh.local', annotated), [bare], true],
      ['neither', alias(mesh), [bare], false],
      ['a host outside of the mesh', alias('crm.example', annotated), [kong], false],
      ['no ingress controller of Kong', alias(mesh, annotated), [], false],
    ])('with %s', (_name, all, classes, expected) => {
      const found = checkExternalNames(all, classes, [good], 'cluster.local');

      expect(found.map(({ code, entity }) => `${code} ${entity}`)).toEqual(
        expected ? ['K8S_EXTERNAL_NAME_UPSTREAM Service shop/stock'] : [],
      );
    });
  });

  it('has nothing to say of ExternalName Services', () => {
    const failures = checkServiceUpstream(plain, [bare], []);

    expect(failures.map(({ entity }) => entity)).not.toContain('Service shop/legacy');
  });
});

it.each<[string, unknown]>([
  ['no metadata', {}],
  ['no fields', { metadata: { name: 'x' } }],
  ['null', null],
  ['wrong types', { metadata: { name: 'x', labels: { a: 1 } }, spec: { ports: 'none' } }],
])('refuses a Service with %s', (_name, object) => {
  expect(ServiceView.safeParse(object).success).toBe(false);
});

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) as Omit<T, K>;
}
