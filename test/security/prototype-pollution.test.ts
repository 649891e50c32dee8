/** Keys such as `__proto__` in everything that is read must change nothing but the value they stand in. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseSnapshot } from '../../catalog/snapshot';
import { parseConfig } from '../../daemon/config/load';
import { createLookup } from '../../catalog/lookup';
import { parseKongConfig } from '../../daemon/kong/parse';
import { renderFiles } from '../../daemon/kong/write';
import { validateState } from '../../daemon/kong/validate';
import { diff } from '../../daemon/plan/diff';
import { formatPlan, planToJson } from '../../daemon/plan/format';
import { createFileSource } from '../../daemon/sources/file/file-source';
import { createKumaSource } from '../../daemon/sources/kuma/kuma-source';
import { readObservation } from '../../daemon/sources/observation-file';
import { fromKubeconfig } from '../../daemon/kubernetes-client/kubeconfig';
import { createKongClient } from '../../daemon/targets/kong-http/client';
import { fromRaw } from '../../daemon/targets/kong-admin/from-raw';
import { readList } from '../../daemon/targets/kong-admin/list-pages';
import { editDataplaneFile } from '../../daemon/targets/dataplane/dataplane-file';
import { effectiveOwn } from '../../daemon/doctor/policy/effective';
import { startRecordedCluster } from '../support/recorded-cluster';
import { startFakeKuma } from '../support/fake-kuma';
import { json, startFakeServer } from '../daemon/targets/fake-server';
import { room } from '../daemon/targets/dataplane/build';
import { createHandler } from '../../plugin/mesh-upstream/handler';
import { fakePdk } from '../plugin/support/fake-pdk';
import { meshService } from '../catalog/build';
import { startSampleServer } from '../plugin-server/support/sample-server';

const never = new AbortController().signal;
/** As text: an object literal would set a prototype itself. */
const poison =
  '"__proto__":{"polluted":"yes","isAdmin":true},"constructor":{"prototype":{"polluted":"yes"}},"prototype":{"polluted":"yes"}';
const yamlPoison = (indent: string) =>
  [
    '__proto__: { polluted: "yes", isAdmin: true }',
    'constructor: { prototype: { polluted: "yes" } }',
  ]
    .map((line) => indent + line)
    .join('\n');

