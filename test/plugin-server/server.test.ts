import { link, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encode } from '@msgpack/msgpack';

import { toPluginClass } from '../../plugin-server/plugin-class';
import { startPluginServer } from '../../plugin-server/server';
import { RawClient, request } from './support/raw-client';
import * as samplePlugin from './support/sample-plugin';
import { eventually, startSampleServer, type SampleServer } from './support/sample-server';

const event = (id: number, phase = 'access') => ({ InstanceId: id, EventName: phase });
const target = { host: '127.0.0.1', port: 28212 };

describe('events', () => {
  let sample: SampleServer;
  afterEach(() => sample.stop());

  it.each<[string, string, string | undefined]>([
    ['a handler that rejects', 'throw', undefined],
    ['a handler that throws at once', 'sync_throw', undefined],
  ])('turn the request of %s away', async (_name, behaviour) => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour });

    const reply = await client.call('HandleEvent', event(id));

    expect(reply.result.Data.Method).toBe('kong.response.exit');
    expect(reply.result.Data.Args[0]).toBe(503);
    expect(sample.server.counts().events).toBe(0);
    expect(sample.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ code: 'PLUGIN_SERVER_HANDLER_FAILED' }),
      }),
    );
  });

  it('let a request go on whose log handler fails', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'throw_in_log' });

    const reply = await client.call('HandleEvent', event(id, 'log'));

    expect(reply.result.Data).toBe('ret');
  });

  it('answer for a handler that hangs, in time, and let it go', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 50 } });
    const { client, id } = await sample.instance({ behaviour: 'hang' });

    const reply = await client.call('HandleEvent', event(id));

    expect(reply.result.Data.Method).toBe('kong.response.exit');
    expect(sample.server.counts().events).toBe(0);
  });

  it('close the connection instead of answering late', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 60_000, replyWithinMs: 30 } });
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 150, ...target });

    const reply = client.call('HandleEvent', event(id));

    await expect(reply).rejects.toThrow('closed');
    expect(sample.server.counts().events).toBe(0);
  });

  it('drop late calls of a handler that was answered for', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 50 } });
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 200, ...target });

    const reply = await client.call('HandleEvent', event(id));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const next = await client.call('GetStatus');

    expect(reply.result.Data.Method).toBe('kong.response.exit');
    expect(next.result.Pid).toBe(process.pid);
    expect(client.replies).toHaveLength(3);
  });

  it('are swept when Kong leaves them behind', async () => {
    sample = await startSampleServer({ limits: { abandonedMs: 50 } });
    const { client, id } = await sample.instance({ behaviour: 'bad_argument', ...target });

    const { result } = await client.call('HandleEvent', event(id));
    await eventually(() => expect(sample.server.counts().events).toBe(0));
    const late = await client.call('Step', { EventId: result.EventId });

    expect(late.error).toContain('not found');
  });

  it('hold nothing after handlers without a call or with an exit', async () => {
    sample = await startSampleServer();
    const client = await sample.connect();
    for (const behaviour of [
      'none',
      'exit',
      'exit_and_go_on',
      'unsendable',
      'awaits_a_namespace',
    ]) {
      const { id } = await sample.instance({ behaviour }, client);
      for (let n = 0; n < 20; n += 1) {
        let reply = await client.call('HandleEvent', event(id));
        while (
          typeof reply.result.Data === 'object' &&
          reply.result.Data.Method !== 'kong.response.exit'
        ) {
          reply = await client.call('Step', { EventId: reply.result.EventId });
        }
      }
    }

    expect(sample.server.counts().events).toBe(0);
  });

  it('move between connections', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({
      behaviour: 'set_target_then_host',
      value: 'orders.mesh',
      ...target,
    });
    const other = await sample.connect();

    const first = await client.call('HandleEvent', event(id));
    const second = await other.call('Step', { EventId: first.result.EventId });
    const third = await client.call('Step', { EventId: first.result.EventId });

    expect(second.result.Data).toEqual({
      Method: 'kong.service.request.set_header',
      Args: ['Host', 'orders.mesh'],
    });
    expect(third.result.Data).toBe('ret');
  });

  it('run calls that nobody awaits, in order, before they end', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'unawaited', ...target });

    const first = await client.call('HandleEvent', event(id));
    const second = await client.call('Step', { EventId: first.result.EventId });
    const third = await client.call('Step', { EventId: first.result.EventId });

    expect([first, second].map(({ result }) => result.Data.Method)).toEqual([
      'kong.service.request.set_header',
      'kong.service.set_target',
    ]);
    expect(third.result.Data).toBe('ret');
  });

  it('tell a handler of a call that Kong refused', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'set_target', ...target });

    const first = await client.call('HandleEvent', event(id));
    const second = await client.call('StepError', {
      EventId: first.result.EventId,
      Data: 'bad port',
    });

    expect(second.result.Data.Method).toBe('kong.response.exit');
  });

  it('refuse a step that nobody asked for', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 50, ...target });
    const pending = client.send('HandleEvent', event(id));

    const other = await sample.connect();
    const unknown = await other.call('Step', { EventId: 1 });
    const reply = await client.wait(pending);
    const { EventId } = reply.result;
    client.send('Step', { EventId });
    await client.wait(3);
    const twice = await other.call('Step', { EventId });

    expect(unknown.error).toContain('not found');
    expect(twice.error).toContain('not found');
  });

  it('survive a connection that ends while they run', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 50, ...target });
    client.send('HandleEvent', event(id));
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    client.close();

    await eventually(() => expect(sample.server.counts().events).toBe(0));
  });

  it('are answered with the error Kong recovers from when their instance is unknown', async () => {
    sample = await startSampleServer();
    const client = await sample.connect();

    const reply = await client.call('HandleEvent', event(0));

    expect(reply.error).toMatch(/^no plugin instance/);
  });
});

