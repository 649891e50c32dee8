import { link, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encode } from '@msgpack/msgpack';

import { createCommands } from '../../plugin-server/commands';
import { createCounters } from '../../plugin-server/counters';
import { createEvents } from '../../plugin-server/events';
import { createInstances } from '../../plugin-server/instances';
import type { PreparedAnswer } from '../../plugin-server/event-end';
import { toPluginClass } from '../../plugin-server/plugin-class';
import { startPluginServer } from '../../plugin-server/server';
import {
  DecodedMessage,
  encodeFields,
  type Field,
} from '../../sandbox/gateway/plugin-client/protobuf/wire';
import { command, framed, RawClient, rpcCall, type EventEnd } from './support/raw-client';
import * as samplePlugin from './support/sample-plugin';
import { eventually, startSampleServer, type SampleServer } from './support/sample-server';

const target = { host: '127.0.0.1', port: 28212 };

describe('events', () => {
  let sample: SampleServer;
  afterEach(() => sample.stop());

  const turnedAway = (end: EventEnd) => {
    expect(end).toMatchObject({
      end: 'exit',
      calls: [
        [
          'kong.response.exit',
          503,
          expect.any(String),
          expect.objectContaining({
            'X-Plugin-Failed': 'sample',
            'Content-Type': 'application/json; charset=utf-8',
          }),
        ],
      ],
    });
    expect(JSON.parse(end.calls[0]![2] as string)).toMatchObject({ plugin: 'sample' });
  };

  it.each<[string, string]>([
    ['a handler that rejects', 'throw'],
    ['a handler that throws at once', 'sync_throw'],
    ['a handler that calls what the protocol does not have', 'unknown_method'],
    ['a handler that gives a port as text', 'bad_argument'],
  ])('turn the request of %s away', async (_name, behaviour) => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour, ...target });

    turnedAway(await client.event(id));

    expect(sample.server.counts().events).toBe(0);
    expect(sample.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ code: 'PLUGIN_SERVER_HANDLER_FAILED' }),
      }),
    );
  });

  it('turn a request away after the calls that its handler made before it failed', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'set_target_then_throw', ...target });

    const { calls } = await client.event(id);

    expect(calls.map(([name]) => name)).toEqual(['kong.service.set_target', 'kong.response.exit']);
  });

  it('let a request go on whose log handler fails', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'throw_in_log' });

    expect(await client.event(id, 'log')).toMatchObject({ calls: [], end: 'returned' });
  });

  it('answer for a phase that the plugin does not have', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'none' });

    expect(await client.event(id, 'preread')).toMatchObject({ calls: [], end: 'returned' });
    expect(await client.event(id, 'toString')).toMatchObject({ calls: [], end: 'returned' });
  });

  it('answer for a handler that hangs, in time, and let it go', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 50 } });
    const { client, id } = await sample.instance({ behaviour: 'hang' });

    turnedAway(await client.event(id));
    expect(sample.server.counts().events).toBe(0);
  });

  it('drop late calls of a handler that was answered for', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 50 } });
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 200, ...target });

    turnedAway(await client.event(id));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { id: other } = await sample.instance({ behaviour: 'none' });

    const next = await sample.connect();
    expect(await next.event(other)).toMatchObject({ calls: [], end: 'returned' });
  });

  it('are swept, with their connection, when Kong leaves them behind', async () => {
    sample = await startSampleServer({ limits: { abandonedMs: 50 } });
    const { client, id } = await sample.instance({
      behaviour: 'header_then_set_target',
      ...target,
    });
    client.send(command.event, [
      [1, id],
      [2, 'access'],
    ]);
    expect((await client.frame()).toString()).toBe('kong.request.get_header');

    await client.untilClosed();

    expect(sample.server.counts().events).toBe(0);
  });

  it('hold nothing after handlers without a call or with an exit', async () => {
    sample = await startSampleServer();
    for (const behaviour of [
      'none',
      'exit',
      'exit_and_go_on',
      'unsendable',
      'awaits_a_namespace',
    ]) {
      const { client, id } = await sample.instance({ behaviour });
      for (let n = 0; n < 20; n += 1) await client.event(id);
    }

    expect(sample.server.counts().events).toBe(0);
  });

  it('write calls without a result ahead: one round trip for all of them', async () => {
    sample = await startSampleServer();
    const config = { behaviour: 'set_target_then_host', value: 'orders.mesh', ...target };
    const { client, id } = await sample.instance(config);

    expect(await client.event(id)).toEqual({
      calls: [
        ['kong.service.set_target', '127.0.0.1', 28212],
        ['kong.service.request.set_header', 'Host', 'orders.mesh'],
      ],
      roundTrips: 1,
      end: 'returned',
    });
  });

  it('wait for a result, and take its reply for no other call', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({
      behaviour: 'header_then_set_target',
      ...target,
    });
    const results = { 'kong.request.get_header': 'acme' };

    for (let n = 0; n < 3; n += 1) {
      expect(await client.event(id, 'access', results)).toEqual({
        calls: [
          ['kong.request.get_header', 'x-tenant'],
          ['kong.service.set_target', '127.0.0.1', 28212],
          ['kong.service.request.set_header', 'x-seen-tenant', 'acme'],
        ],
        roundTrips: 2,
        end: 'returned',
      });
    }
  });

  it('give an absent result as undefined', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({
      behaviour: 'header_then_set_target',
      ...target,
    });

    const { calls } = await client.event(id);

    expect(calls.at(-1)).toEqual(['kong.service.request.set_header', 'x-seen-tenant', 'undefined']);
  });

  it('run calls that nobody awaits, in order, before they end', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'unawaited', ...target });

    expect((await client.event(id)).calls.map(([name]) => name)).toEqual([
      'kong.service.request.set_header',
      'kong.service.set_target',
    ]);
  });

  it('exit with text as it is, and without a body where there is none', async () => {
    sample = await startSampleServer();
    const text = await sample.instance({ behaviour: 'exit_text' });
    const bare = await sample.instance({ behaviour: 'exit_status_only' });
    const headers = await sample.instance({ behaviour: 'exit_null_body' });

    expect((await text.client.event(text.id)).calls).toEqual([
      ['kong.response.exit', 403, 'forbidden by sample', { 'Content-Type': 'text/plain' }],
    ]);
    expect((await bare.client.event(bare.id)).calls).toEqual([['kong.response.exit', 429, '', {}]]);
    expect((await headers.client.event(headers.id)).calls).toEqual([
      ['kong.response.exit', 503, '', { 'X-Reason': 'sample' }],
    ]);
  });

  it('survive a connection that ends while they run', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 50, ...target });
    client.send(command.event, [
      [1, id],
      [2, 'access'],
    ]);
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    client.close();

    await eventually(() => expect(sample.server.counts().events).toBe(0));
  });

  it('are answered with the text that Kong recovers from when their instance is unknown', async () => {
    sample = await startSampleServer();
    const client = await sample.connect();

    expect((await client.event(7)).end).toBe('method "no plugin instance 7" not found');
    await client.untilClosed();
  });
});

