import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '@msgpack/msgpack';
import { ByteString } from '../../../../sandbox/gateway/plugin-client/byte-string';
import { MessageEncoder } from '../../../../sandbox/gateway/plugin-client/msgpack/encoding';
import {
  type InstanceConfig,
  LuaError,
  PluginServerClient,
  scriptedPdk,
  toInstanceConfig,
} from '../../../../sandbox/gateway/plugin-client/plugin-server-client';

describe('MessageEncoder', () => {
  const encoder = new MessageEncoder();

  it.each<[name: string, value: unknown, hex: RegExp]>([
    ['a string of 31 bytes', 'a'.repeat(31), /^bf(61){31}$/],
    ['a string of 32 bytes: never str8', 'a'.repeat(32), /^da0020(61){32}$/],
    ['a string of 65,536 bytes', 'a'.repeat(65_536), /^db00010000(61)+$/],
    ['an empty table', {}, /^90$/],
    ['an empty multi map', new Map(), /^80$/],
    ['a table without its nil fields', { a: null, b: undefined, c: 1 }, /^81a16301$/],
    ['bytes as binary', new Uint8Array([1, 255]), /^c40201ff$/],
    ['a text that is not UTF-8', new ByteString(Buffer.from([0xfc])), /^a1fc$/],
    ['an integer', 28_211, /^cd6e33$/],
    ['a negative integer', -33, /^d0df$/],
    ['a large integer', 2 ** 40, /^cf0000010000000000$/],
    ['a fraction', 1.1, /^cb3ff199999999999a$/],
  ])('%s', (_name, value, hex) => {
    expect(encoder.encode(value).toString('hex')).toMatch(hex);
  });

  it('round trips what does not fit its first buffer', () => {
    const value = {
      list: Array.from({ length: 20_000 }, (_item, index) => `item ${index}`),
      ok: true,
    };

    expect(decode(encoder.encode(value))).toEqual(value);
  });
});

