import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeSnapshot } from '../../catalog/snapshot';
import { listenOnInherited, takeInheritedSocket } from '../../plugin-server/inherited-socket';
import { bindSocket, type BoundSocket } from '../../sandbox/bound-socket';
import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import { serviceOf, snapshotOf } from '../plugin/support/snapshot-of';
import { compiledProject } from './support/compiled';
import { command, RawClient } from './support/raw-client';

jest.setTimeout(60_000);

describe('what a supervisor says', () => {
  it.each([
    ['nothing', {}, undefined],
    [
      'one socket for this process',
      { LISTEN_PID: '42', LISTEN_FDS: '1' },
      { fd: 3, supervised: false },
    ],
    ['one for another process', { LISTEN_PID: '41', LISTEN_FDS: '1' }, undefined],
    ['none', { LISTEN_PID: '42', LISTEN_FDS: '0' }, undefined],
    ['one, by our own parent', { KONG_MESHD_SUPERVISED_FD: '3' }, { fd: 3, supervised: true }],
  ])('is %s', (_what, env, expected) => {
    expect(takeInheritedSocket({ ...env }, 42)).toEqual(expected);
  });

  it('is refused where it is more than one socket', () => {
    const env = { LISTEN_PID: '42', LISTEN_FDS: '2' };

    expect(() => takeInheritedSocket(env, 42)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_SERVER_SOCKETS_MANY' }),
    );
  });

  it('is not told to what is started from here', () => {
    const ours = { KONG_MESHD_SUPERVISED_FD: '3' };
    const env = { LISTEN_PID: '42', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', PATH: '/bin', ...ours };

    takeInheritedSocket(env, 42);

    expect(env).toEqual({ PATH: '/bin' });
  });
});

it('says so where the descriptor is none', async () => {
  await expect(listenOnInherited(createServer(), 9_999, '/run/x.socket')).rejects.toMatchObject({
    code: 'PLUGIN_SERVER_SOCKET_BLOCKED',
  });
});

describe('a parent that holds the socket', () => {
  let folder: string;
  let path: string;
  let parent: Child;

  beforeAll(() => void compiledProject(), 180_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'supervised-'));
    path = join(folder, 'kong.socket');
    const cli = join(compiledProject().dist, 'daemon/cli/main.js');
    parent = startNode([cli, 'plugin-server', '--supervise', '--socket', path]);
    await listening(1);
  });
  afterEach(async () => {
    await parent.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const pids = (): readonly number[] =>
    [...parent.stderr.matchAll(/"pid":(\d+),"msg":"listening"/g)].map(([, pid]) => Number(pid));
  const listening = (servers: number) =>
    eventually('it listens', () => pids().length >= servers || undefined, 30_000);

  it.each<[string, (server: number) => void]>([
    ['is killed', (server) => process.kill(server, 'SIGKILL')],
    ['is replaced', () => parent.kill('SIGHUP')],
  ])('starts the next server when one %s; who connects meanwhile is served', async (_how, end) => {
    const before = await RawClient.open(path);
    expect(await before.names()).toEqual(['mesh-upstream']);

    end(pids()[0]!);
    await before.untilClosed();
    before.close();
    const client = await RawClient.open(path);

    expect(await client.names()).toEqual(['mesh-upstream']);
    await listening(2);
    client.close();
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('660');
  });

  it('lets a server finish what it answers, however often it is told to be replaced', async () => {
    const client = await RawClient.open(path);
    const snapshot = join(folder, 'catalog.json');
    await writeSnapshot(snapshot, snapshotOf([serviceOf('orders')]));
    const config = { service: 'orders', host_header: 'preserve', snapshot };
    const id = await client.start('mesh-upstream', config);
    client.send(command.event, [
      [1, id],
      [2, 'access'],
    ]);
    expect(String(await client.frame())).toBe('kong.request.get_header');
    await client.frame();

    for (const times of [1, 2, 3]) {
      parent.kill('SIGHUP');
      const heard = () => parent.stderr.split('SIGHUP').length > times || undefined;
      await eventually('it is told', heard, 10_000);
      // For the server to have heard of it.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    client.reply(Buffer.from([0x0a, 1, 0x61]));

    expect(String(await client.frame())).toBe('kong.service.set_target');
    client.close();
    await listening(2);
  });

  it('closes what a killed server has not read, where the kernel alone would reset it', async () => {
    const [server = 0] = pids();
    const client = await RawClient.open(path);
    const problems: Error[] = [];
    client.socket.on('error', (error) => problems.push(error));
    await client.names();

    process.kill(server, 'SIGSTOP');
    const answer = client.names();
    process.kill(server, 'SIGKILL');

    // By this word Kong asks again; a reset would be a 500 for the client.
    await expect(answer).rejects.toThrow('closed');
    await listening(2);
    client.send(command.names, []);
    client.socket.end();
    await once(client.socket, 'close');
    expect(problems).toEqual([]);
  });

  it('keeps nothing of a connection that Kong or the server has closed', async () => {
    const descriptors = async (): Promise<number> =>
      (await readdir(`/proc/${String(parent.pid)}/fd`)).length;
    const before = await descriptors();
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(path)));
    await Promise.all(clients.map((client) => client.names()));
    const held = async () => (await descriptors()) >= before + 20 || undefined;
    await eventually('all are held', held, 10_000);

    for (const client of clients.slice(0, 10)) client.close();
    // Not the protocol: the server destroys these.
    for (const client of clients.slice(10)) client.socket.write(Buffer.alloc(64, 0xff));

    await Promise.all(clients.map((client) => client.untilClosed()));
    const free = async () => (await descriptors()) <= before || undefined;
    await eventually('all are let go of', free, 10_000);
  });

  it('ends with its server, and takes the socket with it', async () => {
    const [server = 0] = pids();

    await parent.stop();

    expect(await parent.exited).toBe(0);
    expect(() => process.kill(server, 0)).toThrow('ESRCH');
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves no server behind when it is killed itself', async () => {
    const [server = 0] = pids();

    parent.kill('SIGKILL');
    await parent.exited;

    await eventually('the server is gone', () => isGone(server) || undefined, 10_000);
  });
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

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

  it('is held by a parent as well, which takes the socket over and leaves it where it is', async () => {
    const cli = join(compiledProject().dist, 'daemon/cli/main.js');
    const args = [cli, 'plugin-server', '--supervise', '--socket', path];
    const parent = startNode(args, { socket: bound.fd });
    running.push(parent);
    const pid = () => Number(/"pid":(\d+),"msg":"listening"/.exec(parent.stderr)?.[1]) || undefined;
    const server = await eventually('it listens', pid, 30_000);
    const client = await RawClient.open(path);
    await client.names();

    process.kill(server, 'SIGSTOP');
    const answer = client.names();
    process.kill(server, 'SIGKILL');

    await expect(answer).rejects.toThrow('closed');
    client.close();
    const next = await RawClient.open(path);
    expect(await next.names()).toEqual(['mesh-upstream']);
    next.close();
    await parent.stop();
    expect(await parent.exited).toBe(0);
    expect((await stat(path)).isSocket()).toBe(true);
  });

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

  it('hands events on its connections to the next one when it ends in order', async () => {
    const first = await start();
    const client = await RawClient.open(path);
    const snapshot = join(folder, 'catalog.json');
    await writeSnapshot(snapshot, snapshotOf([serviceOf('orders')]));
    const id = await client.start('mesh-upstream', { service: 'orders', snapshot });

    const ended = first.stop();
    let told = await client.event(id);
    while (told.end === 'returned') told = await client.event(id);

    // By either Kong gives the connection up and asks again, on one that the next server gets.
    expect(told.end).toMatch(/no plugin instance|closed/);
    client.close();
    await ended;
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
