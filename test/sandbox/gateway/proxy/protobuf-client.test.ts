/** What Kong does with a plugin server in its ProtoBuf protocol, as `pb_rpc.lua` says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Gateway, startGateway } from '../../../../sandbox/gateway/gateway';
import {
  DecodedMessage,
  encodeFields,
  type Field,
} from '../../../../sandbox/gateway/plugin-client/protobuf/wire';
import { framed } from '../../../plugin-server/support/raw-client';
import { declarativeFeed } from './support/declarative-feed';
import { type EchoUpstream, startEchoUpstream } from './support/echo-upstream';
import { send } from './support/send-request';

const info = (Protocol: string) => ({
  Protocol,
  Plugins: [{ Name: 'scripted', Version: '1.0.0', Priority: 15, Phases: ['access'], Schema: {} }],
});
const empty = Buffer.alloc(0);

/** What the server does with one call of Kong: bytes to write, or something of its own. */
type Script = (call: DecodedMessage, socket: Socket) => Buffer | undefined;

const isStart = (call: DecodedMessage): boolean => call.has(33);
const returned = (call: DecodedMessage, ...more: readonly Field[]): Buffer =>
  framed(encodeFields([[1, call.number(1)], ...more]));
const started = (call: DecodedMessage, id = 1): Buffer =>
  returned(call, [33, encodeFields([[2, id]])]);
const kitCall = (name: string, args: readonly Field[] = []): Buffer =>
  Buffer.concat([framed(Buffer.from(name)), framed(encodeFields(args))]);
const done = (call: DecodedMessage, ...calls: readonly Buffer[]): Buffer =>
  Buffer.concat([...calls, framed(empty), returned(call)]);

