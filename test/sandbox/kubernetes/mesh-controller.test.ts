/** The control plane of 3.x in a cluster: what it makes of Pods and Services, held against the recordings. */
import { startKubernetesApi, type KubernetesApi } from '../../../sandbox/kubernetes/api-server';
import { injectPod, startMeshController } from '../../../sandbox/kubernetes/mesh-controller';
import { exchange } from '../control-plane/exchange';

const items = (name: string): any[] => exchange(name, 'kuma3').response.body.items;
const [recordedPod] = items('k8s-pods-kong');
const ofKong = (all: readonly any[]) => all.filter(({ metadata }) => metadata.namespace === 'kong');

let api: KubernetesApi;
let end: () => void;

beforeEach(async () => {
  api = await startKubernetesApi();
});

afterEach(async () => {
  end();
  await api.stop();
});

/** Kong's Pod as its template says, and its Services with these annotations. */
function open(
  form: '3.x' | '3.0',
  annotations: Readonly<Record<string, string>>,
  ignore?: string,
): void {
  for (const service of items('k8s-services-kong')) {
    const own = ignore === undefined ? {} : { 'kuma.io/ignore': ignore };
    const metadata = { ...service.metadata, annotations: own };
    api.put({ ...service, kind: 'Service', metadata });
  }
  const metadata = { ...recordedPod.metadata, annotations };
  api.put({ ...injectPod({ ...recordedPod, metadata }, form), kind: 'Pod' });
  end = startMeshController(api, form);
}

async function listed(plural: string): Promise<any[]> {
  const response = await fetch(`${api.url}/apis/kuma.io/v1alpha1/${plural}`);
  return ((await response.json()) as any).items;
}

const excluded = { 'traffic.kuma.io/exclude-inbound-ports': '8000,8443' };
const marked = { 'kuma.io/gateway': 'enabled' };

it.each<[string, Record<string, string>, string | undefined, string, string | undefined]>([
  ['no annotation', {}, undefined, 'k8s-dataplanes-plain', 'k8s-meshservices-plain'],
  ['excluded ports', excluded, undefined, 'k8s-dataplanes-exclude', undefined],
  [
    'excluded ports and ignored Services',
    excluded,
    'true',
    'k8s-dataplanes-exclude-ignored',
    'k8s-meshservices-exclude-ignored',
  ],
  [
    'the mark of 2.x',
    marked,
    undefined,
    'k8s-dataplanes-gateway-annotation',
    'k8s-meshservices-gateway-annotation',
  ],
])('%s: as recorded before the release', async (_, annotations, ignore, dataplanes, services) => {
  open('3.x', annotations, ignore);

  const [recorded] = items(dataplanes);
  const [made] = await listed('dataplanes');
  expect(made.spec).toEqual(recorded.spec);
  expect(made.metadata.annotations).toEqual({
    ...recorded.metadata.annotations,
    'kuma.io/display-name': made.metadata.name,
  });
  if (services === undefined) return;
  const own = await listed('meshservices');
  const wanted = ofKong(items(services));
  expect(own.map(({ metadata }) => metadata.name)).toEqual(
    wanted.map(({ metadata }) => metadata.name),
  );
  for (const [at, { spec, status }] of wanted.entries()) {
    expect(own[at].spec).toMatchObject({ ports: spec.ports, selector: spec.selector });
    expect(own[at].status.vips).toEqual(status.vips);
  }
});

it('has what the recorded injector wrote about the ports', () => {
  const written = 'traffic.kuma.io/transparent-proxy-config';
  const { [written]: recorded, ...annotations } = recordedPod.metadata.annotations;
  const made = injectPod(
    { ...recordedPod, metadata: { ...recordedPod.metadata, annotations } },
    '3.x',
  );

  const { inbound } = JSON.parse(made.metadata.annotations?.[written] ?? '').redirect;
  for (const port of inbound.excludePorts) expect(recorded).toContain(`- ${String(port)}\n`);
  expect(inbound).toMatchObject({ enabled: true, excludePorts: [8000, 8443, 9001, 9902] });
});

it('leaves excluded ports out of the inbounds, and knows no mark, once released', async () => {
  open('3.0', { ...excluded, ...marked });

  const [made] = await listed('dataplanes');

  expect(made.spec.networking).not.toHaveProperty('gateway');
  expect(made.spec.networking.inbound.map(({ port }: any) => port)).toEqual([8001]);
});

it('follows an annotation of a Service', async () => {
  open('3.0', excluded);
  for (const service of items('k8s-services-kong')) api.put({ ...service, kind: 'Service' });

  const [made] = await listed('dataplanes');

  expect(made.spec.networking.inbound).toEqual([
    { health: { ready: true }, port: 49_151, protocol: 'tcp' },
  ]);
  expect(await listed('meshservices')).toEqual([]);
});
