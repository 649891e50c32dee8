/** What is printed for Kubernetes: the right objects, in forms that an API server takes. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

import { addManifests } from '../../../daemon/cli/commands/manifests';
import { runCli } from '../../../daemon/cli/program';
import { Config } from '../../../daemon/config/schema';
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

/** The schemas of the API as far as the printed objects use them; strict, as an API server is. */
const Label = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const Meta = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
  namespace: Label.optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const object = (apiVersion: string, kind: string, fields: z.ZodRawShape) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: Meta,
    ...fields,
  });
const rbac = 'rbac.authorization.k8s.io';
const rules = z.array(
  z.strictObject({
    apiGroups: z.array(z.string()).min(1),
    resources: z.array(z.string()).min(1),
    resourceNames: z.array(z.string()).min(1).optional(),
    verbs: z.array(z.enum(['get', 'list', 'watch', 'patch', 'create', 'update'])).min(1),
  }),
);
const binding = (kind: string) => ({
  roleRef: z.strictObject({
    apiGroup: z.literal(rbac),
    kind: z.literal(kind),
    name: z.string(),
  }),
  subjects: z.array(
    z.strictObject({ kind: z.literal('ServiceAccount'), name: Label, namespace: Label }),
  ),
});
const schemas = z.union([
  object('v1', 'Service', {
    spec: z.strictObject({
      type: z.literal('ExternalName'),
      externalName: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/),
      ports: z.array(
        z.strictObject({
          name: Label,
          port: z.int().min(1).max(65535),
          protocol: z.literal('TCP'),
        }),
      ),
    }),
  }),
  object('v1', 'ConfigMap', { data: z.record(z.string(), z.string()) }),
  object(`${rbac}/v1`, 'ClusterRole', { rules }),
  object(`${rbac}/v1`, 'Role', { rules }),
  object(`${rbac}/v1`, 'ClusterRoleBinding', binding('ClusterRole')),
  object(`${rbac}/v1`, 'RoleBinding', binding('Role')),
  object('networking.k8s.io/v1', 'IngressClass', {
    spec: z.strictObject({
      controller: z.string(),
      parameters: z.strictObject({
        apiGroup: z.string(),
        kind: z.string(),
        name: z.string(),
        scope: z.enum(['Namespace', 'Cluster']),
        namespace: Label,
      }),
    }),
  }),
  object('configuration.konghq.com/v1alpha1', 'IngressClassParameters', {
    spec: z.strictObject({
      serviceUpstream: z.boolean().optional(),
      enableLegacyRegexDetection: z.boolean().optional(),
    }),
  }),
  object('apps/v1', 'Deployment', {
    spec: z.strictObject({
      template: z.strictObject({
        metadata: Meta.partial().optional(),
        spec: z
          .strictObject({
            containers: z.array(z.looseObject({ name: Label, image: z.string() })),
            volumes: z.array(z.looseObject({ name: Label })),
          })
          .optional(),
      }),
    }),
  }),
]);

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
        'ClusterRole configuration.konghq.com/ingressclassparameterses get,list,watch',
        'ClusterRole discovery.k8s.io/endpointslices get,list,watch',
        'ClusterRole kuma.io/dataplanes get,list,watch',
        'ClusterRole kuma.io/meshes get,list,watch',
        'ClusterRole kuma.io/meshexternalservices get,list,watch',
        'ClusterRole kuma.io/meshmultizoneservices get,list,watch',
        'ClusterRole kuma.io/meshservices get,list,watch',
        'ClusterRole networking.k8s.io/ingressclasses get,list,watch',
        'Role /pods get,list,watch',
        'Role apps/deployments get,list,watch',
      ].sort(),
    );
  });

  it('allows writing only what is asked for, and only beside Kong', async () => {
    const { manifests } = await run('install', '--align', '--leader-election');

    const writing = manifests.flatMap(({ kind, rules: given }) =>
      (given ?? []).flatMap(({ resources, resourceNames = [], verbs }: any) =>
        verbs.some((verb: string) => !['get', 'list', 'watch'].includes(verb))
          ? [`${kind} ${[...resources, ...resourceNames].join('/')} ${verbs.join()}`]
          : [],
      ),
    );
    expect(writing).toEqual([
      'Role services patch',
      'Role leases create',
      'Role leases/kong-meshd get,update',
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

it.each([
  ['service-upstream'],
  ['external-name', 'orders_shop_svc_8080', 'backend'],
  ['gateway'],
  ['install', '--align', '--leader-election', '--selector', 'app=kong'],
])('%s %s prints objects that fit their schemas', async (...args) => {
  const { manifests } = await run(...args);

  expect(manifests.length).toBeGreaterThan(0);
  for (const manifest of manifests)
    expect(schemas.safeParse(manifest).error?.issues).toBeUndefined();
});