/** Three pieces, so that no answer comes whole. */
async function reply(socket: Socket, id: number, answered: unknown): Promise<void> {
  const result = await answered;
  const error = result instanceof Error ? result.message : null;
  const bytes = Buffer.from(encode([1, id, error, error === null ? result : null]));
  const third = Math.ceil(bytes.length / 3);
  for (let at = 0; at < bytes.length; at += third) {
    socket.write(bytes.subarray(at, at + third));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

type Answer = (method: string, params: any[], socket: Socket) => unknown;

describe('PluginServerClient', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plugin-client-'));
  const socketPath = join(folder, 's.sock');
  let server: Server;
  let calls: { method: string; params: any[]; socket: Socket }[];
  let answer: Answer;
  let clients: PluginServerClient[];
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    calls = [];
    clients = [];
    let nextId = 0;
    answer = (method) =>
      method === 'plugin.StartInstance' ? { Id: nextId++ } : { Data: 'ret', EventId: 7 };
    server = createServer((socket) => {
      sockets.add(socket);
      let parts: Buffer[] = [];
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        parts.push(chunk);
        let message: any;
        try {
          message = decode(Buffer.concat(parts));
        } catch {
          return;
        }
        parts = [];
        const [, id, method, params] = message;
        calls.push({ method, params, socket });
        void reply(socket, id, answer(method, params, socket));
      });
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => server.close(resolve));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function client(options: { workers?: number; readTimeoutMs?: number } = {}): PluginServerClient {
    const made = new PluginServerClient({ socketPath, ...options });
    clients.push(made);
    return made;
  }

  function config(sequence = 1, payload = ''): InstanceConfig {
    return toInstanceConfig({
      pluginName: 'p',
      pluginId: 'id',
      sequence,
      config: { payload, unset: null },
    });
  }

  const access = (of: InstanceConfig, callPdk = scriptedPdk({})) =>
    ({ config: of, phase: 'access', callPdk }) as const;
  const methods = () => calls.map(({ method }) => method.replace('plugin.', ''));

  it('starts an instance once and keeps it', async () => {
    const one = client();

    await one.runEvent(access(config()));
    await one.runEvent(access(config()));

    expect(methods()).toEqual(['StartInstance', 'HandleEvent', 'HandleEvent']);
    expect(one.callCount).toBe(3);
    expect(JSON.parse(calls[0]!.params[0].Config)).toEqual({
      payload: '',
      __plugin_id: 'id',
      __seq__: 1,
      __ws_id: expect.any(String),
      __key__: expect.stringMatching(/^plugins:p:::::/),
    });
  });

  it('starts a new instance for a new sequence, then closes the old one', async () => {
    const one = client();
    await one.runEvent(access(config(1)));

    await one.runEvent(access(config(2)));

    expect(methods().slice(2)).toEqual(['StartInstance', 'CloseInstance', 'HandleEvent']);
    expect(calls[3]!.params).toEqual([0]);
  });

  it('has instances for each worker', async () => {
    const two = client({ workers: 2 });

    await two.runEvent(access(config()), 0);
    await two.runEvent(access(config()), 1);

    expect(methods().filter((method) => method === 'StartInstance')).toHaveLength(2);
  });

  it('makes others wait while an instance is being started', async () => {
    const one = client();

    await Promise.all(Array.from({ length: 5 }, () => one.runEvent(access(config()))));

    expect(methods().filter((method) => method === 'StartInstance')).toHaveLength(1);
    expect(methods().filter((method) => method === 'HandleEvent')).toHaveLength(5);
  });

  it('carries results back by their type, without nil, and cuts arguments at the first nil', async () => {
    const wanted = [
      { Method: 'kong.request.get_headers', Args: [] },
      { Method: 'kong.service.set_target', Args: ['h', null, 80] },
      'ret',
    ];
    answer = (method) =>
      method === 'plugin.StartInstance' ? { Id: 0 } : { EventId: 7, Data: wanted.shift() };
    const seen: unknown[] = [];
    const callPdk = (method: string, args: readonly unknown[]) => {
      seen.push([method, args]);
      return method === 'kong.request.get_headers' ? new Map([['a', ['1']]]) : undefined;
    };

    const outcome = await client().runEvent(access(config(), callPdk));

    expect(outcome).toBe('returned');
    expect(seen[1]).toEqual(['kong.service.set_target', ['h']]);
    expect(calls.slice(2).map(({ method, params }) => [method, params[0]])).toEqual([
      ['plugin.StepMultiMap', { EventId: 7, Data: { a: ['1'] } }],
      ['plugin.Step', { EventId: 7 }],
    ]);
  });

  it('ends an event with an exit, without a Step', async () => {
    answer = (method) =>
      method === 'plugin.StartInstance'
        ? { Id: 0 }
        : { EventId: 7, Data: { Method: 'kong.response.exit', Args: [503] } };

    const outcome = await client().runEvent(access(config()));

    expect(outcome).toBe('left');
    expect(methods()).toEqual(['StartInstance', 'HandleEvent']);
  });

  it('gets a config of 500 KB through, whatever the pieces', async () => {
    await client().runEvent(access(config(1, 'x'.repeat(500_000))));

    expect(calls[0]!.params[0].Config.length).toBeGreaterThan(500_000);
  });

  it('uses a connection for one call at a time, and again afterwards', async () => {
    const one = client();
    await one.runEvent(access(config()));
    const busy = new Set<Socket>();
    answer = async (_method, _params, socket) => {
      expect(busy.has(socket)).toBe(false);
      busy.add(socket);
      await new Promise((resolve) => setImmediate(resolve));
      busy.delete(socket);
      return { Data: 'ret', EventId: 7 };
    };

    await Promise.all(Array.from({ length: 200 }, () => one.runEvent(access(config()))));
    await Promise.all(Array.from({ length: 200 }, () => one.runEvent(access(config()))));

    expect(calls).toHaveLength(402);
    expect(sockets.size).toBeLessThanOrEqual(200);
  });

  it('fails the call that meets the late answer of another', async () => {
    const one = client({ readTimeoutMs: 60 });
    await one.runEvent(access(config()));
    let late: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (late = resolve));
    answer = () => held.then(() => ({ Data: 'ret', EventId: 7 }));
    const first = await one.runEvent(access(config()));

    const second = one.runEvent(access(config()));
    late?.();

    expect(first).toBe('unanswered');
    await expect(second).rejects.toThrow(LuaError);
  });

  it('gives up on a server that loses every instance', async () => {
    answer = (method) =>
      method === 'plugin.StartInstance' ? { Id: 0 } : new Error('no plugin instance #0');

    const outcome = await client().runEvent(access(config()));

    expect(outcome).toBe('unanswered');
    expect(methods().filter((method) => method === 'StartInstance')).toHaveLength(11);
  });
});
