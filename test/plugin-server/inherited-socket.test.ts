import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { listenOnInherited, takeInheritedSocket } from '../../plugin-server/inherited-socket';
import { bindSocket, type BoundSocket } from '../../sandbox/bound-socket';
import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import { compiledProject } from './support/compiled';
import { RawClient } from './support/raw-client';

jest.setTimeout(60_000);

describe('what a supervisor says', () => {
  it.each([
    ['nothing', {}, undefined],
    ['one socket for this process', { LISTEN_PID: '42', LISTEN_FDS: '1' }, 3],
    ['one for another process', { LISTEN_PID: '41', LISTEN_FDS: '1' }, undefined],
    ['none', { LISTEN_PID: '42', LISTEN_FDS: '0' }, undefined],
  ])('is %s', (_what, env, expected) => {
    expect(takeInheritedSocket({ ...env }, 42)).toBe(expected);
  });

  it('is refused where it is more than one socket', () => {
    const env = { LISTEN_PID: '42', LISTEN_FDS: '2' };

    expect(() => takeInheritedSocket(env, 42)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_SERVER_SOCKETS_MANY' }),
    );
  });

  it('is not told to what is started from here', () => {
    const env = { LISTEN_PID: '42', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', PATH: '/bin' };

    takeInheritedSocket(env, 42);

    expect(env).toEqual({ PATH: '/bin' });
  });
});

it('says so where the descriptor is none', async () => {
  await expect(listenOnInherited(createServer(), 9_999, '/run/x.socket')).rejects.toMatchObject({
    code: 'PLUGIN_SERVER_SOCKET_BLOCKED',
  });
});

describe('a server on a socket that is not its own', () => {
  let folder: string;
  let bound: BoundSocket;
  let path: string;
  const running: Child[] = [];

  beforeAll(() => void compiledProject(), 180_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inherited-'));
    path = join(folder, 'kong.socket');
    bound = bindSocket(path);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.stop()));
    bound.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<Child> {
    const cli = join(compiledProject().dist, 'daemon/cli/main.js');
    const child = startNode([cli, 'plugin-server', '--socket', path], { socket: bound.fd });
    running.push(child);
    await eventually('it listens', () => child.stderr.includes('"listening"') || undefined, 30_000);
    return child;
  }

  it('leaves the connections that come while it is dead to the next one', async () => {
    const first = await start();
    first.kill('SIGKILL');
    await first.exited;
    const client = await RawClient.open(path);
    const waiting = client.names();

    await start();

    // It is an answer on a connection that was there before the server.
    await expect(waiting).resolves.toEqual(['mesh-upstream']);
    client.socket.destroy();
  });

  it('ends in order, and leaves the socket where it is', async () => {
    const first = await start();
    await first.stop();

    expect(await first.exited).toBe(0);
    await start();
    const client = await RawClient.open(path);
    await expect(client.names()).resolves.toEqual(['mesh-upstream']);
    client.socket.destroy();
  });
});
