/** Connections of the plugin server, in memory: any bytes, and what others still get afterwards. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

import { decode } from '@msgpack/msgpack';

import type { SnapshotService } from '../../../catalog/snapshot';
import { createHandler } from '../../../plugin/mesh-upstream/handler';
import { readServiceTable, wholeSource } from '../../../plugin/mesh-upstream/service-table';
import { serveConnection } from '../../../plugin-server/connection';
import { createCounters } from '../../../plugin-server/counters';
import { createEvents } from '../../../plugin-server/events';
import { createFrameDecoder } from '../../../plugin-server/frame-decoder';
import { createInstances } from '../../../plugin-server/instances';
import type { Log } from '../../../plugin-server/log';
import {
  toPluginClass,
  type PluginClass,
  type PluginObject,
} from '../../../plugin-server/plugin-class';
import { createRpc } from '../../../plugin-server/rpc';
import * as sample from '../../plugin-server/support/sample-plugin';
import { formatSnapshot } from '../../../catalog/snapshot';
import { Random } from '../engine/random';
import { must, type Target } from '../target';
import { encoded, lastEvent, lastInstance, streamOf } from '../wire';

const limits = { handlerMs: 10_000, replyWithinMs: 30_000, abandonedMs: 120_000 };
const quiet: Log = { write: () => undefined, limited: () => undefined };

export const pluginServer: Target = {
  name: 'plugin-server',
  weight: 8,
  form: 'bytes',
  generate: streamOf,
  async open() {
    const classes = await servedClasses();
    return {
      async run(input) {
        const instances = createInstances();
        const counters = createCounters();
        const events = createEvents(limits, quiet, counters);
        const rpc = createRpc({ classes, instances, events, log: quiet, counters });
        const open = (): Client =>
          new Client((socket) => {
            serveConnection(socket, { rpc, log: quiet, counters, isStale: () => false });
          });
        const client = open();
        await client.send(input);
        client.mustHaveFairReplies();
        await mustServe(open());
        // Much later everything that this client left behind must go, and nothing may break.
        const now = performance.now();
        for (const afterMs of [limits.handlerMs + 1, limits.abandonedMs * 2]) {
          events.sweep(now + afterMs);
          instances.sweep(now + afterMs);
          await new Promise(setImmediate);
        }
        client.mustHaveFairReplies();
        events.sweep(now + limits.abandonedMs * 9);
        must(events.size === 0, 'an event is never given up');
        client.mustHaveAllReplies();
        return client.replies.length > 0;
      },
      close: () => Promise.resolve(),
    };
  },
};

async function servedClasses(): Promise<ReadonlyMap<string, PluginClass>> {
  const services = ['orders', 'billing'].map((name): SnapshotService => ({
    kind: 'MeshService',
    name,
    hostnames: [`${name}.mesh`],
    availability: 'available',
    ports: [{ port: 80, auto: 'outbound', addresses: { outbound: '127.0.0.1:30001' } }],
  }));
  const text = formatSnapshot({ version: 1, mesh: 'default', hash: 'x', services });
  const current = await readServiceTable(wholeSource(Buffer.from(text)), 'catalog.json');
  const watch = (): any => ({ current, firstRead: Promise.resolve() });
  const sampleClass = toPluginClass(sample, 'sample');
  const mesh: PluginClass = {
    ...sampleClass,
    name: 'mesh-upstream',
    phases: ['access'],
    create: (config) => createHandler(config, { watch, log: () => undefined }) as PluginObject,
  };
  return new Map([sampleClass, mesh].map((each) => [each.name, each]));
}

/** A connection without a system in between: what is written is there at once. */
class Client {
  readonly replies: (readonly any[])[] = [];
  readonly #asked = new Map<number, number>();
  readonly #socket: EventEmitter & { writable: boolean };
  #requests = 0;
  readonly #decoder = createFrameDecoder(([type, msgid]) => {
    this.#requests += 1;
    if (type !== 0 || typeof msgid !== 'number') return;
    this.#asked.set(msgid, (this.#asked.get(msgid) ?? 0) + 1);
  });

  constructor(serve: (socket: Socket) => void) {
    const emitter = new EventEmitter() as EventEmitter & { writable: boolean };
    this.#socket = Object.assign(emitter, {
      writable: true,
      writableLength: 0,
      write: (bytes: Buffer) => {
        must(emitter.writable, 'something is written to a closed connection');
        this.replies.push(decode(bytes) as any);
        return true;
      },
      destroy: () => {
        emitter.writable = false;
      },
    });
    serve(this.#socket as unknown as Socket);
  }

  /** In pieces; the stand-ins for ids become what the server last gave. */
  async send(input: Buffer): Promise<void> {
    const random = new Random(input.toString('latin1'));
    const longest = random.pick([1, 9, 4096, 65_536]);
    for (let rest = Buffer.from(input); rest.length > 0 && this.#socket.writable;) {
      const size = 1 + random.int(Math.min(longest, rest.length));
      const before = this.#requests;
      this.#note(rest.subarray(0, size));
      this.#socket.emit('data', Buffer.from(rest.subarray(0, size)));
      rest = rest.subarray(size);
      if (this.#requests === before) continue;
      await new Promise(setImmediate);
      this.#putIds(rest);
    }
  }

  async ask(method: string, argument: unknown): Promise<any> {
    const msgid = 900_000 + this.replies.length;
    await this.send(encoded([[0, msgid, `plugin.${method}`, [argument]]]));
    return this.replies.find((reply) => reply[1] === msgid);
  }

  /** One answer to a question, never two: the second would be read by another request. */
  mustHaveFairReplies(): void {
    const answered = new Map<number, number>();
    for (const reply of this.replies) {
      must(Array.isArray(reply) && reply.length === 4 && reply[0] === 1, 'a reply is none');
      answered.set(reply[1], (answered.get(reply[1]) ?? 0) + 1);
    }
    for (const [msgid, times] of answered) {
      must(times <= (this.#asked.get(msgid) ?? 0), 'a question is answered twice');
    }
  }

  /** Kong waits for each of them; only on a closed connection it knows that none will come. */
  mustHaveAllReplies(): void {
    if (!this.#socket.writable) return;
    const asked = [...this.#asked.values()].reduce((sum, times) => sum + times, 0);
    must(this.replies.length === asked, 'a question is never answered');
  }

  #note(bytes: Buffer): void {
    try {
      this.#decoder.push(bytes);
    } catch {
      // The server sees the same, and closes.
    }
  }

  #putIds(rest: Buffer): void {
    const results = this.replies.map((reply) => reply[3]);
    const instance: unknown = results.findLast((result) => typeof result?.Id === 'number')?.Id;
    const event: unknown = results.findLast(
      (result) => typeof result?.EventId === 'number',
    )?.EventId;
    replaceAll(rest, lastInstance, instance);
    replaceAll(rest, lastEvent, event);
  }
}

function replaceAll(bytes: Buffer, standIn: number, id: unknown): void {
  if (typeof id !== 'number') return;
  const pattern = Buffer.alloc(8);
  pattern.writeBigUInt64BE(BigInt(standIn));
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 8)) {
    bytes.writeBigUInt64BE(BigInt(id), at);
  }
}

/** What a gateway gets on a connection of its own, whatever happens on others. */
async function mustServe(client: Client): Promise<void> {
  const Config = JSON.stringify({ service: 'orders', address: 'auto', host_header: 'mesh' });
  const [, , refusal, started] =
    (await client.ask('StartInstance', { Name: 'mesh-upstream', Config })) ?? [];
  must(!refusal && typeof started?.Id === 'number', 'another connection gets no instance');
  const event = { InstanceId: started.Id, EventName: 'access' };
  const [, , , call] = (await client.ask('HandleEvent', event)) ?? [];
  must(call?.Data?.Method === 'kong.service.set_target', 'another connection gets no answer');
  must(call.Data.Args?.[0] === '127.0.0.1', 'another connection gets another address');
  let reply = call;
  for (let steps = 0; steps < 3 && reply?.Data !== 'ret'; steps += 1) {
    [, , , reply] = (await client.ask('Step', { EventId: call.EventId, Data: null })) ?? [];
  }
  must(reply?.Data === 'ret', 'another connection never comes to its end');
}