let folder: string;
const names = Object.getOwnPropertyNames(Object.prototype).sort();
const arrayNames = Object.getOwnPropertyNames(Array.prototype).sort();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pollution-'));
});
afterEach(() => {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
  expect(((() => 1) as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(names);
  expect(Object.getOwnPropertyNames(Array.prototype).sort()).toEqual(arrayNames);
});
afterAll(() => rm(folder, { recursive: true }));

/** Every object in a value has the prototype that it should: none was put under it. */
function expectPlain(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const prototype = Object.getPrototypeOf(value) as object | null;
  // Values out of node:vm and jest's own realm have an Object of their own.
  const isBuiltIn = prototype === null || Object.hasOwn(prototype, 'constructor');
  expect(isBuiltIn).toBe(true);
  // A value may have the key; it may not get it from anywhere else.
  if ('polluted' in value) expect(Object.hasOwn(value, 'polluted')).toBe(true);
  if (Array.isArray(value)) for (const item of value) expectPlain(item, seen);
  else for (const key of Object.keys(value)) expectPlain((value as any)[key], seen);
}

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};
const settled = async (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => ({ message: (error as Error).message }));

it('kong-meshd.yaml, its variables and its flags', () => {
  const text = `sources: [{ file: { path: mesh } }]\n${yamlPoison('')}\nguard:\n${yamlPoison('  ')}\n`;
  for (const source of [text, `{"sources":[{"file":{"path":"m"}}],${poison}}`, 'sources: []']) {
    const read = parseConfig(source, {
      env: { KONG_MESHD___PROTO___POLLUTED: 'yes', KONG_MESHD_CONSTRUCTOR_PROTOTYPE: '{a: 1}' },
      settings: [
        '__proto__.polluted=yes',
        'constructor.prototype.polluted=yes',
        'sources.__proto__.polluted=yes',
        'sources.0.__proto__.polluted=yes',
        'sources.0.kuma.__proto__={polluted: yes}',
        'kong.__proto__.__proto__.polluted=yes',
        `guard={${poison}}`,
      ],
      flags: { '__proto__.polluted': 'yes', 'kong.constructor.prototype.polluted': 'yes' },
    });

    expect(read.ok).toBe(false);
    expectPlain(read.failures);
  }
});

it('kong.yml, as YAML and as JSON, through all that is done with it', () => {
  const yaml = `_format_version: "3.0"
_info:
  select_tags: [a]
  defaults:
    service: { retries: 1, __proto__: { polluted: "yes" } }
${yamlPoison('  ')}
_plugin_configs:
  shared:
${yamlPoison('    ')}
${yamlPoison('')}
services:
  - &base
    name: orders
    host: orders.internal
${yamlPoison('    ')}
    plugins:
      - name: key-auth
        _config: shared
        config:
${yamlPoison('          ')}
          deep: { list: [{ __proto__: { polluted: "yes" } }] }
  - { <<: *base, name: second }
  - { name: __proto__, host: __proto__, tags: [__proto__, 'mesh:__proto__'] }
`;
  const jsonText = `{"_format_version":"3.0",${poison},"services":[{"name":"orders","host":"h",${poison},"plugins":[{"name":"x","config":{${poison}}}]}]}`;
  for (const [path, text] of [
    ['kong.yml', yaml],
    ['kong.json', jsonText],
  ] as const) {
    const parsed = parseKongConfig([{ path, text }], { env: {} });
    const empty = { entities: [], passthrough: {}, selectTags: [] };
    const plan = diff(empty, parsed.state);

    expectPlain(parsed.state);
    expect(parsed.failures.map(({ code }) => code)).toContain('KONG_KEY_FORBIDDEN');
    expectPlain(validateState(parsed));
    expect(formatPlan(plan)).not.toMatch(/isAdmin/);
    expectPlain(planToJson(plan, []));
    expectPlain(renderFiles(parsed, parsed.state).value);
  }
});

it('answers of Kuma', async () => {
  const kuma = await startFakeKuma();
  for (const list of kuma.lists.keys()) {
    kuma.answer(`/${list}`, (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        `{"total":1,${poison},"next":null,"items":[{"type":"x","mesh":"default","name":"__proto__","labels":{${poison.replaceAll(/\{[^{}]*\}/g, '"x"')},"a":"b"},"tags":{"__proto__":"x"},"spec":{${poison},"ports":[{"port":1,${poison}}]},"status":{${poison}},${poison}}]}`,
      );
    });
  }
  const source = createKumaSource({
    url: kuma.url,
    insecureSkipVerify: false,
    timeoutMs: 5_000,
    mesh: 'default',
    gateway: {},
  });

  expectPlain(await settled(source.observe(never)));
  await kuma.close();
});

it('mesh resources in files, also with names and labels of that kind', async () => {
  const path = await file(
    'mesh.yaml',
    `type: MeshService
mesh: default
name: __proto__
labels: { __proto__: x, constructor: y, toString: z }
spec:
${yamlPoison('  ')}
  ports: [{ port: 8080, __proto__: { polluted: "yes" } }]
---
type: MeshService
mesh: default
name: constructor
spec: { ports: [{ port: 8080, name: hasOwnProperty }] }
`,
  );
  const source = createFileSource({ paths: [path], mesh: 'default', gateway: {} });

  const observed = await source.observe(never);

  expectPlain(observed);
  expect(observed.services.map(({ name }) => name).sort()).toEqual(['__proto__', 'constructor']);
});

it('looking up names of that kind finds what bears them, and nothing where nothing does', () => {
  const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const empty = createLookup([], {});
  const full = createLookup(
    odd.map((name) => meshService(name, { vips: [] })),
    {},
  );

  for (const service of odd) {
    expect(empty.find({ service }).found).toBe(false);
    expect(full.find({ service })).toMatchObject({ found: true, service: { name: service } });
  }
});

