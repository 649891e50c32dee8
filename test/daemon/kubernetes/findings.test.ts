/** What is said of a gateway's Pods and of Services that an ingress controller would go past. */
import type { GatewayDataplane } from '../../../catalog/gateway';
import { checkGateway, type GatewayFacts } from '../../../daemon/kubernetes/check-gateway';
import { toMeshResource } from '../../../daemon/kubernetes/mesh-resource';
import { DeploymentView, PodView, ServiceView } from '../../../daemon/kubernetes/views';
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
  [
    'a Pod from before the label of its namespace',
    {
      pods: [{ ...pod, hasSidecar: false }],
      namespaces: [{ name: 'kong', labels: { 'kuma.io/sidecar-injection': 'enabled' } }],
    },
    ['K8S_GATEWAY_POD_OLD'],
  ],
  [
    "a template of Kong Operator's that makes no gateway",
    {
      templates: [
        { kind: 'DataPlane', name: 'kong', namespace: 'kong' },
        { kind: 'GatewayConfiguration', name: 'kong', namespace: 'kong', gateway: 'enabled' },
      ],
    },
    ['K8S_OPERATOR_TEMPLATE'],
  ],
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
