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

import { encodeFields } from '../../sandbox/gateway/plugin-client/protobuf/wire';
import { command, framed, RawClient, rpcCall } from '../plugin-server/support/raw-client';
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
  const names = await client.names();
  client.close();
  return names;
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
  await expect(answers()).resolves.toEqual(['mesh-upstream']);
});

describe('who is in the group', () => {
  it('is refused what the stock server would do: load code, end itself, list what there is', async () => {
    const client = await RawClient.open(server.socket);
    const config = { service: 'orders', snapshot: '/nowhere', __key__: 'k', note: secret };
    const id = await client.start('mesh-upstream', config);
    const unused = { 'an instance by its id': 34, 'a kind that there is not': 37, 'no kind': 2 };
    for (const field of Object.values(unused)) {
      const mine = await RawClient.open(server.socket);
      await expect(mine.call(field, [[1, id]])).rejects.toThrow('closed');
    }

    const mine = await RawClient.open(server.socket);
    const info = await mine.call(command.info, [[1, 'mesh-upstream']]);
    const { calls } = await mine.event(id);

    const told = JSON.stringify([info.all.map(([, value]) => value.toString()), calls]);
    expect(told).toContain('no-snapshot');
    expect(told).not.toContain(secret);
    expect(server.stdout() + server.stderr()).not.toContain(secret);
    client.close();
    mine.close();
  });

  it('reaches no other instance by guessing its number from his own', async () => {
    const client = await RawClient.open(server.socket);
    const id = await client.start('mesh-upstream', { service: 'orders', snapshot: '/nowhere' });
    client.close();

    for (const guess of [0, 1, 2, id + 1_000_000, 2 ** 31 - 1, 2 ** 32 + 1]) {
      const mine = await RawClient.open(server.socket);
      expect((await mine.event(guess)).end).toMatch(/no plugin instance/);
    }
  });

  it.each<[string, () => readonly Buffer[]]>([
    ['an HTTP request', () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
    ['noise', () => Array.from({ length: 20 }, () => randomBytes(5_000))],
    ['a frame that says it is 4 GB long', () => [Buffer.alloc(8, 255)]],
    ['a frame of the largest size, never sent', () => [Buffer.from([0, 0, 0, 4])]],
    ['messages within messages', () => [framed(Buffer.alloc(100_000, 0xa2))]],
    [
      'an answer in place of a call',
      () => [
        framed(
          encodeFields([
            [1, 1],
            [33, Buffer.alloc(0)],
          ]),
        ),
      ],
    ],
    ['a request in MsgPack', () => [Buffer.from(encode([0, 1, 'plugin.GetStatus', [0]]))]],
    ['a reply to no call', () => [framed(Buffer.alloc(0))]],
    ['half a call, and then nothing', () => [rpcCall(1, command.names, []).subarray(0, 5)]],
  ])('does not end it with %s', async (_what, chunks) => {
    const client = await RawClient.open(server.socket);
    for (const chunk of chunks()) if (!client.closed) client.socket.write(chunk);
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.close();

    await expect(answers()).resolves.toEqual(['mesh-upstream']);
  });

  it('does not shut out Kong with connections that say nothing', async () => {
    const silent = await Promise.all(
      Array.from({ length: 300 }, () => RawClient.open(server.socket)),
    );

    await expect(answers()).resolves.toEqual(['mesh-upstream']);

    silent.forEach((client) => client.close());
  });

  it('does not fill its memory by asking and never reading', async () => {
    const client = await RawClient.open(server.socket);
    client.socket.pause();
    const name = 'x'.repeat(1_000);
    const question = Buffer.concat(
      Array.from({ length: 1_000 }, () =>
        rpcCall(1, command.info, [
          [1, 'mesh-upstream'],
          [2, name],
        ]),
      ),
    );
    for (let index = 0; index < 150 && !client.socket.destroyed; index += 1) {
      if (!client.socket.write(question)) {
        await Promise.race([
          once(client.socket, 'drain').catch(() => undefined),
          new Promise((resolve) => setTimeout(resolve, 200)),
        ]);
      }
      if (client.socket.writableLength > 20_000_000) break;
    }

    await expect(answers()).resolves.toEqual(['mesh-upstream']);
    client.close();
  });

  it('still finds the same server in the end', async () => {
    await expect(answers()).resolves.toEqual(['mesh-upstream']);
    expect(server.stderr().match(/"listening"/g)).toHaveLength(1);
    expect(server.stderr()).not.toMatch(/uncaught|unhandled/i);
  });
});
