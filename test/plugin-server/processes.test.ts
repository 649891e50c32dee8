import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeSnapshot } from '../../catalog/snapshot';
import { serviceOf, snapshotOf } from '../plugin/support/snapshot-of';
import { compiledProject } from './support/compiled';
import { fetchPath, parseExposition, valueOf } from './metrics/scrape';
import { MsgpackClient } from './support/msgpack-client';
import { RawClient } from './support/raw-client';
import { eventually } from './support/sample-server';
import { startServerProcess, type ServerKind, type ServerProcess } from './support/server-process';

jest.setTimeout(60_000);

let folder: string;
let snapshot: string;
let running: ServerProcess[];

beforeAll(() => void compiledProject(), 180_000);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugin-process-'));
  snapshot = join(folder, 'catalog.json');
  await writeSnapshot(snapshot, snapshotOf([serviceOf('orders'), serviceOf('payments')]));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

async function start(kind: ServerKind): Promise<ServerProcess> {
  const server = await startServerProcess(kind, folder);
  running.push(server);
  return server;
}

/** One connection to either server, and what an access event on it calls, in order. */
interface Client {
  start(config: object): Promise<number>;
  access(id: number): Promise<unknown[][]>;
  close(): void;
}

async function connectTo(kind: ServerKind, socket: string): Promise<Client> {
  const withKey = (config: object): object => ({
    snapshot,
    __key__: 'plugins:mesh-upstream',
    __seq__: 1,
    ...config,
  });
  if (kind === 'own') {
    const client = await RawClient.open(socket);
    return {
      start: (config) => client.start('mesh-upstream', withKey(config)),
      async access(id) {
        const { calls, end } = await client.event(id);
        expect(['returned', 'exit']).toContain(end);
        return calls.map((call) => [...call]);
      },
      close: () => client.close(),
    };
  }
  const client = await MsgpackClient.open(socket);
  return {
    async start(config) {
      const Config = JSON.stringify(withKey(config));
      const fields = { Name: 'mesh-upstream', Config };
      const { result, error } = await client.call('StartInstance', fields);
      expect(error ?? null).toBeNull();
      return result.Id;
    },
    async access(InstanceId) {
      const calls: unknown[][] = [];
      let reply = await client.call('HandleEvent', { InstanceId, EventName: 'access' });
      while (typeof reply.result?.Data === 'object') {
        const { Method, Args } = reply.result.Data;
        calls.push([Method, ...Args]);
        if (Method === 'kong.response.exit') return calls;
        reply = await client.call('Step', { EventId: reply.result.EventId });
      }
      expect(reply.result).toMatchObject({ Data: 'ret' });
      return calls;
    },
    close: () => client.close(),
  };
}

const toOrders = [
  ['kong.service.set_target', '127.0.0.1', 30001],
  ['kong.service.request.set_header', 'Host', 'orders.svc.mesh.local:8080'],
];

it('shows in its metrics what became of requests, and on which snapshot', async () => {
  const metrics = { path: join(folder, 'metrics.socket') };
  const server = await startServerProcess('own', folder, { metrics });
  running.push(server);
  const client = await connectTo('own', server.socket);

  await client.access(await client.start({ service: 'orders' }));
  await client.access(await client.start({ service: 'nobody', fallback: 'payments' }));
  await client.access(await client.start({ service: 'nobody' }));
  const { body } = await fetchPath({ socketPath: metrics.path, path: '/metrics' });

  const samples = parseExposition(body);
  const decided = (result: string, reason: string) =>
    valueOf(samples, 'kong_meshd_plugin_server_decisions_total', { result, reason });
  expect([
    decided('sent', ''),
    decided('rejected', 'unknown-service'),
    decided('fallback', 'unknown-service'),
  ]).toEqual([1, 1, 1]);
  const { hash } = JSON.parse(await readFile(snapshot, 'utf8'));
  const seen = { file: snapshot, hash };
  expect(valueOf(samples, 'kong_meshd_plugin_server_snapshot_info', seen)).toBe(1);
  expect(valueOf(samples, 'kong_meshd_plugin_server_snapshot_services', { file: snapshot })).toBe(
    2,
  );
  client.close();
  expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
});