describe('an answer that the plugin has prepared', () => {
  let sample: SampleServer;
  afterEach(() => sample.stop());

  /** A plugin with a prepared answer, which a test may replace. */
  const start = async (first: PreparedAnswer | undefined | Error) => {
    const plugin = { prepared: first, asked: 0 };
    const preparing = {
      ...samplePlugin,
      Plugin: class {
        access(kong: any): unknown {
          plugin.asked += 1;
          return kong.service.setTarget('127.0.0.9', 9);
        }
        prepared(): PreparedAnswer | undefined {
          if (plugin.prepared instanceof Error) throw plugin.prepared;
          return plugin.prepared;
        }
      },
    };
    sample = await startSampleServer({ plugins: [toPluginClass(preparing, 'sample')] });
    return { plugin, ...(await sample.instance({})) };
  };
  const toPort = (port: unknown, count = () => undefined): PreparedAnswer => ({
    calls: [{ method: 'kong.service.set_target', args: ['127.0.0.1', port] }],
    count,
  });

  it('is sent without its handler, counted, and bears the number of each event', async () => {
    let counted = 0;
    const { client, id, plugin } = await start(toPort(1, () => void (counted += 1)));

    // The number grows by a byte on the way.
    for (let n = 0; n < 140; n += 1) {
      const calls = [['kong.service.set_target', '127.0.0.1', 1]];
      expect(await client.event(id)).toEqual({ calls, roundTrips: 1, end: 'returned' });
    }
    expect([counted, plugin.asked]).toEqual([140, 0]);
    expect(sample.server.counters).toMatchObject({ events: 140, pdkCalls: 140 });
  });

  it('is another one as soon as the plugin says so', async () => {
    const { client, id, plugin } = await start(toPort(1));
    await client.event(id);

    plugin.prepared = toPort(2);

    expect((await client.event(id)).calls).toEqual([['kong.service.set_target', '127.0.0.1', 2]]);
  });

  it.each<[string, PreparedAnswer | undefined | Error]>([
    ['is none', undefined],
    ['cannot be sent', toPort('80')],
    ['cannot be had', new Error('broken')],
  ])('leaves the request to the handler where it %s', async (_what, prepared) => {
    const { client, id, plugin } = await start(prepared);

    expect((await client.event(id)).calls).toEqual([['kong.service.set_target', '127.0.0.9', 9]]);
    expect(plugin.asked).toBe(1);
  });
});