it('answers of Kong and of a Kubernetes API', async () => {
  const row = JSON.parse(
    `{"id":"11111111-1111-4111-8111-111111111111","name":"orders",${poison},"config":{${poison}}}`,
  ) as never;
  const kong = await startFakeServer([json(200, { data: [row], next: null })]);
  const client = createKongClient({ url: kong.url, retries: 0 });
  const [listed] = await readList(client, '/services', never);
  client.close();
  await kong.close();

  const entity = fromRaw('services', listed!, 'kong-meshd');
  expect((entity.fields as { polluted?: unknown }).polluted).toBeUndefined();
  expect((entity.fields as { isAdmin?: unknown }).isAdmin).toBeUndefined();

  const cluster = await startRecordedCluster();
  await cluster.stop();
});

it('policies of the mesh', () => {
  const policy = JSON.parse(
    `{"name":"p","labels":{},"targetRef":{"kind":"Mesh","proxyTypes":[],"labels":{},"tags":{}},"proxyTypes":[],"default":{${poison},"http":{"requestTimeout":"1s"}},"to":[]}`,
  ) as never;

  const { conf } = effectiveOwn([policy, policy], { labels: {}, tags: {} } as never);

  expect((conf as { polluted?: unknown }).polluted).toBeUndefined();
  expect((conf as { isAdmin?: unknown }).isAdmin).toBeUndefined();
});

it('a state file, a snapshot, a kubeconfig and a Dataplane file', async () => {
  const state = await file(
    'state.json',
    `{"version":1,"about":"me","mesh":"m","revision":"r","failures":[],"gateways":[],${poison},"services":[{"kind":"MeshService","name":"__proto__","mesh":"m","resource":"r","labels":{"__proto__":"x"},"hostnames":[],"ports":[],"vips":[],"availability":"available",${poison}}]}`,
  );
  const kubeconfig = await file(
    'kubeconfig',
    `{"current-context":"__proto__",${poison},"clusters":[{"name":"__proto__","cluster":{"server":"http://127.0.0.1:1",${poison}}}],"users":[],"contexts":[{"name":"__proto__","context":{"cluster":"__proto__",${poison}}}]}`,
  );
  const dataplane = await file(
    'dataplane.yaml',
    `type: Dataplane
mesh: default
name: kong-01
networking:
  address: 10.0.0.1
  gateway: { type: DELEGATED, tags: { kuma.io/service: kong, __proto__: x } }
${yamlPoison('  ')}
`,
  );
  const snapshot = `{"version":1,"mesh":"m","hash":"h",${poison},"services":[]}`;

  expectPlain(await readObservation(state, 'me'));
  expectPlain(await settled(fromKubeconfig({ file: kubeconfig }).connection()));
  const edits = { add: [], remove: [] };
  const who = { mesh: 'default', name: 'kong-01' };
  expectPlain(await settled(editDataplaneFile(dataplane, who, edits, room)));
  expectPlain(parseSnapshot(snapshot, 'catalog.json'));
});

describe("the plugin server's messages", () => {
  it('start no instance with rights of that kind', async () => {
    const sample = await startSampleServer();
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const client = await sample.connect();
      await expect(client.start(name, {})).rejects.toThrow('closed');
    }
    const client = await sample.connect();
    const id = await client.start(
      'sample',
      '{"constructor":{"prototype":{"polluted":"yes"}},"behaviour":"none"}',
    );
    for (const phase of ['__proto__', 'constructor', 'toString']) {
      expect(await client.event(id, phase)).toMatchObject({ calls: [], end: 'returned' });
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await sample.stop();
  });

  it('give the plugin no config that it does not have', async () => {
    const pdk = fakePdk();
    const config = JSON.parse(
      '{"service":"orders","__proto__":{"on_missing":"passthrough","snapshot":"/tmp/evil"}}',
    ) as object;
    const asked: string[] = [];
    const watch = (path: string) => {
      asked.push(path);
      return { current: undefined, firstRead: Promise.resolve() };
    };

    await createHandler(config, { watch, log: () => undefined, env: {} }).access(pdk.kong);

    expect(asked).toEqual(['/var/lib/kong-meshd/catalog.json']);
    expect(pdk.calls.map(({ method }) => method)).toEqual(['exit']);
  });
});
