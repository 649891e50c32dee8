/** Permissions and lists that are printed, held to how the mesh reads them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse, parseAllDocuments } from 'yaml';

import { addManifests } from '../../../daemon/cli/commands/manifests';
import { runCli } from '../../../daemon/cli/program';
import { judge, type PermissionClient } from '../../../daemon/doctor/policy/permission';
import { PolicyResource } from '../../../daemon/doctor/gather/resources';
import type { Destination } from '../../../daemon/kubernetes/manifests/destination';
import {
  permissionManifests,
  type PermissionOptions,
} from '../../../daemon/kubernetes/manifests/permission';
import {
  reachableDataplane,
  reachableLists,
} from '../../../daemon/kubernetes/manifests/reachable-backends';
import { spiffeIdOf } from '../../../daemon/kubernetes/manifests/spiffe-id';
import type { KubernetesApi } from '../../../sandbox/kubernetes/api-server';
import { problemsOf } from '../../support/kubernetes-schemas';
import { routedCluster } from '../../support/routed-cluster';

const orders: Destination = {
  ...{ kind: 'MeshService', name: 'orders', resource: 'orders', port: 8080, tag: 'orders' },
  ownLabels: { 'kuma.io/zone': 'east' },
  labels: { 'kuma.io/workload': 'orders' },
};
const stock: Destination = {
  ...{ kind: 'MeshService', name: 'stock', resource: 'stock', port: 80, tag: 'stock' },
  ownLabels: {},
  labels: { 'kuma.io/workload': 'stock' },
};
const external: Destination = {
  ...{ kind: 'MeshExternalService', name: 'crm', resource: 'crm', port: 443, ownLabels: {} },
};
const spiffeId = 'spiffe://default.east.mesh.local/workload/kong';

function policies(change: Partial<PermissionOptions> = {}) {
  return permissionManifests({
    ...{ mesh: 'default', environment: 'universal', systemNamespace: 'kuma-system' },
    client: { form: 'from', services: ['kong'] },
    destinations: [orders],
    ...change,
  });
}

const server = (name: string) => ({
  ...{ name: `${name}-1`, labels: { 'kuma.io/workload': name }, gateway: false },
  tagSets: [{ 'kuma.io/service': name }],
});
const client = (name: string, id: string): PermissionClient => ({
  service: name,
  tags: { 'kuma.io/service': name },
  spiffeId: id,
});
const verdict = (printed: readonly object[], who: PermissionClient, where: string) =>
  judge(
    printed.map((one) => PolicyResource.parse(one)),
    [],
    who,
    server(where),
  ).state;

it.each<[string, PermissionOptions['client']]>([
  ['from', { form: 'from', services: ['kong'] }],
  ['rules', { form: 'rules', spiffeIds: [spiffeId] }],
])('lets exactly this gateway call exactly these services: %s', (_form, who) => {
  const printed = policies({ client: who });
  const kong = client('kong', spiffeId);

  expect(verdict(printed, kong, 'orders')).toBe('allowed');
  expect(verdict(printed, kong, 'stock')).toBe('missing');
  expect(verdict(printed, client('web', `${spiffeId}-2`), 'orders')).not.toBe('allowed');
});

it('prints one for each destination, and none for what has no proxies', () => {
  const printed = policies({ destinations: [stock, orders, external, orders] });

  expect(printed).toMatchObject([
    { type: 'MeshTrafficPermission', mesh: 'default' },
    { type: 'MeshTrafficPermission', mesh: 'default' },
  ]);
  const names = printed.map((one) => (one as { name: string }).name);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[a-z][-a-z0-9]{0,61}[a-z0-9]$/);
});

it('allows both names while a rename is under way', () => {
  const printed = policies({ client: { form: 'from', services: ['kong', 'kong-old'] } });

  expect(verdict(printed, client('kong-old', ''), 'orders')).toBe('allowed');
  expect(verdict(printed, client('kong', ''), 'orders')).toBe('allowed');
});

it('refuses to allow more than was asked for', () => {
  const unknown = { ...orders, labels: {} };

  expect(() =>
    policies({ client: { form: 'rules', spiffeIds: [spiffeId] }, destinations: [unknown] }),
  ).toThrow(expect.objectContaining({ code: 'K8S_PERMISSION_TARGET' }));
});

it.each([
  [undefined, 'universal', 'spiffe://default.east.mesh.local/workload/kong'],
  [undefined, 'kubernetes', 'spiffe://default.east.mesh.local/ns/edge/sa/kong-sa'],
  [
    { trustDomain: 'corp', path: '/{{ .Mesh }}/{{ label "kuma.io/workload" }}' },
    'kubernetes',
    'spiffe://corp/default/kong',
  ],
] as const)('works the SPIFFE ID out of the templates: %j', (templates, environment, expected) => {
  const labels = {
    'kuma.io/workload': 'kong',
    'k8s.kuma.io/namespace': 'edge',
    'k8s.kuma.io/service-account': 'kong-sa',
  };

  expect(spiffeIdOf({ mesh: 'default', zone: 'east', labels }, environment, templates)).toBe(
    expected,
  );
});

it.each([{ path: '/{{ .Unheard }}' }, { path: '/{{ if .Mesh }}x{{ end }}' }, {}])(
  'guesses no SPIFFE ID: %j',
  (templates) => {
    const subject = { mesh: 'default', zone: 'east', labels: {} };
    expect(() => spiffeIdOf(subject, 'universal', templates)).toThrow(
      expect.objectContaining({ code: 'K8S_SPIFFE_ID' }),
    );
  },
);

it('puts the lists into the Dataplane and leaves all else as it is', () => {
  const dataplane = {
    ...{ type: 'Dataplane', mesh: 'default', name: 'kong-01', labels: { team: 'edge' } },
    networking: { address: '10.0.0.1', transparentProxying: { redirectPortOutbound: 15001 } },
  };
  const legacy = { ...stock, kind: 'LegacyService' };

  const printed = reachableDataplane(dataplane, reachableLists([orders, external, legacy]));

  expect(printed).toEqual({
    ...dataplane,
    networking: {
      address: '10.0.0.1',
      transparentProxying: {
        redirectPortOutbound: 15001,
        reachableBackends: {
          refs: [
            { kind: 'MeshExternalService', labels: { 'kuma.io/display-name': 'crm' }, port: 443 },
            {
              kind: 'MeshService',
              labels: { 'kuma.io/display-name': 'orders', 'kuma.io/zone': 'east' },
              port: 8080,
            },
          ],
        },
        reachableServices: ['stock'],
      },
    },
  });
});

describe('of the routes of a cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'permission-'));
  const config = join(folder, 'kong-meshd.yaml');
  let api: KubernetesApi;

  beforeAll(async () => {
    api = await routedCluster();
    const source = { kubernetes: { url: api.url, gateway: { namespace: 'kong' } } };
    const settings = { sources: [source], gateway: { environment: 'kubernetes' } };
    writeFileSync(config, JSON.stringify(settings));
  });

  afterAll(async () => {
    await api.stop();
    rmSync(folder, { recursive: true });
  });

  async function run(...args: string[]) {
    const output = { out: '', err: '' };
    const code = await runCli([addManifests], ['manifests', ...args, '-c', config], {
      env: {},
      out: (text) => (output.out += text),
      err: (text) => (output.err += text),
      signal: new AbortController().signal,
      colour: false,
    });
    const manifests: any[] = parseAllDocuments(output.out).map((one) => one.toJS());
    return { code, ...output, manifests };
  }

  it('permits by tags as long as the gateway has one', async () => {
    const { code, manifests } = await run('permission');

    expect(code).toBe(0);
    expect(manifests.map(({ metadata, spec }) => [metadata.namespace, spec])).toEqual(
      ['by-grpc', 'by-http', 'by-ingress'].map((name) => [
        'kuma-system',
        {
          targetRef: { kind: 'MeshSubset', tags: { 'kuma.io/service': `${name}_shop_svc_8080` } },
          from: [
            {
              targetRef: { kind: 'MeshSubset', tags: { 'kuma.io/service': 'kong-1_kong_svc' } },
              default: { action: 'Allow' },
            },
          ],
        },
      ]),
    );
  });

  it('permits by SPIFFE ID and the labels of the Pods where that is asked for', async () => {
    const { manifests } = await run('permission', '--spiffe-id', spiffeId);

    expect(manifests.map(({ spec }) => spec.targetRef)).toEqual(
      ['by-grpc', 'by-http', 'by-ingress'].map((app) => ({
        kind: 'Dataplane',
        labels: { app, 'k8s.kuma.io/namespace': 'shop' },
      })),
    );
    expect(manifests[0].spec.rules).toEqual([
      { default: { allow: [{ spiffeID: { type: 'Exact', value: spiffeId } }] } },
    ]);
  });

  it.each([[[]], [['--spiffe-id', spiffeId]]])(
    'prints with %j what an API server takes, and is held to it',
    async (flags) => {
      const { manifests } = await run('permission', ...flags);

      expect(manifests.map((one) => problemsOf(one))).toEqual([[], [], []]);
      const [{ spec, ...rest }] = manifests;
      const [kind, ...others] = Object.keys(spec).reverse();
      expect(problemsOf({ ...rest, spec: { ...spec, [`${kind}s`]: [] } })).toHaveLength(1);
      expect(problemsOf({ ...rest, spec: { ...spec, [others[0]!]: { labels: {} } } })).toHaveLength(
        1,
      );
    },
  );

  it("lists them for the sidecar of Kong's Pods", async () => {
    const { manifests } = await run('reachable-backends');

    const { annotations } = manifests[0].spec.template.metadata;
    const { refs } = parse(annotations['kuma.io/reachable-backends']);
    expect(refs).toHaveLength(3);
    expect(refs[0]).toEqual({
      kind: 'MeshService',
      labels: { 'kuma.io/display-name': 'by-grpc', 'k8s.kuma.io/namespace': 'shop' },
      port: 8080,
    });
  });

  it('says so where nothing is called', async () => {
    for (const [kind, name] of [
      ['HTTPRoute', 'by-http'],
      ['GRPCRoute', 'by-grpc'],
      ['Ingress', 'by-ingress'],
    ] as const) {
      api.remove(kind, `shop/${name}`);
    }

    const { code, out, err } = await run('permission');

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('NO_DESTINATIONS');
  });
});
