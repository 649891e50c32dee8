/** What is printed for Kubernetes: the right objects, in forms that an API server takes. */
import { parseAllDocuments } from 'yaml';

import { addManifests } from '../../../daemon/cli/commands/manifests';
import { runCli } from '../../../daemon/cli/program';
import { Config } from '../../../daemon/config/schema';
import { problemsOf } from '../../support/kubernetes-schemas';
import { recordedExchange } from '../../support/recorded-kubernetes';

async function run(...args: string[]) {
  const output = { out: '', err: '' };
  const code = await runCli([addManifests], ['manifests', ...args], {
    env: {},
    out: (text) => (output.out += text),
    err: (text) => (output.err += text),
    signal: new AbortController().signal,
    colour: false,
  });
  const manifests: any[] = parseAllDocuments(output.out).map((document) => document.toJS());
  return { code, ...output, manifests };
}

it('prints the recorded class and its parameters', async () => {
  const { manifests } = await run('service-upstream', '--class', 'kong', '--namespace', 'default');

  const [parameters, ingressClass] = manifests;
  const recordedClass = recordedExchange('get-ingressclass').response.body;
  const recordedParameters = recordedExchange('get-ingressclassparameters').response.body;
  expect(manifests).toHaveLength(2);
  expect(ingressClass.spec).toEqual(recordedClass.spec);
  expect(ingressClass.metadata.name).toBe(recordedClass.metadata.name);
  expect(parameters.metadata).toMatchObject({
    name: recordedParameters.metadata.name,
    namespace: recordedParameters.metadata.namespace,
  });
  expect(recordedParameters.spec).toMatchObject(parameters.spec);
});

it.each([
  [['install', '-n', 'Bad Name'], 'name "kong-meshd-Bad Name"'],
  [['install', '-n', 'a.b'], 'namespace "a.b"'],
  [['install', '-n', 'a'.repeat(64)], 'namespace "aaaa'],
  [['install', '--deployment', 'UPPER'], 'name "UPPER"'],
  [['gateway', '--deployment', ''], 'name ""'],
  [['service-upstream', '--class', 'x y'], 'name "x y-params"'],
  [['external-name', 'orders.shop:80', '-n', 'a_b'], 'namespace "a_b"'],
])('prints nothing for a name that an API server refuses: %j', async (args, message) => {
  const { code, out, err } = await run(...args);

  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(message);
});

it('takes a namespace that begins with a digit', async () => {
  expect((await run('install', '-n', '2nd')).code).toBe(0);
});

it('prints the recorded ExternalName Service', async () => {
  const { manifests } = await run('external-name', 'legacy=fe.dev.svc.80.mesh', '-n', 'shop');

  const recorded = recordedExchange('get-service-legacy').response.body;
  expect(manifests).toMatchObject([
    {
      metadata: { name: 'legacy', namespace: 'shop' },
      spec: { type: 'ExternalName', externalName: recorded.spec.externalName },
    },
  ]);
});

it.each([
  ['orders_shop_svc_8080', 'orders', 'orders.shop.svc.8080.mesh', 80],
  ['orders_shop_svc', 'orders', 'orders.shop.svc.mesh', 80],
  ['orders.shop:8080', 'orders', 'orders.shop.svc.8080.mesh', 80],
  ['orders.shop.svc.8080.mesh', 'orders', 'orders.shop.svc.8080.mesh', 80],
  ['orders_shop_svc_8080.mesh', 'orders', 'orders.shop.svc.8080.mesh', 80],
  ['backend', 'backend', 'backend.mesh', 80],
  ['backend.mesh', 'backend', 'backend.mesh', 80],
  ['api=backend', 'api', 'backend.mesh', 80],
  ['stock.shop.svc.east.mesh.local:8080', 'stock', 'stock.shop.svc.east.mesh.local', 8080],
  ['pay.extsvc.mesh.local:443', 'pay', 'pay.extsvc.mesh.local', 443],
])('an ExternalName Service for %s', async (reference, name, externalName, port) => {
  const { manifests, code } = await run('external-name', reference);

  expect(code).toBe(0);
  expect(manifests).toMatchObject([
    { metadata: { name }, spec: { externalName, ports: [{ port }] } },
  ]);
});