describe('the protocol', () => {
  let sample: SampleServer;
  beforeEach(async () => {
    sample = await startSampleServer({ snapshots: () => [{ file: '/s.json', hash: 'abc' }] });
  });
  afterEach(() => sample.stop());

  it('says what it serves, in which version, and by which snapshot', async () => {
    const client = await sample.connect();

    const info = (await client.call(command.info, [[1, 'sample']])).message(32);
    const none = await client.call(command.info, [[1, 'other']]);

    expect(await client.names()).toEqual(['sample']);
    expect([info.text(1), info.text(5), info.number(6)]).toEqual(['sample', '1.0.0', 15]);
    expect([info.message(1001).text(1), info.message(1001).text(2)]).toEqual(['/s.json', 'abc']);
    expect(none.has(32)).toBe(false);
  });

  it('takes the next event in one chunk with the replies to the last one', async () => {
    const { client, id } = await sample.instance({ behaviour: 'set_target', ...target });
    const event: Field[] = [
      [1, id],
      [2, 'access'],
    ];
    client.send(command.event, event);
    for (let frames = 0; frames < 4; frames += 1) await client.frame();

    client.socket.write(
      Buffer.concat([framed(Buffer.alloc(0)), rpcCall(77, command.event, event)]),
    );

    expect((await client.frame()).toString()).toBe('kong.service.set_target');
  });

  it('does not care how the bytes are cut', async () => {
    const { client, id } = await sample.instance({ behaviour: 'none' });
    for (const byte of rpcCall(500, command.event, [
      [1, id],
      [2, 'access'],
    ])) {
      client.socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }

    expect((await client.frame()).length).toBe(0);
    expect(new DecodedMessage(await client.frame()).number(1)).toBe(500);
  });

  it.each<[string, Uint8Array, string]>([
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'too large'],
    ['a call of no kind', framed(encodeFields([[1, 1]])), 'no known kind'],
    ['a frame that is no message', framed(Buffer.from([0xff, 0xff])), 'is no RpcCall'],
    [
      'two events at once, of which the first is still running',
      Buffer.alloc(0),
      'before the last one is answered',
    ],
  ])('ends the connection that sends %s, and only that', async (_name, bytes, cause) => {
    const good = await sample.connect();
    const { client: bad, id } = await sample.instance({ behaviour: 'hang' });
    const event = rpcCall(9, command.event, [
      [1, id],
      [2, 'access'],
    ]);

    bad.socket.write(bytes.length > 0 ? bytes : Buffer.concat([event, event]));
    await bad.untilClosed();

    expect(await good.names()).toEqual(['sample']);
    expect(sample.lines).toContainEqual(
      expect.objectContaining({ fields: { cause: expect.stringContaining(cause) } }),
    );
  });

  it('tells a Kong that speaks MsgPack why, and what to do', async () => {
    const client = await sample.connect();

    client.socket.write(encode([0, 1, 'plugin.HandleEvent', [{ InstanceId: 1 }]]));
    await client.untilClosed();

    expect(sample.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: {
          code: 'PLUGIN_SERVER_OTHER_PROTOCOL',
          remedy: expect.stringContaining('plugin-info'),
        },
      }),
    );
  });

  it.each<[string, string, string]>([
    ['an instance of another plugin', 'other', '{}'],
    ['an instance with a broken config', 'sample', '{ "secret": "canary'],
    ['an instance whose constructor throws', 'sample', '{ "behaviour": "constructor_throw" }'],
  ])(
    'refuses %s by closing: nothing else ends the start in Kong',
    async (_name, plugin, config) => {
      const client = await sample.connect();

      await expect(client.start(plugin, config)).rejects.toThrow('closed');

      const lines = JSON.stringify(sample.lines);
      expect(lines).toContain('PLUGIN_SERVER_INSTANCE_REFUSED');
      expect(lines).not.toContain('canary');
    },
  );

  it('closes an instance when Kong does, and takes an unknown one for closed', async () => {
    const { client, id } = await sample.instance({ behaviour: 'none' });

    await client.call(command.close, [[1, id]]);
    await client.call(command.close, [[1, 12]]);

    expect((await client.event(id)).end).toContain('no plugin instance');
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
    expect(await client.names()).toEqual(['sample']);
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
    expect(await client.names()).toEqual(['sample']);
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
  it.each([
    [true, 'retry'],
    [false, 'event'],
  ])(
    'where it hands over (%s), an event of a known instance is a case of %s',
    (handsOver, kind) => {
      const log = { write: () => undefined, limited: () => undefined };
      const counters = createCounters();
      const instances = createInstances();
      const limits = { handlerMs: 1_000, abandonedMs: 1_000 };
      const events = createEvents(limits, log, counters);
      const parts = { instances, events, log, counters, classes: new Map(), snapshots: () => [] };
      const { id } = instances.start(
        toPluginClass(samplePlugin, 'sample'),
        { behaviour: 'none' },
        0,
      );
      const channel = { write: () => undefined, ended: () => undefined, drop: () => undefined };

      const answer = createCommands({ ...parts, handsOver: () => handsOver }).handle(
        { sequence: 1, cmd_handle_event: { instance_id: id, event_name: 'access' } },
        channel,
      );

      expect(answer.kind).toBe(kind);
      expect(counters.refused).toBe(0);
    },
  );

  it('lets running requests end', async () => {
    const sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'slow', delay_ms: 200, ...target });
    const pending = client.event(id);
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    const closing = sample.server.close(5_000);

    expect(await pending).toMatchObject({
      calls: [['kong.service.set_target', '127.0.0.1', 28212]],
      end: 'returned',
    });
    await client.untilClosed();
    client.close();
    await closing;
    await sample.stop();
  });

  it('does not wait for ever', async () => {
    const sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'hang' });
    client.send(command.event, [
      [1, id],
      [2, 'access'],
    ]);
    await eventually(() => expect(sample.server.counts().events).toBe(1));

    await sample.server.close(50);

    await client.untilClosed();
    expect(sample.server.counts()).toMatchObject({ events: 0, connections: 0 });
    await sample.stop();
  });

  it('leaves Kong an end that it can read where it was just writing, never a broken connection', async () => {
    const sample = await startSampleServer();
    const { client, id } = await sample.instance({ behaviour: 'none' });
    const closing = sample.server.close(5_000);
    await client.untilClosed();

    // Only this side of the server's has ended: what Kong writes now is taken, and not answered.
    const end = await client.event(id);

    expect(end).toMatchObject({ calls: [], end: 'closed' });
    expect(client.socket.errored).toBeNull();
    client.close();
    await closing;
    await sample.stop();
  });

  it('ends one connection after the other, so that Kong finds another one to recover on', async () => {
    const sample = await startSampleServer();
    const first = await sample.instance({ behaviour: 'none' });
    const second = await sample.connect();
    const closing = sample.server.close(5_000);
    await first.client.untilClosed();

    const { id } = await sample.instance({ behaviour: 'none' }, second);

    expect(await second.event(id)).toMatchObject({ end: 'returned' });
    first.client.close();
    await second.untilClosed();
    second.close();
    await closing;
    await sample.stop();
  });
});
