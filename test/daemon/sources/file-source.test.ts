import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { stringify } from 'yaml';

import { createFileSource } from '../../../daemon/sources/file/file-source';
import { recordedBody } from '../../support/fake-kuma';

const never = new AbortController().signal;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-source-'));
});

afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

function look(paths: readonly string[] = [folder]) {
  return createFileSource({ paths, mesh: 'default', gateway: { service: 'kong' } }).observe(never);
}

function meshService(name: string, change: object = {}) {
  return { type: 'MeshService', mesh: 'default', name, spec: { ports: [{ port: 80 }] }, ...change };
}

it.each([
  [
    'a list as kumactl prints it in JSON',
    'a.json',
    () => JSON.stringify(recordedBody('meshservices-online')),
  ],
  [
    'a list as kumactl prints it in YAML',
    'a.yaml',
    () => stringify(recordedBody('meshservices-online')),
  ],
  [
    'several documents',
    'a.yml',
    () =>
      recordedBody('meshservices-online')
        .items.map((item: unknown) => stringify(item))
        .join('---\n'),
  ],
  ['a bare list', 'a.yaml', () => stringify(recordedBody('meshservices-online').items)],
])('reads %s', async (_name, file, text) => {
  await write(file, text());

  const { services, failures } = await look();

  expect(services.map(({ name }) => name)).toEqual(['backend', 'orders', 'web']);
  expect(failures).toEqual([]);
});

it('reads every kind, of its own mesh only, and passes over policies', async () => {
  const others = [
    meshService('elsewhere', { mesh: 'other' }),
    { type: 'MeshTimeout', mesh: 'default', name: 't', spec: {} },
  ];
  const lists = [
    'meshmultizoneservices',
    'meshexternalservices',
    'external-services',
    'dataplanes',
  ];
  for (const list of lists) await write(`${list}.json`, JSON.stringify(recordedBody(list)));
  await write('others.json', JSON.stringify(others));

  const { services, gateways, failures } = await look();

  expect(services.map(({ kind }) => kind).sort()).toEqual([
    'ExternalService',
    'MeshExternalService',
    'MeshMultiZoneService',
  ]);
  expect(gateways.map(({ name }) => name)).toEqual(['kong-01']);
  expect(failures).toEqual([]);
});

it('reports a resource that does not fit with its line and column', async () => {
  const text = [
    'type: MeshService',
    'mesh: default',
    'name: good',
    'spec: { ports: [{ port: 80 }] }',
    '---',
    'type: MeshService',
    'mesh: default',
    'name: bad',
    'spec:',
    '  ports:',
    '    - port: 99999',
  ];
  await write('a.yaml', text.join('\n'));

  const { services, failures } = await look();

  expect(services.map(({ name }) => name)).toEqual(['good']);
  expect(failures).toMatchObject([
    {
      code: 'MESH_RESOURCE_INVALID',
      entity: 'MeshService bad',
      place: { file: join(folder, 'a.yaml'), line: 11, column: 13 },
    },
  ]);
});

it('keeps a service whose generated host name is malformed, and reports the place of the name', async () => {
  const text = [
    'type: MeshExternalService',
    'mesh: default',
    'name: odd',
    'spec: { match: { port: 80 } }',
    'status:',
    '  vip: { ip: 242.0.0.5 }',
    '  addresses:',
    '    - hostname: "odd\u001b[2J.mesh"',
    '    - hostname: odd.extsvc.mesh.local',
  ];
  await write('a.yaml', text.join('\n'));

  const { services, failures } = await look();

  expect(services).toMatchObject([{ hostnames: ['odd.extsvc.mesh.local'], vips: ['242.0.0.5'] }]);
  expect(failures).toMatchObject([
    {
      code: 'MESH_HOSTNAME_INVALID',
      message: expect.stringContaining('odd\\u001b[2J.mesh'),
      place: { file: join(folder, 'a.yaml'), line: 8, column: 17 },
    },
  ]);
});

