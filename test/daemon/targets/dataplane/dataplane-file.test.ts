import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { editDataplaneFile } from '../../../../daemon/targets/dataplane/dataplane-file';
import { outbound, room } from './build';

const text = `# Kong's own Dataplane: see the runbook
type: Dataplane
mesh: default
name: kong-01
networking:
  address: {{ address }} # from the command line
  gateway:
    type: DELEGATED
    tags:
      kuma.io/service: kong
      region: "eu"   # kept as it is
  outbound:
    # the old billing service
    - port: 33001
      tags: { kuma.io/service: billing }
`;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataplane-'));
  file = join(folder, 'kong.yaml');
  await writeFile(file, text);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const who = { mesh: 'default', name: 'kong-01' };

function edit(edits: Partial<Parameters<typeof editDataplaneFile>[2]>) {
  return editDataplaneFile(file, who, { add: [], remove: [], ...edits }, room);
}

test('an outbound is appended; comments, variables and order stay', async () => {
  const { written, dataplane } = await edit({ add: [outbound(30_000, 'orders')] });

  expect(written).toBe(true);
  expect(dataplane.outbounds.map(({ port }) => port)).toEqual([33_001, 30_000]);
  expect(await readFile(file, 'utf8')).toBe(
    text.replace('region: "eu"   # kept', 'region: "eu" # kept') +
      `    - address: 127.0.0.1
      port: 30000
      backendRef:
        kind: MeshService
        name: orders
        port: 8080
`,
  );
});

test.each([
  ['there is no list', ''],
  ['the list is empty', '  outbound: []\n'],
  ['the list is null', '  outbound:\n'],
])('an outbound is added where %s', async (_name, list) => {
  await writeFile(file, text.slice(0, text.indexOf('  outbound:')) + list);

  const { dataplane } = await edit({ add: [outbound(30_000, 'orders')] });

  expect(dataplane.outbounds).toEqual([outbound(30_000, 'orders')]);
});

test('what the file has already is not written again', async () => {
  await edit({ add: [outbound(30_000, 'orders')] });
  const before = await stat(file);

  const { written } = await edit({ add: [outbound(30_000, 'orders')] });

  expect(written).toBe(false);
  expect((await stat(file)).mtimeMs).toBe(before.mtimeMs);
});

test("own outbounds go, the user's stay", async () => {
  await edit({ add: [outbound(30_000, 'orders'), outbound(30_001, 'cart')] });
  const users = outbound(33_001, { type: 'tags', tags: { 'kuma.io/service': 'billing' } });

  const { dataplane } = await edit({ remove: [outbound(30_000, 'orders'), users] });

  expect(dataplane.outbounds.map(({ port }) => port)).toEqual([33_001, 30_001]);
});

test('service and workload are set', async () => {
  const { dataplane } = await edit({
    service: { before: 'kong', after: 'edge' },
    workload: { before: undefined, after: 'edge' },
  });

  expect(dataplane).toMatchObject({
    service: 'edge',
    tags: { region: 'eu' },
    labels: { 'kuma.io/workload': 'edge' },
  });
});

test('name and mesh may be variables of kuma-dp', async () => {
  await writeFile(
    file,
    text
      .replace('mesh: default', 'mesh: {{ mesh }}')
      .replace('name: kong-01', 'name: "{{ name }}"'),
  );

  await edit({ add: [outbound(30_000, 'orders')] });

  expect(await readFile(file, 'utf8')).toContain('mesh: {{ mesh }}\nname: "{{ name }}"\n');
});

test.each([
  ['another name', text.replace('name: kong-01', 'name: other'), 'DATAPLANE_FILE_INVALID'],
  ['another mesh', text.replace('mesh: default', 'mesh: other'), 'DATAPLANE_FILE_INVALID'],
  [
    'no gateway',
    text.replace('gateway:', 'inbound: [{ port: 8000 }]\n  x:'),
    'DATAPLANE_FILE_INVALID',
  ],
  ['broken YAML', 'a: [', 'DATAPLANE_FILE_INVALID'],
  ['no resource', 'just words', 'DATAPLANE_FILE_INVALID'],
  ['a taken place', text.replace('33001', '30000'), 'DATAPLANE_CHANGED'],
])('%s: an error, and the file stays as it is', async (_name, content, code) => {
  await writeFile(file, content);

  await expect(edit({ add: [outbound(30_000, 'orders')] })).rejects.toMatchObject({ code });

  expect(await readFile(file, 'utf8')).toBe(content);
});

test('a missing file is an error that names it', async () => {
  await rm(file);

  await expect(edit({})).rejects.toMatchObject({
    code: 'DATAPLANE_FILE_UNREADABLE',
    place: { file },
  });
});

test('what a reader of YAML 1.1 takes for something else is quoted', async () => {
  const target = {
    type: 'backendRef',
    kind: 'MeshService',
    labels: { 'kuma.io/display-name': 'on', 'kuma.io/zone': 'no' },
    port: 8080,
  } as const;

  await edit({
    add: [{ address: '127.0.0.1', port: 30_000, target }],
    service: { before: 'kong', after: 'yes' },
  });

  const written = await readFile(file, 'utf8');
  expect(written).toContain('kuma.io/display-name: "on"');
  expect(written).toContain('kuma.io/zone: "no"');
  expect(written).toContain('kuma.io/service: "yes"');
});