describe('a plugin server that speaks ProtoBuf', () => {
  const folder = mkdtempSync(join(tmpdir(), 'protobuf-client-'));
  const socketPath = join(folder, 's.sock');
  const sockets = new Set<Socket>();
  let original: EchoUpstream;
  let target: EchoUpstream;
  let gateway: Gateway;
  let server: Server;
  let script: Script;
  /** Kinds of the calls so far. */
  let calls: string[];

  beforeAll(async () => {
    [original, target] = await Promise.all([
      startEchoUpstream('original'),
      startEchoUpstream('target'),
    ]);
  });
  afterAll(async () => {
    await Promise.all([original.stop(), target.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    calls = [];
    await listen();
    gateway = await startGateway({
      feed: declarativeFeed({
        services: [
          {
            name: 'orders',
            host: '127.0.0.1',
            port: original.port,
            routes: [{ name: 'r', paths: ['/s'], plugins: [{ name: 'scripted', config: {} }] }],
          },
        ],
      }),
      pluginServer: { socketPath, info: info('ProtoBuf:1') },
      readTimeoutMs: 300,
      workers: 1,
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await close();
  });

  async function listen(): Promise<void> {
    server = createServer({ allowHalfOpen: true }, serve);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  }

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }

  function serve(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let received = empty;
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32LE()) {
        const end = 4 + received.readUInt32LE();
        const message = new DecodedMessage(received.subarray(4, end));
        received = received.subarray(end);
        // Replies to calls have no number.
        if (!message.all.some(([number]) => number > 30)) continue;
        calls.push(isStart(message) ? 'start' : message.has(36) ? 'event' : 'other');
        const answer = script(message, socket);
        if (answer) socket.write(answer);
      }
    });
  }

  const setTarget = (): Buffer =>
    kitCall('kong.service.set_target', [
      [1, '127.0.0.1'],
      [2, target.port],
    ]);
  const retargeting: Script = (call) => (isStart(call) ? started(call) : done(call, setTarget()));
  const request = () => send(gateway.proxyUrl, { path: '/s' });
  const texts = () => gateway.logEntries.map(({ text }) => text);

  it('retargets with calls that were written ahead, and starts its instance once', async () => {
    script = retargeting;

    const responses = [await request(), await request()];

    expect(responses.map(({ body }) => body.who)).toEqual(['target', 'target']);
    expect(calls).toEqual(['start', 'event', 'event']);
  });

  it('is answered with 500, and never passed by, while nobody listens', async () => {
    script = retargeting;
    await request();
    await close();

    const cached = await request();

    expect([cached.status, cached.body.message]).toEqual([500, 'An unexpected error occurred']);
    expect(original.seen).toEqual([]);
  });

  it.each<[string, Script]>([
    [
      'ends the connection in answer to an event',
      (_call, socket) => {
        socket.destroy();
        return undefined;
      },
    ],
    [
      'ends its side alone, as one that drains does',
      (_call, socket) => {
        socket.end();
        return undefined;
      },
    ],
    ['does not know the instance', () => kitCall('no plugin instance 1')],
    [
      'ends in the middle of an event',
      (_call, socket) => {
        socket.end(kitCall('kong.request.get_method'));
        return undefined;
      },
    ],
  ])('is asked again, with a new instance, when it %s', async (_what, first) => {
    let events = 0;
    script = (call, socket) =>
      !isStart(call) && ++events === 1 ? first(call, socket) : retargeting(call, socket);

    const response = await request();

    expect([response.status, response.body.who]).toEqual([200, 'target']);
    expect(calls).toEqual(['start', 'event', 'start', 'event']);
  });

  it.each<[string, Script]>([
    ['says nothing until the read timeout', () => undefined],
    ['asks for a method that Kong does not have', (call) => done(call, kitCall('kong.none'))],
    [
      'gives an argument that Kong does not take',
      (call) =>
        done(
          call,
          kitCall('kong.service.set_target', [
            [1, ''],
            [2, 99_999],
          ]),
        ),
    ],
    [
      'answers another call',
      (call) => Buffer.concat([framed(empty), framed(encodeFields([[1, call.number(1) + 1]]))]),
    ],
  ])('is answered with 500 when it %s', async (_what, event) => {
    script = (call, socket) => (isStart(call) ? started(call) : event(call, socket));

    expect((await request()).status).toBe(500);
    expect(original.seen).toEqual([]);
    expect(calls.filter((kind) => kind === 'event')).toHaveLength(1);
  });

  it('is answered with 500 at once when it ends instead of starting an instance', async () => {
    script = (_call, socket) => {
      socket.destroy();
      return undefined;
    };

    expect((await request()).status).toBe(500);
    expect((await request()).status).toBe(500);
    expect(calls).toEqual(['start', 'start']);
    expect(texts()).toContainEqual(expect.stringContaining('starting instance: closed'));
  });

  it('would keep Kong busy for ever when it closes every event, which is no answer here', async () => {
    script = (call, socket) => {
      if (isStart(call)) return started(call);
      socket.destroy();
      return undefined;
    };

    // The stand-in gives up at a bound that Kong does not have.
    expect((await request()).status).toBe(500);
    expect(calls.filter((kind) => kind === 'event').length).toBeGreaterThan(900);
  });

  it('loses the connection of an exit, and is answered by what it says', async () => {
    const exit: readonly Field[] = [
      [1, 418],
      [2, 'short and stout'],
    ];
    script = (call) =>
      isStart(call) ? started(call) : done(call, kitCall('kong.response.exit', exit));

    const responses = [await request(), await request()];

    expect(responses.map(({ status }) => status)).toEqual([418, 418]);
    expect(sockets.size).toBeGreaterThanOrEqual(3);
  });
});

it('is refused by Kong where its description names a protocol that Kong does not have', async () => {
  const started = startGateway({
    feed: declarativeFeed({}),
    pluginServer: { socketPath: '/nowhere', info: info('Thrift:1') },
  });

  await expect(started).rejects.toThrow('unknown protocol implementation: Thrift:1');
});
