/**
 * Another local user at the plugin server's socket: whoever may not open it gets nothing; whoever may can
 * ask what Kong asks, and neither end the server nor read what others configured.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';

import { encode } from '@msgpack/msgpack';

import { RawClient, request, type Reply } from '../plugin-server/support/raw-client';
import { startServerProcess, type ServerProcess } from '../plugin-server/support/server-process';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const nobody = 65_534;
const secret = 'canary-of-config-31337';

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'socket-'));
  server = await startServerProcess('own', folder);
});
afterAll(async () => {
  await server.stop('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

/** Kong's own question on a fresh connection. */
async function answers(): Promise<unknown> {
  const client = await RawClient.open(server.socket);
  const { result } = await client.call('GetStatus');
  client.close();
  return (result as { Pid: unknown }).Pid;
}

asRoot('a user outside of the group cannot open it', async () => {
  await chmod(folder, 0o755);
  const script = `require('net').connect(${JSON.stringify(server.socket)})
    .on('connect', () => { console.log('connected'); process.exit(); })
    .on('error', (error) => console.log(error.code))`;

  const other = spawnSync(process.execPath, ['-e', script], {
    uid: nobody,
    gid: nobody,
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: process.env['PATH'] },
  });

  expect(other.stdout.trim()).toBe('EACCES');
  await expect(answers()).resolves.toEqual(expect.any(Number));
});

describe('who is in the group', () => {
  it('is refused what the stock server would do: load code, end itself, list what there is', async () => {
    const client = await RawClient.open(server.socket);
    const config = { service: 'orders', snapshot: '/nowhere', __key__: 'k', note: secret };
    await client.call('StartInstance', { Name: 'mesh-upstream', Config: JSON.stringify(config) });
    const mine = await RawClient.open(server.socket);

    const methods = [
      'SetPluginDir',
      'GetPlugins',
      'GetPluginInfo',
      'InstanceStatus',
      'close',
      'exit',
      'constructor',
      'StartInstance',
    ];
    const replies: Reply[] = [];
    for (const method of methods) {
      replies.push(await mine.call(method, method === 'StartInstance' ? {} : '/tmp'));
    }

    expect(replies.map(({ error }) => typeof error)).toEqual(methods.map(() => 'string'));
    const status = await mine.call('GetStatus');
    expect(JSON.stringify([replies, status])).not.toContain(secret);
    expect(server.stdout() + server.stderr()).not.toContain(secret);
    client.close();
    mine.close();
  });

  it('reaches no other instance by guessing its number from his own', async () => {
    const client = await RawClient.open(server.socket);
    const start = async (key: string) => {
      const Config = JSON.stringify({ service: 'orders', snapshot: '/nowhere', __key__: key });
      return (await client.call('StartInstance', { Name: 'mesh-upstream', Config })).result.Id;
    };
    const id = (await start('a')) as number;

    const guesses = [0, 1, 2, id + 1_000_000, -id, id + 0.5, String(id), null, { id }];
    for (const InstanceId of guesses) {
      const { error } = await client.call('HandleEvent', { InstanceId, EventName: 'access' });
      expect(String(error)).toMatch(/^no plugin instance/);
    }
    client.close();
  });

  it.each<[string, () => readonly Buffer[]]>([
    ['an HTTP request', () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['noise', () => Array.from({ length: 20 }, () => randomBytes(5_000))],
    [
      'a frame that says it is 4 GB long',
      () => [Buffer.from([0x94, 0, 1, 0xdb, 255, 255, 255, 255])],
    ],
    ['a list of 4 billion entries', () => [Buffer.from([0xdd, 255, 255, 255, 255])]],
    ['lists within lists', () => [Buffer.alloc(100_000, 0x91)]],
    ['a reply in place of a request', () => [Buffer.from(encode([1, 1, null, null]))]],
    ['a step of no event', () => [request(1, 'Step', { EventId: 1, Data: 1 })]],
    [
      'a thousand notifications',
      () => [Buffer.concat(Array(1000).fill(Buffer.from(encode([2, 'x', []]))))],
    ],
    ['half a request, and then nothing', () => [request(1, 'GetStatus').subarray(0, 5)]],
  ])('does not end it with %s', async (_what, chunks) => {
    const client = await RawClient.open(server.socket);
    for (const chunk of chunks()) if (!client.closed) client.socket.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.close();

    await expect(answers()).resolves.toEqual(expect.any(Number));
  });

  it('does not shut out Kong with connections that say nothing', async () => {
    const silent = await Promise.all(
      Array.from({ length: 300 }, () => RawClient.open(server.socket)),
    );

    await expect(answers()).resolves.toEqual(expect.any(Number));

    silent.forEach((client) => client.close());
  });

  it('does not fill its memory by asking and never reading', async () => {
    const client = await RawClient.open(server.socket);
    client.socket.pause();
    const big = 'x'.repeat(1_000_000);
    const Config = JSON.stringify({ service: 'orders', snapshot: '/nowhere', note: big });
    const question = request(1, 'StartInstance', { Name: 'mesh-upstream', Config });
    for (let index = 0; index < 150 && !client.socket.destroyed; index += 1) {
      if (!client.socket.write(question)) {
        await Promise.race([
          once(client.socket, 'drain').catch(() => undefined),
          new Promise((resolve) => setTimeout(resolve, 200)),
        ]);
      }
      if (client.socket.writableLength > 20_000_000) break;
    }

    await expect(answers()).resolves.toEqual(expect.any(Number));
    client.close();
  });

  it('still finds the same server in the end', async () => {
    const first = await answers();

    expect(await answers()).toBe(first);
    expect(server.stderr()).not.toMatch(/uncaught|unhandled/i);
  });
});
