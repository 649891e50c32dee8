import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { decode, encode } from '@msgpack/msgpack';

import type { RawClient } from './support/raw-client';
import { startSampleServer, type SampleServer } from './support/sample-server';

const folder = join(__dirname, '../fixtures/plugin-server/wire/scenarios');

/**
 * Left out: where the recorded server was stopped or answered late on purpose (those behaviours have
 * tests of their own), and one whose bytes were not kept.
 */
const leftOut = /^(server-|late-reply-|hang|huge-config)/;

interface Message {
  readonly t_ms: number;
  readonly from: 'kong' | 'server';
  readonly hex_chunks: readonly string[];
}

interface Recording {
  readonly connections: readonly { readonly id: number; readonly messages: readonly Message[] }[];
}

interface Exchange {
  readonly connection: number;
  readonly request: [number, number, string, any[]];
  readonly reply: [number, number, unknown, any] | undefined;
  readonly atMs: number;
}

function exchangesOf(recording: Recording): Exchange[] {
  const exchanges = recording.connections.flatMap(({ id, messages }) => {
    const decoded = messages.map((message) => ({
      ...message,
      frame: decode(Buffer.from(message.hex_chunks.join(''), 'hex')) as any,
    }));
    return decoded
      .filter(({ from }) => from === 'kong')
      .map(({ frame, t_ms }) => ({
        connection: id,
        request: frame,
        atMs: t_ms,
        reply: decoded.find((other) => other.from === 'server' && other.frame[1] === frame[1])
          ?.frame,
      }));
  });
  return exchanges.sort((a, b) => a.atMs - b.atMs);
}

/** Ids belong to the server: recorded ones become those it gave in the same place. */
class Ids {
  readonly #actual = new Map<string, number>();

  learn(kind: 'Id' | 'EventId', recorded: any, actual: any): void {
    if (recorded?.[kind] !== undefined)
      this.#actual.set(`${kind} ${recorded[kind]}`, actual?.[kind]);
  }

  of(kind: 'Id' | 'EventId', recorded: number): number {
    return this.#actual.get(`${kind} ${recorded}`) ?? recorded;
  }

  translate(argument: any): unknown {
    if (typeof argument === 'number') return this.of('Id', argument);
    if (argument.InstanceId !== undefined) {
      return { ...argument, InstanceId: this.of('Id', argument.InstanceId) };
    }
    if (argument.EventId !== undefined) {
      return { ...argument, EventId: this.of('EventId', argument.EventId) };
    }
    return argument;
  }
}

function withoutIds([type, msgid, error, result]: readonly any[]): unknown {
  if (result === null || typeof result !== 'object')
    return [type, msgid, error ?? null, result ?? null];
  const rest = { ...result };
  for (const ofTheServer of ['Id', 'EventId', 'StartTime'])
    Reflect.deleteProperty(rest, ofTheServer);
  return [type, msgid, error ?? null, rest];
}

/** What the recorded server let through, ours turns away: a failed handler must not fail open. */
function expectedOf(name: string, exchange: Exchange): unknown {
  const recorded: any = withoutIds(exchange.reply!);
  const failed = /throw/.test(name) && recorded[3]?.Data === 'ret';
  if (!failed) return recorded;
  const args = [
    503,
    expect.objectContaining({ plugin: 'sample' }),
    { 'X-Plugin-Failed': 'sample' },
  ];
  return [1, recorded[1], null, { Data: { Method: 'kong.response.exit', Args: args } }];
}

describe("Kong's side of the recorded exchanges, played to the own server", () => {
  let sample: SampleServer;
  beforeEach(async () => {
    sample = await startSampleServer();
  });
  afterEach(() => sample.stop());

  const names = readdirSync(folder).filter((name) => !leftOut.test(name));

  it('is played for most scenarios', () => {
    expect(names.length).toBeGreaterThan(30);
  });

  it.each(names)('%s', async (name) => {
    const recording = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording;
    const clients = new Map<number, RawClient>();
    const ids = new Ids();
    let played = 0;

    for (const exchange of exchangesOf(recording)) {
      if (!exchange.reply) continue;
      const { connection, request } = exchange;
      const client = clients.get(connection) ?? (await sample.connect());
      clients.set(connection, client);
      const [type, msgid, method, [argument]] = request;
      client.replies.length = 0;
      client.socket.write(encode([type, msgid, method, [ids.translate(argument)]]));
      const reply = await client.wait(msgid);

      expect(withoutIds([1, msgid, reply.error, reply.result])).toEqual(expectedOf(name, exchange));
      ids.learn('Id', exchange.reply[3], reply.result);
      ids.learn('EventId', exchange.reply[3], reply.result);
      played += 1;
    }

    expect(played).toBeGreaterThan(0);
  });
});
