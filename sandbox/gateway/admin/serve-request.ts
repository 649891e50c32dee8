import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminContext } from './admin-context';
import type { AdminRequest } from './admin-request';
import { answerRequest } from './answer-request';
import type { Fault, FaultQueue } from './faults';
import { kongVersion } from './node-info';
import { htmlPage, Refusal } from './reply';
import type { Reply } from './reply';
import { maxBodyBytes, parseBody } from './request-body';
import type { RequestLog } from './request-log';

export interface Serving {
  readonly context: AdminContext;
  readonly faults: FaultQueue;
  readonly requests: RequestLog;
  /** Requests so far, for `/status`. */
  readonly count: () => number;
  /** Aborted when the server stops: ends delays. */
  readonly signal: AbortSignal;
}

/** Reads a request, meets it with the next fault or answers it, and logs it. */
export async function serveRequest(
  serving: Serving,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = incoming.method ?? 'GET';
  const path = incoming.url ?? '/';
  const body = await readBody(incoming);
  const fault = serving.faults.take(method, path);
  const log = (status: number): void =>
    serving.requests.add({ method, path, status, bodyBytes: body.bytes });
  if (fault?.delayMs !== undefined) {
    await sleep(fault.delayMs, undefined, { signal: serving.signal, ref: false });
  }
  const replaces = fault !== undefined && isReplaced(fault);
  const reply =
    !replaces || fault.applied ? answer(serving, method, path, incoming, body.text) : undefined;
  if (fault && replaces) {
    log(fault.hang || fault.reset ? 0 : (fault.status ?? 200));
    meetFault(fault, reply, response);
    return;
  }
  log(reply?.status ?? 0);
  if (reply) send(response, reply, method);
}

function isReplaced(fault: Fault): boolean {
  return (
    fault.hang === true ||
    fault.reset === true ||
    fault.status !== undefined ||
    fault.body !== undefined ||
    fault.headers !== undefined
  );
}

function meetFault(fault: Fault, reply: Reply | undefined, response: ServerResponse): void {
  if (fault.hang) return;
  if (fault.reset) {
    response.socket?.resetAndDestroy();
    return;
  }
  send(
    response,
    {
      status: fault.status ?? reply?.status ?? 200,
      body: fault.body ?? reply?.body,
      headers: { ...reply?.headers, ...fault.headers },
    },
    'GET',
  );
}

function answer(
  serving: Serving,
  method: string,
  path: string,
  incoming: IncomingMessage,
  text: string | undefined,
): Reply {
  if (text === undefined) return htmlPage(413, 'Request Entity Too Large');
  try {
    const request = makeRequest(method, path, incoming.headers['content-type'], text);
    return answerRequest(serving.context, request, serving.count());
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    if (error instanceof URIError) return { status: 400, body: { message: 'Bad request' } };
    throw error;
  }
}

function makeRequest(
  method: string,
  target: string,
  contentType: string | undefined,
  text: string,
): AdminRequest {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const reads =
    method === 'GET' || method === 'HEAD' || method === 'DELETE' || method === 'OPTIONS';
  const body = reads ? ({ kind: 'none' } as const) : parseBody(contentType, text);
  return {
    method,
    path,
    segments: path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent),
    query: new URLSearchParams(at < 0 ? '' : target.slice(at + 1)),
    body:
      body.kind === 'object'
        ? { value: body.value, form: body.form }
        : { value: {}, form: false, ...(body.kind === 'yaml' ? { yaml: body.text } : {}) },
  };
}

/** The whole body, or its size alone where it is above what Kong takes. */
async function readBody(
  incoming: IncomingMessage,
): Promise<{ readonly text?: string; readonly bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes <= maxBodyBytes) chunks.push(buffer);
    else chunks.length = 0;
  }
  return bytes <= maxBodyBytes ? { text: Buffer.concat(chunks).toString(), bytes } : { bytes };
}

/** Writes a reply as Kong does: a text is a page, an object JSON. */
export function send(response: ServerResponse, reply: Reply, method: string): void {
  const { status, body } = reply;
  const page = typeof body === 'string';
  const text = body === undefined ? '' : page ? body : JSON.stringify(body);
  response.writeHead(status, {
    Server: `kong/${kongVersion}`,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    ...(body === undefined
      ? {}
      : { 'Content-Type': page ? 'text/html; charset=UTF-8' : 'application/json; charset=utf-8' }),
    ...(status === 204 || status === 304 ? {} : { 'Content-Length': Buffer.byteLength(text) }),
    ...reply.headers,
  });
  response.end(method === 'HEAD' ? undefined : text);
}