describe('the protocol', () => {
  let sample: SampleServer;
  beforeEach(async () => {
    sample = await startSampleServer();
  });
  afterEach(() => sample.stop());

  it.each([
    'SetPluginDir',
    'InstanceStatus',
    'close',
    'getLogger',
    'constructor',
    '__proto__',
    'loadPlugins',
  ])('does not serve %s', async (method) => {
    const client = await sample.connect();

    const reply = await client.call(method, '/tmp');

    expect(reply.error).toContain('is not served here');
  });

  it('answers two requests in one chunk', async () => {
    const client = await sample.connect();
    const { id } = await sample.instance({ behaviour: 'none' });

    client.socket.write(
      Buffer.concat([request(5, 'HandleEvent', event(id)), request(6, 'GetStatus')]),
    );

    expect((await client.wait(5)).result.Data).toBe('ret');
    expect((await client.wait(6)).result.Pid).toBe(process.pid);
  });

  it.each<[string, Uint8Array]>([
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame that is no request', encode([1, 2, 3, 4])],
    ['a request without parameters', encode([0, 1, 'plugin.GetStatus'])],
  ])('ends the connection that sends %s, and only that', async (_name, bytes) => {
    const good = await sample.connect();
    const bad = await sample.connect();

    bad.socket.write(bytes);
    await bad.untilClosed();

    expect((await good.call('GetStatus')).error).toBeNull();
  });

  it.each<[string, string, unknown]>([
    ['an event without fields', 'HandleEvent', null],
    [
      'an event of a phase there is not',
      'HandleEvent',
      { InstanceId: 'ID', EventName: 'toString' },
    ],
    ['a step without fields', 'Step', 7],
    ['an instance of another plugin', 'StartInstance', { Name: 'other', Config: '{}' }],
    ['an instance with a broken config', 'StartInstance', { Name: 'sample', Config: '{' }],
    ['the end of an unknown instance', 'CloseInstance', 12],
  ])('answers %s with an error', async (_name, method, argument) => {
    const { client, id } = await sample.instance({ behaviour: 'none' });
    const fields = argument as { InstanceId?: unknown } | null;
    const given = fields?.InstanceId === 'ID' ? { ...fields, InstanceId: id } : argument;

    const reply = await client.call(method, given);

    expect(typeof reply.error).toBe('string');
    expect((await client.call('GetStatus')).error).toBeNull();
  });

  it('closes an instance when Kong does', async () => {
    const { client, id } = await sample.instance({ behaviour: 'none' });

    const closed = await client.call('CloseInstance', id);
    const after = await client.call('HandleEvent', event(id));

    expect(closed.result).toMatchObject({ Name: 'sample', Id: id });
    expect(after.error).toMatch(/^no plugin instance/);
  });
});