describe.each<[ServerKind]>([['own'], ['stock']])('mesh-upstream in the %s server', (kind) => {
  it('sends requests to the mesh and turns away what the mesh does not know', async () => {
    const server = await start(kind);
    const client = await connectTo(kind, server.socket);

    const known = await client.access(await client.start({ service: 'orders' }));
    const unknown = await client.access(await client.start({ service: 'nobody' }));

    expect(known).toEqual(toOrders);
    expect(unknown).toEqual([
      [
        'kong.response.exit',
        503,
        expect.anything(),
        expect.objectContaining({ 'X-Mesh-Upstream': 'unknown-service' }),
      ],
    ]);
    const body: unknown = unknown[0]?.[2];
    expect(typeof body === 'string' ? JSON.parse(body) : body).toMatchObject({ service: 'nobody' });
    client.close();
  });

  it('follows the snapshot without a restart or a new instance', async () => {
    const server = await start(kind);
    const client = await connectTo(kind, server.socket);
    const id = await client.start({ service: 'orders' });
    await client.access(id);

    await writeSnapshot(
      snapshot,
      snapshotOf([serviceOf('orders', {}, { addresses: { outbound: '127.0.0.1:30999' } })]),
    );

    const end = Date.now() + 20_000;
    let port: unknown;
    while (port !== 30999 && Date.now() < end) port = (await client.access(id))[0]?.[2];
    expect(port).toBe(30999);
    client.close();
  });

  it('recovers after a kill as Kong makes it: unknown instance, new one, same request', async () => {
    const first = await start(kind);
    const before = await connectTo(kind, first.socket);
    const stale = (await before.start({ service: 'orders' })) + 1_000;
    await first.stop('SIGKILL');
    expect(existsSync(first.socket)).toBe(true);

    const second = await start(kind);
    if (kind === 'own') {
      const { end } = await (await RawClient.open(second.socket)).event(stale);
      expect(end).toMatch(/no plugin instance/);
    } else {
      const client = await MsgpackClient.open(second.socket);
      const event = { InstanceId: stale, EventName: 'access' };
      expect((await client.call('HandleEvent', event)).error).toMatch(/^no plugin instance/);
      client.close();
    }
    const client = await connectTo(kind, second.socket);
    expect(await client.access(await client.start({ service: 'orders' }))).toEqual(toOrders);
    client.close();
  });
});

describe('the own server as a process', () => {
  it('never takes a stale id for another config, over restarts', async () => {
    const stale: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const server = await start('own');
      const client = await connectTo('own', server.socket);
      const ids = [];
      for (const service of ['payments', 'orders', 'nobody'])
        ids.push(await client.start({ service }));

      for (const id of stale) {
        const { end } = await (await RawClient.open(server.socket)).event(id);
        expect(end).toMatch(/no plugin instance/);
      }
      stale.push(...ids);
      await server.stop('SIGKILL');
    }

    expect(new Set(stale).size).toBe(12);
  });

  it('goes on serving after SIGHUP, and says that there is nothing to re-read', async () => {
    const server = await start('own');
    const client = await connectTo('own', server.socket);
    const id = await client.start({ service: 'orders' });

    server.kill('SIGHUP');
    await eventually(() => expect(server.stderr()).toContain('SIGHUP'));

    expect(await client.access(id)).toEqual(toOrders);
    client.close();
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('ends in order on SIGTERM: exit code 0, no socket left, stdout clean, JSON on stderr', async () => {
    const server = await start('own');
    const client = await RawClient.open(server.socket);
    await client.event(await client.start('mesh-upstream', { service: 'nobody', snapshot }));

    const ended = await server.stop('SIGTERM');

    expect(ended).toEqual({ code: 0, signal: null });
    expect(existsSync(server.socket)).toBe(false);
    expect(server.stdout()).toBe('');
    const lines = server
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'listening',
        'snapshot read',
        'The mesh has no service nobody.',
        'stopping',
      ]),
    );
    await client.untilClosed();
  });

  it('refuses a socket that another one serves, which goes on', async () => {
    const first = await start('own');

    const second = await start('own');
    await eventually(() => expect(second.stderr()).toContain('PLUGIN_SERVER_SOCKET_IN_USE'));

    const client = await RawClient.open(first.socket);
    expect(await client.names()).toEqual(['mesh-upstream']);
    client.close();
  });

  it('loads no library that it does not need', () => {
    const { dist } = compiledProject();
    const script = `require(${JSON.stringify(join(dist, 'plugin-server/main.js'))}); console.log(Object.keys(require.cache).filter((path) => /node_modules\\/(ts-node|typescript|axios|zod|kong-pdk|@msgpack)\\//.test(path)).length)`;

    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });

    expect(stdout.trim()).toBe('0');
  });
});

describe("the stock server's dump", () => {
  it('ends, and is JSON from its first byte', () => {
    const { root, dist } = compiledProject();
    const bin = join(root, 'node_modules/.bin/kong-js-pluginserver');

    const dump = spawnSync(bin, ['-d', join(dist, 'plugin'), '--dump-all-plugins'], {
      encoding: 'utf8',
      timeout: 30_000,
      cwd: folder,
    });

    expect(dump.status).toBe(0);
    expect(JSON.parse(dump.stdout)).toEqual([
      expect.objectContaining({ Name: 'mesh-upstream', Phases: ['access'], Priority: 15 }),
    ]);
  });
});