it.each([
  ['a Kubernetes object', 'apiVersion: kuma.io/v1alpha1\nkind: MeshService', 'Kubernetes'],
  ['something else', '_format_version: "3.0"', 'no type'],
  ['a text', 'hello', 'no object'],
])('reports what is no resource: %s', async (_name, text, cause) => {
  await write('a.yaml', text);

  const { failures } = await look();

  expect(failures).toMatchObject([
    {
      code: 'MESH_FILE_NOT_A_RESOURCE',
      message: expect.stringContaining(cause),
      place: { line: 1, column: 1 },
    },
  ]);
});

it('takes the first of two descriptions and reports the second', async () => {
  await write('a.json', JSON.stringify(meshService('orders', { labels: { from: 'a' } })));
  await write('b.json', JSON.stringify(meshService('orders', { labels: { from: 'b' } })));

  const { services, failures } = await look();

  expect(services[0]?.labels).toEqual({ from: 'a' });
  expect(failures).toMatchObject([
    { code: 'MESH_RESOURCE_DUPLICATE', place: { file: join(folder, 'b.json') } },
  ]);
});

it('rejects as a whole on a syntax error, with its place', async () => {
  await write('a.json', JSON.stringify(meshService('orders')));
  await write('b.yaml', 'type: MeshService\nname: "open\n');

  await expect(look()).rejects.toMatchObject({
    code: 'MESH_FILE_SYNTAX',
    place: { file: join(folder, 'b.yaml'), line: expect.any(Number) },
  });
});

it('rejects an alias that does not exist', async () => {
  await write('a.yaml', 'type: *nowhere\n');

  await expect(look()).rejects.toMatchObject({ code: 'MESH_FILE_SYNTAX' });
});

it.each([
  ['a path that does not exist', 'nope.yaml'],
  ['a folder without resource files', '.'],
])('rejects %s', async (_name, path) => {
  await write('notes.txt', 'nothing');

  await expect(look([join(folder, path)])).rejects.toMatchObject({ code: 'MESH_FILE_UNREADABLE' });
});

it('reads a mounted ConfigMap once', async () => {
  await mkdir(join(folder, '..data-1'));
  await writeFile(join(folder, '..data-1', 'a.json'), JSON.stringify(meshService('orders')));
  await symlink('..data-1', join(folder, '..data'));
  await symlink(join('..data', 'a.json'), join(folder, 'a.json'));

  const { services, failures } = await look();

  expect(services.map(({ name }) => name)).toEqual(['orders']);
  expect(failures).toEqual([]);
});

it('gives the same observation until the content changes', async () => {
  await write('a.json', JSON.stringify(meshService('orders')));
  const source = createFileSource({ paths: [folder], mesh: 'default' });
  const first = await source.observe(never);
  await write('a.json', JSON.stringify(meshService('orders'), null, 2));
  const reformatted = await source.observe(never);
  await write('a.json', JSON.stringify(meshService('web')));
  const changed = await source.observe(never);

  expect(reformatted).toBe(first);
  expect(changed.revision).not.toBe(first.revision);
});

it.each([
  ['a folder', () => folder],
  ['a file', () => join(folder, 'a.json')],
])('watches %s, also where a file is replaced by a rename', async (_name, path) => {
  await write('a.json', '{}');
  const source = createFileSource({ paths: [path()], mesh: 'default' });
  let changes = 0;
  const stop = source.watch!(() => changes++);

  // A watch begins some time after it was asked for: the file is replaced until it is noticed.
  for (let attempt = 0; changes === 0 && attempt < 100; attempt++) {
    await write('.a.tmp', JSON.stringify(meshService(`s${attempt}`)));
    await rename(join(folder, '.a.tmp'), join(folder, 'a.json'));
    await wait(50);
  }
  stop();

  expect(changes).toBeGreaterThan(0);
});
