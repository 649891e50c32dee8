import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ts from 'typescript';

import { decode, encode } from '@msgpack/msgpack';

import { startStockServer, type ServerProcess } from './support/server-process';
import { MsgpackClient } from './support/msgpack-client';

const folder = join(__dirname, '../fixtures/plugin-server/wire/scenarios');

/**
 * Left out: where the recorded server was stopped or answered late on purpose, and one whose bytes were
 * not kept.
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

/** The sample plugin as the stock server loads it: one file of JavaScript in a folder. */
function compiledSample(): string {
  const plugins = mkdtempSync(join(tmpdir(), 'sample-plugin-'));
  const source = readFileSync(join(__dirname, 'support/sample-plugin.ts'), 'utf8');
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  writeFileSync(join(plugins, 'sample.js'), outputText);
  return plugins;
}

describe("Kong's side of the recorded MsgPack exchanges, played to the stock server", () => {
  let plugins: string;
  let run: string;
  let server: ServerProcess;
  beforeAll(async () => {
    plugins = compiledSample();
    run = mkdtempSync(join(tmpdir(), 'stock-server-'));
    server = await startStockServer(plugins, run);
  }, 60_000);
  afterAll(async () => {
    await server.stop('SIGKILL');
    for (const path of [plugins, run]) rmSync(path, { recursive: true, force: true });
  });

  const names = readdirSync(folder).filter((name) => !leftOut.test(name));

  it('is played for most scenarios', () => {
    expect(names.length).toBeGreaterThan(30);
  });

  it.each(names)('%s', async (name) => {
    const recording = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording;
    const clients = new Map<number, MsgpackClient>();
    const ids = new Ids();
    let played = 0;

    for (const exchange of exchangesOf(recording)) {
      if (!exchange.reply) continue;
      const { connection, request } = exchange;
      const client = clients.get(connection) ?? (await MsgpackClient.open(server.socket));
      clients.set(connection, client);
      const [type, msgid, method, [argument]] = request;
      client.replies.length = 0;
      client.socket.write(encode([type, msgid, method, [ids.translate(argument)]]));
      const reply = await client.wait(msgid);

      expect(withoutIds([1, msgid, reply.error, reply.result])).toEqual(withoutIds(exchange.reply));
      ids.learn('Id', exchange.reply[3], reply.result);
      ids.learn('EventId', exchange.reply[3], reply.result);
      played += 1;
    }

    expect(played).toBeGreaterThan(0);
    for (const client of clients.values()) client.close();
  });
});