it.each([
  ['an upper-case name', 'Orders=backend'],
  ['a .mesh name at another port', 'backend.mesh:8080'],
  ['no port where one is needed', 'stock.svc.east.mesh.local'],
  ['a name out of the mesh', 'db.example.com'],
  ['nothing', ''],
  ['a name that begins with a digit', '1st_shop_svc_80'],
  ['a port that is none', 'orders.shop:99999'],
  ['an injection', 'x=a.b:80\n---'],
])('refuses %s', async (_name, reference) => {
  const { code, out, err } = await run('external-name', reference);

  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain('K8S_EXTERNAL_NAME');
});

it('prints the patch for the gateway', async () => {
  const { manifests } = await run(
    'gateway',
    '--deployment',
    'kong',
    '-n',
    'edge',
    '--mesh',
    'blue',
  );

  expect(manifests).toMatchObject([
    {
      metadata: { name: 'kong', namespace: 'edge' },
      spec: {
        template: {
          metadata: {
            labels: { 'kuma.io/sidecar-injection': 'enabled', 'kuma.io/mesh': 'blue' },
            annotations: { 'kuma.io/gateway': 'enabled' },
          },
        },
      },
    },
  ]);
});

describe('install', () => {
  it('allows reading what is watched, and nothing else', async () => {
    const { manifests } = await run('install');

    const allowed = manifests.flatMap(({ kind, rules: given }) =>
      (given ?? []).flatMap(({ apiGroups, resources, verbs }: any) =>
        resources.map(
          (resource: string) => `${kind} ${apiGroups[0]}/${resource} ${verbs.join(',')}`,
        ),
      ),
    );
    expect(allowed.sort()).toEqual(
      [
        'ClusterRole /services get,list,watch',
        'ClusterRole /namespaces get,list,watch',
        'ClusterRole configuration.konghq.com/ingressclassparameterses get,list,watch',
        'ClusterRole configuration.konghq.com/tcpingresses get,list,watch',
        'ClusterRole gateway.networking.k8s.io/gatewayclasses get,list,watch',
        'ClusterRole gateway.networking.k8s.io/gateways get,list,watch',
        'ClusterRole gateway.networking.k8s.io/grpcroutes get,list,watch',
        'ClusterRole gateway.networking.k8s.io/httproutes get,list,watch',
        'ClusterRole gateway.networking.k8s.io/referencegrants get,list,watch',
        'ClusterRole gateway.networking.k8s.io/tcproutes get,list,watch',
        'ClusterRole gateway.networking.k8s.io/tlsroutes get,list,watch',
        'ClusterRole incubator.konghq.com/kongservicefacades get,list,watch',
        'ClusterRole discovery.k8s.io/endpointslices get,list,watch',
        'ClusterRole kuma.io/dataplanes get,list,watch',
        'ClusterRole kuma.io/meshes get,list,watch',
        'ClusterRole kuma.io/meshexternalservices get,list,watch',
        'ClusterRole kuma.io/meshmultizoneservices get,list,watch',
        'ClusterRole kuma.io/meshservices get,list,watch',
        'ClusterRole networking.k8s.io/ingressclasses get,list,watch',
        'ClusterRole networking.k8s.io/ingresses get,list,watch',
        'Role /pods get,list,watch',
        'Role apps/deployments get,list,watch',
        'Role gateway-operator.konghq.com/controlplanes get,list,watch',
        'Role gateway-operator.konghq.com/dataplanes get,list,watch',
        'Role gateway-operator.konghq.com/gatewayconfigurations get,list,watch',
      ].sort(),
    );
  });

  it('keeps variables of Services that are named like a setting out of the Pod', async () => {
    const { manifests } = await run('install');

    const deployment = manifests.find(({ kind }) => kind === 'Deployment');
    expect(deployment.spec.template.spec.enableServiceLinks).toBe(false);
  });

  it('allows writing only what is asked for', async () => {
    const { manifests } = await run(
      ...['install', '--align', '--leader-election', '--service-upstream', '--events'],
    );

    const writing = manifests.flatMap(({ kind, rules: given }) =>
      (given ?? []).flatMap(({ resources, resourceNames = [], verbs }: any) =>
        verbs.some((verb: string) => !['get', 'list', 'watch'].includes(verb))
          ? [`${kind} ${[...resources, ...resourceNames].join('/')} ${verbs.join()}`]
          : [],
      ),
    );
    expect(writing).toEqual([
      'ClusterRole services patch',
      'Role services patch',
      'Role leases create',
      'Role leases/kong-meshd get,update',
      'Role events create,patch',
    ]);
  });

  it('prints a configuration that the daemon takes', async () => {
    const { manifests } = await run(
      ...['install', '--selector', 'app=kong', '--service', 'kong-proxy_kong_svc_80'],
    );

    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap');
    const config = Config.parse(parseAllDocuments(data['kong-meshd.yaml'])[0]!.toJS());
    expect(config.sources[0]?.kubernetes?.gateway).toEqual({
      namespace: 'kong',
      selector: { app: 'kong' },
    });
    expect(config.gateway).toMatchObject({
      environment: 'kubernetes',
      service: 'kong-proxy_kong_svc_80',
      align: 'observe',
    });
    expect(config.kong?.target).toHaveProperty('dbless.url', 'http://127.0.0.1:8001');
    expect(config.election).toBeUndefined();
  });

  it('prints the election and the alignment that its roles are for', async () => {
    const { manifests } = await run(
      ...['install', '-n', 'edge', '--align', '--leader-election', '--service', 'x_edge_svc_80'],
    );

    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap');
    const config = Config.parse(parseAllDocuments(data['kong-meshd.yaml'])[0]!.toJS());
    const { resourceNames } = manifests
      .flatMap(({ rules: given }) => given ?? [])
      .find((rule: any) => rule.resourceNames);
    expect(config.election?.kubernetes).toMatchObject({ namespace: 'edge' });
    expect(resourceNames).toEqual([config.election?.kubernetes.name]);
    expect(config.gateway.align).toBe('enforce');
    // Each replica's own Kong without a database would be left without a configuration.
    expect(config.kong?.target).toHaveProperty('admin.url', 'http://127.0.0.1:8001');
    expect(config.kong?.target?.dbless).toBeUndefined();
  });
});

