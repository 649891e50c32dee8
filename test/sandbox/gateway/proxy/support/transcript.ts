import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from '@msgpack/msgpack';

/** One call of Kong with its answer, if there was one. */
export interface Exchange {
  readonly method: string;
  readonly params: any[];
  readonly atMs: number;
  readonly reply:
    { readonly error: any; readonly result: any; readonly afterMs: number } | undefined;
}

export interface TranscriptRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | undefined;
  /** Pause since the answer to the request before. */
  readonly pauseMs: number;
  readonly status: number;
  readonly expectedBody: any;
  readonly expectedHeaders: Record<string, string>;
}

/** A recorded scenario in one form, whichever of the two recordings it comes from. */
export interface Transcript {
  readonly name: string;
  readonly phases: readonly string[];
  readonly readTimeoutMs: number;
  readonly document: any;
  readonly requests: readonly TranscriptRequest[];
  /** In the order in which Kong called. */
  readonly exchanges: readonly Exchange[];
  /** What upstreams saw and Kong logged; the smaller recording has neither. */
  readonly upstreamRequests: readonly any[] | undefined;
  readonly kongLog: readonly any[] | undefined;
  /** The ports that were recorded: the service's upstream, the target, Kong's proxy. */
  readonly ports: readonly [original: number, target: number, proxy?: number];
}

const folder = join(__dirname, '../../../../fixtures/plugin-server');
const wireFolder = join(folder, 'wire/scenarios');

export function listTranscripts(): readonly string[] {
  const names = (path: string) => readdirSync(path).filter((name) => name.endsWith('.json'));
  return [...names(folder), ...names(wireFolder).map((name) => `wire/${name}`)].map((name) =>
    name.replace(/\.json$/, ''),
  );
}

export function readTranscript(name: string): Transcript {
  if (name.startsWith('wire/')) return fromWire(name, read(join(wireFolder, name.slice(5))));
  return fromFlat(name, read(join(folder, name)));
}

function read(path: string): any {
  return JSON.parse(readFileSync(`${path}.json`, 'utf8'));
}

/** The first recording: one array of chunks, requests known by their answers only. */
function fromFlat(name: string, scenario: any): Transcript {
  const hangs = /^socket read timeout set to 3 s$/.test(scenario.note);
  const chunks = scenario.wire.flatMap((chunk: any) =>
    Array.isArray(chunk.messages)
      ? chunk.messages.map((message: any) => ({ ...chunk, message }))
      : [],
  );
  const headers: Record<string, string> = {
    host: 'client.example.com',
    'user-agent': 'Python-urllib/3.11',
    'accept-encoding': 'identity',
    ...(flatHeaders[name] ?? {}),
  };
  return {
    name,
    phases: ['access', 'log'],
    readTimeoutMs: hangs ? 3000 : 60_000,
    document: scenario.kong_config,
    requests: scenario.client_saw.map((saw: any) => ({
      method: 'GET',
      path: '/s/x',
      headers,
      body: undefined,
      pauseMs: 0,
      status: saw.status,
      expectedBody: saw.body,
      expectedHeaders: saw.headers,
    })),
    exchanges: pair(
      chunks.map(({ conn, t_ms, from, hex, message }: any) => ({
        connection: conn,
        atMs: t_ms,
        from,
        message: decodeHex(hex) ?? message,
      })),
    ),
    upstreamRequests: undefined,
    kongLog: undefined,
    ports: [28501, 28502],
  };
}

const flatHeaders: Record<string, Record<string, string> | undefined> = {
  'get-headers-multimap': { 'x-a': '1', 'x-b': '\u00fc' },
  'big-header-6k': { 'x-big': 'h'.repeat(6000) },
};

/** The second recording: messages by connection, requests as they were sent. */
function fromWire(name: string, scenario: any): Transcript {
  const requests = scenario.client.requests as any[];
  const messages = scenario.connections.flatMap((connection: any) =>
    connection.messages.map((message: any) => ({
      connection: connection.id,
      atMs: message.t_ms,
      from: message.from,
      message: decodeHex(message.hex_chunks.join('')),
    })),
  );
  return {
    name,
    phases: scenario.kong.phases,
    readTimeoutMs: Number(scenario.kong.lua_socket_read_timeout.replace('s', '')) * 1000,
    document: expandLong(scenario.config),
    requests: requests.map((request, index) => {
      const before = requests[index - 1];
      return {
        method: request.method,
        path: request.path,
        headers: {
          host: 'client.test',
          'accept-encoding': 'identity',
          'x-req': request.req,
          ...expandLong(request.headers),
        },
        body: request.method === 'POST' ? Buffer.from('7261772000ff20626f6479', 'hex') : undefined,
        pauseMs: before ? request.at_ms - before.at_ms - before.elapsed_ms : 0,
        status: request.status,
        expectedBody: request.body,
        expectedHeaders: request.response_headers,
      };
    }),
    exchanges: pair(messages.sort((a: any, b: any) => a.atMs - b.atMs)),
    upstreamRequests: expandLong(scenario.upstream.requests),
    kongLog: scenario.kong_log,
    ports: [28211, 28212, 28200],
  };
}

interface Message {
  readonly connection: number;
  readonly atMs: number;
  readonly from: 'kong' | 'server';
  readonly message: any[];
}

function pair(messages: readonly Message[]): Exchange[] {
  return messages
    .filter(({ from }) => from === 'kong')
    .map(({ connection, atMs, message: [, id, method, params] }) => {
      const answer = messages.find(
        (other) =>
          other.from === 'server' && other.connection === connection && other.message[1] === id,
      );
      const reply = answer && {
        error: answer.message[2],
        result: answer.message[3],
        afterMs: answer.atMs - atMs,
      };
      // The answer to a close may be cut in the recording; nothing depends on it.
      const closed = { error: null, result: null, afterMs: 0 };
      const isClose = method === 'plugin.CloseInstance';
      return { method, params, atMs, reply: isClose ? (reply ?? closed) : reply };
    });
}

/** `undefined` where the recording has cut the bytes. */
function decodeHex(hex: string): any[] | undefined {
  if (!/^[0-9a-f]*$/.test(hex)) return undefined;
  return decode(Buffer.from(hex, 'hex')) as any[];
}

/** Long texts are kept as their length and beginning; each repeats a short pattern. */
function expandLong(value: any): any {
  if (Array.isArray(value)) return value.map(expandLong);
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.$long_string === 'number') {
    const length: number = value.$long_string;
    if (!value.starts) return `${'h'.repeat(length - 3)}end`;
    return '0123456789abcdef'.repeat(length / 16);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandLong(item)]));
}
