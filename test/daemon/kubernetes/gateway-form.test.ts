/** `manifests gateway` by the version of the mesh: as a flag says it, or as the cluster does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { addManifests } from '../../../daemon/cli/commands/manifests';
import { startKubernetesApi, type KubernetesApi } from '../../../sandbox/kubernetes/api-server';
import { exchange } from '../../sandbox/control-plane/exchange';
import { json, startFakeServer } from '../targets/fake-server';
import { recordedExchange } from '../../support/recorded-kubernetes';
import { problemsOf } from '../../support/kubernetes-schemas';
import root from '../../fixtures/kong/db/001-root.json';
import { runCommand } from '../cli/support/run-command';

let folder: string;
let api: KubernetesApi | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kong-meshd-form-'));
});

afterEach(async () => {
  await api?.stop();
  api = undefined;
  await rm(folder, { recursive: true });
});

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const output = await runCommand(addManifests, ['manifests', ...args], env);
  const manifests: any[] = parseAllDocuments(output.out).map((document) => document.toJS());
  return { ...output, manifests };
}

const gateway = (...args: string[]) => run(['gateway', ...args]);
const annotationsOf = ([patch]: any[]): any => patch.spec.template.metadata.annotations;
const ignoredIn = (manifests: any[]): string[] =>
  manifests
    .filter(
      ({ kind, metadata }) =>
        kind === 'Service' && metadata.annotations['kuma.io/ignore'] === 'true',
    )
    .map(({ metadata }) => metadata.name);

describe('as --mesh-version says', () => {
  it.each(['2.14', '2.6.0', 'v2.14.3', '2'])('marks the gateway for %s', async (version) => {
    const { manifests, err } = await gateway('--mesh-version', version);

    expect(annotationsOf(manifests)).toEqual({ 'kuma.io/gateway': 'enabled' });
    expect(err).toBe('');
  });

  it.each(['3', '3.x', '3.0.0', 'v3.1.2', '3.0.0-preview', '4.0'])(
    'excludes the ports of Kong for %s, and sets no mark',
    async (version) => {
      const args = ['--ports', '80,443', '--kong-services', 'kong-proxy', 'kong-admin'];
      const { manifests, err } = await gateway('--mesh-version', version, ...args);

      expect(annotationsOf(manifests)).toEqual({
        'traffic.kuma.io/exclude-inbound-ports': '80,443',
        'kuma.io/workload': 'kong-gateway',
      });
      expect(ignoredIn(manifests)).toEqual(['kong-proxy', 'kong-admin']);
      expect(manifests.slice(1).flatMap(problemsOf)).toEqual([]);
      expect(err).toBe('');
    },
  );

  it("says that the ports are Kong's defaults, and that its Services are missing", async () => {
    const { manifests, err } = await gateway('--mesh-version', '3');

    expect(annotationsOf(manifests)).toMatchObject({
      'traffic.kuma.io/exclude-inbound-ports': '8000,8443',
    });
    expect(err).toContain('GATEWAY_PORTS_ASSUMED');
    expect(err).toContain('GATEWAY_SERVICES_UNKNOWN');
  });

  it.each([
    ['--mesh-version', 'three', 'MESH_VERSION'],
    ['--mesh-version', '', 'MESH_VERSION'],
    ['--ports', '80,x', 'GATEWAY_PORTS'],
    ['--ports', '0', 'GATEWAY_PORTS'],
    ['--ports', '', 'GATEWAY_PORTS'],
  ])('refuses %s %j', async (flag, value, code) => {
    const given = await gateway('--mesh-version', '3', flag, value);

    expect(given).toMatchObject({ code: 1, out: '' });
    expect(given.err).toContain(code);
  });

  it('says it in the forms that make the Pods, too', async () => {
    const args = ['install', '--mesh-version', '3', '--ports', '8000', '--form'];
    const helm = await run([...args, 'helm-kong']);
    const operator = await run([...args, 'gatewayconfiguration']);

    const [values] = helm.manifests;
    expect(values.podAnnotations).toMatchObject({
      'traffic.kuma.io/exclude-inbound-ports': '8000',
    });
    expect(values.podAnnotations['kuma.io/gateway']).toBeUndefined();
    expect(values.proxy.annotations).toEqual({ 'kuma.io/ignore': 'true' });
    const { dataPlaneOptions } = operator.manifests.at(-1).spec;
    expect(dataPlaneOptions.network.services.ingress.annotations).toEqual({
      'kuma.io/ignore': 'true',
    });
    const { annotations } = dataPlaneOptions.deployment.podTemplateSpec.metadata;
    expect(annotations).not.toHaveProperty(['kuma.io/gateway']);
  });

  it('asks a Kong node for its ports, and leaves those on loopback out', async () => {
    const recorded = recordedRoot({
      proxy_listen: ['0.0.0.0:8010 reuseport', '[::]:8444 ssl', '127.0.0.1:9000'],
      stream_listen: ['0.0.0.0:9443 ssl'],
    });
    const admin = await startFakeServer([json(200, recorded)]);
    try {
      const { manifests } = await gateway('--mesh-version', '3', '--kong-addr', admin.url);

      expect(annotationsOf(manifests)).toMatchObject({
        'traffic.kuma.io/exclude-inbound-ports': '8010,8444,9443',
      });
    } finally {
      await admin.close();
    }
  });
});

it('is for 2.x where nobody can be asked, and says so', async () => {
  const { code, manifests, err } = await gateway();

  expect(code).toBe(0);
  expect(annotationsOf(manifests)).toEqual({ 'kuma.io/gateway': 'enabled' });
  expect(err).toContain('MESH_VERSION_ASSUMED');
});

describe('as the cluster says', () => {
  async function open(...objects: readonly any[]): Promise<readonly string[]> {
    api = await startKubernetesApi();
    for (const object of objects) api.put(object);
    const file = join(folder, 'kubeconfig');
    const config = {
      'current-context': 'it',
      clusters: [{ name: 'it', cluster: { server: api.url } }],
      users: [{ name: 'me', user: {} }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
    };
    await writeFile(file, JSON.stringify(config));
    return ['gateway', '--deployment', 'kong', '--kubeconfig', file];
  }

  const controlPlane = (image: string) => deployment('kuma-system', 'control-plane', { image });
  function deployment(namespace: string, name: string, container: object, annotations = {}) {
    const template = {
      metadata: { labels: { app: name }, annotations },
      spec: { containers: [{ name: 'proxy', ...container }] },
    };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { template },
    };
  }
  const listens = (value: string) => ({ env: [{ name: 'KONG_PROXY_LISTEN', value }] });
  const services = exchange('k8s-services-kong', 'kuma3').response.body.items.map((one: any) => ({
    ...one,
    apiVersion: 'v1',
    kind: 'Service',
  }));
  const other = {
    ...services[0],
    metadata: { name: 'other', namespace: 'kong' },
    spec: { ...services[0].spec, selector: { app: 'other' } },
  };

  it('prints the form of 3.x with the ports and the Services of Kong', async () => {
    const args = await open(
      controlPlane('docker.io/kumahq/kuma-cp:3.0.1'),
      deployment('kong', 'kong', listens('0.0.0.0:80, 0.0.0.0:443 ssl')),
      ...services,
      other,
    );

    const { manifests, err } = await run(args);

    expect(annotationsOf(manifests)).toMatchObject({
      'traffic.kuma.io/exclude-inbound-ports': '80,443',
    });
    expect(ignoredIn(manifests)).toEqual(['kong-admin', 'kong-proxy']);
    expect(err).toBe('');
  });

  it('prints the form of 2.x for a control plane of 2.x', async () => {
    const args = await open(controlPlane('kong/kuma-cp:2.14.3'), deployment('kong', 'kong', {}));

    expect(annotationsOf((await run(args)).manifests)).toEqual({ 'kuma.io/gateway': 'enabled' });
  });

  it.each([
    ['3.x', exchange('k8s-dataplanes-plain', 'kuma3').response.body.items[0], false],
    ['2.x', recordedExchange('list-dataplanes-kong').response.body.items[0], true],
  ])('goes by the Dataplanes of %s where no image tells it', async (_, dataplane, marked) => {
    const args = await open(
      controlPlane('registry.example/kuma-cp:latest'),
      { ...dataplane, kind: 'Dataplane' },
      deployment('kong', 'kong', {}),
    );

    const annotations = annotationsOf((await run(args)).manifests);

    expect(annotations['kuma.io/gateway'] === 'enabled').toBe(marked);
  });

  it('refuses to guess where the cluster does not tell', async () => {
    const given = await run(await open(deployment('kong', 'kong', {})));

    expect(given).toMatchObject({ code: 1, out: '' });
    expect(given.err).toContain('MESH_VERSION_UNKNOWN');
  });

  it('says how to remove the old annotation, which a patch leaves', async () => {
    const mark = { 'kuma.io/gateway': 'enabled' };
    const args = await open(
      controlPlane('kumahq/kuma-cp:3.0.0'),
      deployment('kong', 'kong', listens('0.0.0.0:8000'), mark),
      ...services,
    );

    const { err } = await run(args);

    expect(err).toContain('K8S_GATEWAY_MARK_LEFT');
    expect(err).toContain(
      '"op":"remove","path":"/spec/template/metadata/annotations/kuma.io~1gateway"',
    );
  });
});

/** The recorded answer of Kong, listening elsewhere. */
function recordedRoot(change: object) {
  const { body } = root.response as any;
  return { ...body, configuration: { ...body.configuration, ...change } };
}