describe('install --plugin-server', () => {
  const deploymentOf = (manifests: any[]) =>
    manifests.find(({ kind }) => kind === 'Deployment').spec.template.spec;
  const container = (pod: any, name: string) =>
    pod.containers.find((one: any) => one.name === name);

  it('gives Kong what it needs to find the plugin server', async () => {
    const { manifests } = await run('install', '--plugin-server', '--kong-container', 'kong');

    const pod = deploymentOf(manifests);
    const kong = container(pod, 'kong');
    const server = container(pod, 'kong-meshd-plugin-server');
    // In a container nobody else holds the socket while the server starts again.
    expect(server.args).toEqual(['plugin-server', '--supervise']);
    const settings = Object.fromEntries(kong.env.map(({ name, value }: any) => [name, value]));
    const serverEnv = Object.fromEntries(server.env.map(({ name, value }: any) => [name, value]));
    expect(settings).toEqual({
      KONG_PLUGINS: 'bundled,mesh-upstream',
      KONG_PLUGINSERVER_NAMES: 'mesh_upstream',
      KONG_PLUGINSERVER_MESH_UPSTREAM_SOCKET: serverEnv['KONG_MESHD_SOCKET'],
      KONG_PLUGINSERVER_MESH_UPSTREAM_QUERY_CMD: expect.stringMatching(/^cat /),
    });
    // The description is there before Kong starts, and where Kong looks for it.
    const [init] = pod.initContainers;
    const file = settings['KONG_PLUGINSERVER_MESH_UPSTREAM_QUERY_CMD'].slice('cat '.length);
    expect(init.command.at(-1)).toBe(`kong-meshd plugin-info > ${file}`);
    const mount = kong.volumeMounts.find(({ mountPath }: any) => file.startsWith(mountPath));
    expect(init.volumeMounts).toMatchObject([{ name: mount.name, mountPath: mount.mountPath }]);
    expect(server.volumeMounts.map(({ name }: any) => name)).toContain(mount.name);
  });

  it('lets Kong open the socket by the group of the volume', async () => {
    const { manifests } = await run('install', '--plugin-server');

    const pod = deploymentOf(manifests);
    const { securityContext } = container(pod, 'kong-meshd-plugin-server');
    expect(pod.securityContext.fsGroup).toBe(securityContext.runAsUser);
  });

  it('has the daemon write the snapshot that the plugin server reads', async () => {
    const { manifests } = await run('install', '--plugin-server');

    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap');
    const config = Config.parse(parseAllDocuments(data['kong-meshd.yaml'])[0]!.toJS());
    const pod = deploymentOf(manifests);
    const server = container(pod, 'kong-meshd-plugin-server');
    const daemon = container(pod, 'kong-meshd');
    expect(server.env).toContainEqual({
      name: 'KONG_MESHD_SNAPSHOT',
      value: config.plugin?.snapshot,
    });
    const mountOf = ({ volumeMounts }: any) =>
      volumeMounts.find(({ mountPath }: any) => config.plugin?.snapshot.startsWith(mountPath));
    expect(mountOf(daemon)).toEqual({ name: 'kong-meshd-state', mountPath: '/var/lib/kong-meshd' });
    expect(mountOf(server)).toEqual({ ...mountOf(daemon), readOnly: true });
  });

  it("leaves Kong's configuration to an ingress controller", async () => {
    const { manifests } = await run('install', '--plugin-server', '--ingress-controller');

    const { data } = manifests.find(({ kind }) => kind === 'ConfigMap');
    const config = Config.parse(parseAllDocuments(data['kong-meshd.yaml'])[0]!.toJS());
    expect(config.kong).toBeUndefined();
    expect(Object.keys(data)).toEqual(['kong-meshd.yaml']);
  });

  it('mounts a token of its own: the charts of Kong mount none', async () => {
    const { manifests } = await run('install');

    const { volumes, containers, enableServiceLinks } = deploymentOf(manifests);
    const [daemon] = containers;
    const mount = daemon.volumeMounts.find(
      ({ mountPath }: any) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount',
    );
    const volume = volumes.find(({ name }: any) => name === mount.name);
    expect(volume.projected.sources.flatMap((source: any) => Object.keys(source))).toEqual([
      'serviceAccountToken',
      'configMap',
      'downwardAPI',
    ]);
    expect(enableServiceLinks).toBe(false);
  });

  it.each(['gatewayconfiguration', 'dataplane'])(
    "says the same in Kong Operator's own object: %s",
    async (form) => {
      const { manifests } = await run('install', '--plugin-server', '--form', form);
      const plain = await run('install', '--plugin-server');

      const { spec } = manifests.at(-1);
      const { deployment } = spec.dataPlaneOptions ?? spec;
      expect(deployment.podTemplateSpec.spec).toEqual(deploymentOf(plain.manifests));
      expect(deployment.podTemplateSpec.metadata.annotations).toEqual({
        'kuma.io/gateway': 'enabled',
      });
    },
  );

  it.each(['helm-kong', 'helm-ingress'])('says the same as values of a chart: %s', async (form) => {
    const { manifests } = await run('install', '--plugin-server', '--form', form);
    const plain = await run('install', '--plugin-server');

    const [values] = form === 'helm-ingress' ? [manifests[0].gateway] : manifests;
    const pod = deploymentOf(plain.manifests);
    const [kong, ...others] = pod.containers;
    expect(values.deployment).toEqual({
      initContainers: pod.initContainers,
      sidecarContainers: others,
      userDefinedVolumes: pod.volumes,
      userDefinedVolumeMounts: kong.volumeMounts,
    });
    expect(
      Object.entries(values.env).map(([key, value]) => ({
        name: `KONG_${key.toUpperCase()}`,
        value,
      })),
    ).toEqual(kong.env);
    expect(values.extraObjects).toEqual(plain.manifests.slice(0, -1));
    expect(values.securityContext).toEqual(pod.securityContext);
  });
});

