/** What is said of a gateway's Pods and of Services that an ingress controller would go past. */
import { traitsOf } from '../../../catalog/control-plane';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { checkGateway, type GatewayFacts } from '../../../daemon/kubernetes/check-gateway';
import { portsOf } from '../../../daemon/kubernetes/interception';
import { toMeshResource } from '../../../daemon/kubernetes/mesh-resource';
import { DeploymentView, PodView, ServiceView } from '../../../daemon/kubernetes/views';
import { Dataplane } from '../../../daemon/sources/resources/dataplane';
import { exchange } from '../../sandbox/control-plane/exchange';
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

describe('on Kuma 3.x', () => {
  const recorded = (name: string): any[] => exchange(name, 'kuma3').response.body.items;
  const pod3 = recorded('k8s-pods-kong')[0];
  const own = recorded('k8s-services-kong');
  const dataplane3 = (name: string): GatewayDataplane =>
    Dataplane.parse(toMeshResource('Dataplane', recorded(name)[0]));

  /** The recorded Pod with other annotations, and without what the injector wrote for these. */
  function injected(
    annotations: Readonly<Record<string, string>>,
    { excluded = [] as number[], enabled = true, containers = pod3.spec.containers } = {},
  ): PodView {
    const config = { redirect: { inbound: { enabled, excludePorts: [...excluded, 9001, 9902] } } };
    const written = { 'traffic.kuma.io/transparent-proxy-config': JSON.stringify(config) };
    const metadata = { ...pod3.metadata, annotations: { ...annotations, ...written } };
    return PodView.parse({ ...pod3, metadata, spec: { ...pod3.spec, containers } })!;
  }

  function facts3(change: Partial<GatewayFacts> = {}): GatewayFacts {
    return {
      namespace: 'kong',
      selector: { app: 'kong' },
      traits: traitsOf({ version: '3.0.0', legacyKinds: false }),
      pods: [PodView.parse(pod3)!],
      deployments: [],
      services: own.map((object) => ServiceView.parse(object)),
      dataplanes: [dataplane3('k8s-dataplanes-exclude-ignored')],
      ...change,
    };
  }

  const mark = { 'kuma.io/gateway': 'enabled' };
  const listening = (value: string) => [
    { name: 'proxy', env: [{ name: 'KONG_PROXY_LISTEN', value }] },
  ];
  const older = PodView.parse({
    ...pod3,
    metadata: { ...pod3.metadata, annotations: recordedPod.metadata.annotations },
  })!;

  it.each<[string, Partial<GatewayFacts>, readonly string[]]>([
    ['all is well, the one inbound for nobody included', {}, []],
    ['nothing excluded', { pods: [injected({})] }, ['K8S_GATEWAY_NOT_EXCLUDED']],
    [
      'one port excluded',
      { pods: [injected({}, { excluded: [8000] })] },
      ['K8S_GATEWAY_NOT_EXCLUDED'],
    ],
    ['both excluded', { pods: [injected({}, { excluded: [8000, 8443] })] }, []],
    [
      'an annotation that came after the injection',
      {
        pods: [injected({ 'traffic.kuma.io/exclude-inbound-ports': '8000,8443' })],
      },
      ['K8S_GATEWAY_NOT_EXCLUDED'],
    ],
    ['nothing redirected', { pods: [injected({}, { enabled: false })] }, []],
    [
      'other ports by the settings of Kong',
      {
        pods: [
          injected(
            {},
            { excluded: [8000, 8443], containers: listening('0.0.0.0:80, [::]:443 ssl') },
          ),
        ],
      },
      ['K8S_GATEWAY_NOT_EXCLUDED'],
    ],
    [
      'the same, excluded',
      {
        pods: [
          injected({}, { excluded: [80, 443], containers: listening('0.0.0.0:80, [::]:443 ssl') }),
        ],
      },
      [],
    ],
    [
      'Kong that says nothing, and something excluded',
      { pods: [injected({}, { excluded: [8443], containers: [{ name: 'proxy' }] })] },
      [],
    ],
    [
      'Kong that says nothing, and nothing excluded',
      { pods: [injected({}, { containers: [{ name: 'proxy' }] })] },
      ['K8S_GATEWAY_NOT_EXCLUDED'],
    ],
    [
      'the old annotation instead',
      { pods: [injected(mark)] },
      ['K8S_GATEWAY_NOT_EXCLUDED', 'K8S_GATEWAY_MARK_LEFT'],
    ],
    [
      'the old annotation beside it',
      { pods: [injected(mark, { excluded: [8000, 8443] })] },
      ['K8S_GATEWAY_MARK_LEFT'],
    ],
    ['a Pod of the injector before', { pods: [older] }, ['K8S_GATEWAY_POD_OLDER']],
    [
      'Services that are not ignored',
      {
        services: own.map((one) =>
          ServiceView.parse({ ...one, metadata: { ...one.metadata, annotations: {} } }),
        ),
      },
      ['K8S_GATEWAY_SERVICE_IN_MESH', 'K8S_GATEWAY_SERVICE_IN_MESH'],
    ],
    ['no selector', { selector: undefined }, ['K8S_GATEWAY_UNSELECTED']],
    [
      'no selector, and the Dataplane selected',
      { selector: undefined, selected: new Set(['kong-86b75ff88-npmj7.kong']) },
      [],
    ],
    ['no Dataplane', { dataplanes: [] }, ['K8S_GATEWAY_NO_DATAPLANE']],
    ['a wish for a tag', { wanted: 'kong' }, ['K8S_GATEWAY_TAGLESS']],
    [
      'a template of Kong Operator with the old annotation alone',
      { templates: [{ kind: 'DataPlane', name: 'kong', namespace: 'kong', gateway: 'enabled' }] },
      ['K8S_OPERATOR_TEMPLATE'],
    ],
    [
      'a template of Kong Operator that excludes ports',
      { templates: [{ kind: 'DataPlane', name: 'kong', namespace: 'kong', excludes: true }] },
      [],
    ],
  ])('%s', (_name, change, codes) => {
    const failures = checkGateway(facts3(change));

    expect(failures.map(({ code }) => code)).toEqual(codes);
    for (const { message, remedy } of failures) expect(message + remedy).not.toMatch(/\{\w+\}/);
    // Impossible from 3.0 on.
    for (const { remedy } of failures) expect(remedy).not.toContain('kuma.io/gateway: enabled');
  });

  it('names the ports that clients cannot reach', () => {
    const [failure] = checkGateway(facts3({ pods: [injected({}, { excluded: [8000] })] }));

    expect(failure?.message).toContain('port 8443 of the Pod');
    expect(failure?.remedy).toContain('exclude-inbound-ports: "8000,8443"');
  });
});

it.each<[string, readonly number[]]>([
  ['0.0.0.0:8000 reuseport backlog=16384, 0.0.0.0:8443 http2 ssl reuseport', [8000, 8443]],
  ['[::]:8000, [::1]:8001, 127.0.0.1:8002, localhost:8003', [8000]],
  ['off', []],
  ['8000', [8000]],
  ['unix:/tmp/proxy.sock', []],
  ['0.0.0.0:99999x', []],
])('reads the ports of %s', (text, ports) => {
  expect(portsOf(text)).toEqual(ports);
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