describe('the socket', () => {
  let folder: string;
  let socket: string;
  const log = { write: () => undefined, limited: () => undefined };
  const plugins = [toPluginClass(samplePlugin, 'sample')];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugin-socket-'));
    socket = join(folder, 'sample.socket');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is open to owner and group, whatever the umask', async () => {
    const umask = process.umask(0);
    const server = await startPluginServer({ socket, plugins, log });
    const { mode } = await stat(socket);
    process.umask(umask);
    await server.close(0);

    expect((mode & 0o777).toString(8)).toBe('660');
  });

  it('is not taken from a server that lives', async () => {
    const first = await startPluginServer({ socket, plugins, log });

    const second = startPluginServer({ socket, plugins, log });

    await expect(second).rejects.toMatchObject({ code: 'PLUGIN_SERVER_SOCKET_IN_USE' });
    const client = await RawClient.open(socket);
    expect((await client.call('GetStatus')).error).toBeNull();
    client.close();
    await first.close(0);
  });

  it('is taken over from a server that was killed', async () => {
    // A socket file that nobody listens on: what kill -9 leaves behind.
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(`${socket}.live`, resolve));
    // A second name, since the end of its server removes only the first.
    await link(`${socket}.live`, socket);
    await new Promise((resolve) => dead.close(resolve));

    const server = await startPluginServer({ socket, plugins, log });

    const client = await RawClient.open(socket);
    expect((await client.call('GetStatus')).error).toBeNull();
    client.close();
    await server.close(0);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['a file', (path) => writeFile(path, 'precious')],
    ['a link', (path) => symlink('/nonexistent', path)],
  ])('is not put in the place of %s', async (_name, make) => {
    await make(socket);

    const server = startPluginServer({ socket, plugins, log });

    await expect(server).rejects.toMatchObject({ code: 'PLUGIN_SERVER_SOCKET_BLOCKED' });
  });

  it('is an error the user can act on where its folder does not exist', async () => {
    const server = startPluginServer({ socket: join(folder, 'none', 'a.socket'), plugins, log });

    await expect(server).rejects.toMatchObject({ code: 'PLUGIN_SERVER_SOCKET_BLOCKED' });
  });

  it('goes away with the server', async () => {
    const server = await startPluginServer({ socket, plugins, log });

    await server.close(0);

    await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('closing', () => {
  it('lets running requests end', async () => {
    const sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 200, ...target });
    const pending = client.send('HandleEvent', event(id));
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    const closing = sample.server.close(5_000);
    const first = await client.wait(pending);
    const second = await client.call('Step', { EventId: first.result.EventId });
    await closing;

    expect(first.result.Data.Method).toBe('kong.service.set_target');
    expect(second.result.Data).toBe('ret');
    await client.untilClosed();
    await sample.stop();
  });

  it('does not wait for ever', async () => {
    const sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'hang' });
    client.send('HandleEvent', event(id));
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    await sample.server.close(50);

    await client.untilClosed();
    expect(sample.server.counts()).toMatchObject({ events: 0, connections: 0 });
    await sample.stop();
  });
});