describe('every printed object', () => {
  it.each([
    ['service-upstream'],
    ['service-upstream', '--class', 'edge', '-n', 'edge'],
    ['external-name', 'orders_shop_svc_8080', 'backend', 'pay.extsvc.mesh.local:443'],
    ['gateway'],
    ['gateway', '--mesh', 'blue'],
    ['gateway', '--mesh-version', '3.0.0'],
    ['install', '--mesh-version', '3.0.0', '--form', 'gatewayconfiguration'],
    ['install', '--mesh-version', '3.0.0', '--form', 'dataplane'],
    ['install'],
    ['install', '--align', '--leader-election', '--selector', 'app=kong', '--service', 'x'],
    ['install', '--plugin-server', '--ingress-controller', '--service-upstream'],
    ['install', '--plugin-server', '--form', 'gatewayconfiguration'],
    ['install', '--plugin-server', '--form', 'dataplane'],
    ['install', '--form', 'dataplane'],
    ['install', '--events'],
  ])('of %s %s %s %s is one that an API server takes', async (...args) => {
    const { manifests } = await run(...args);

    expect(manifests.length).toBeGreaterThan(0);
    for (const manifest of manifests) expect(problemsOf(whole(manifest))).toEqual([]);
  });

  it.each<[string, string, (manifest: any) => void]>([
    ['a field that no version knows', 'Role', (role) => (role.rules[0].resourceName = ['x'])],
    [
      'a misspelt field deep inside',
      'Deployment',
      ({ spec }) => (spec.template.spec.volumess = []),
    ],
    ['a text for a number', 'Service', ({ spec }) => (spec.ports[0].port = '80')],
    ['a rule without verbs', 'ClusterRole', ({ rules }) => delete rules[0].verbs],
    ['a setting of another kind', 'IngressClassParameters', ({ spec }) => (spec.upstream = true)],
    ['data that is no text', 'ConfigMap', ({ data }) => (data.n = 1)],
  ])('is held to the schemas: %s is found in a %s', async (_name, kind, spoil) => {
    const all = await Promise.all([
      run('install'),
      run('service-upstream'),
      run('external-name', 'backend'),
    ]);
    const manifest = all.flatMap(({ manifests }) => manifests).find((one) => one.kind === kind);

    spoil(manifest);

    expect(problemsOf(whole(manifest))).toHaveLength(1);
  });

  it('says so where it knows no schema', () => {
    expect(() => problemsOf({ apiVersion: 'v2', kind: 'Service' })).toThrow('no schema');
  });
});

/** A Deployment is Kong's own, and what is printed of it is merged into it: the outcome must hold. */
function whole(manifest: any): unknown {
  if (manifest.kind !== 'Deployment') return manifest;
  const [item] = recordedExchange('list-deployments-kong').response.body.items;
  return { ...manifest, ...(applied(item, manifest) as object) };
}

/** As server-side apply merges: maps by key, lists by the names of their items. */
function applied(current: any, change: any): unknown {
  if (Array.isArray(change)) {
    const items = new Map<string, unknown>((current ?? []).map((item: any) => [item.name, item]));
    for (const item of change) items.set(item.name, applied(items.get(item.name), item));
    return change.every((item) => item?.name) ? [...items.values()] : change;
  }
  if (typeof change !== 'object' || change === null) return change;
  const merged: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(change)) merged[key] = applied(merged[key], value);
  return merged;
}
