/**
 * A control plane for faults: serves lists in pages as Kuma does, and lets a test answer any path in
 * its own, broken way.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;
type Item = Record<string, any>;

export interface FakeKuma {
  readonly url: string;
  /** Path and query of every request, in order of arrival. */
  readonly requests: { readonly target: string; readonly headers: IncomingMessage['headers'] }[];
  /** Lists by path below the mesh, such as `meshservices`; one that is deleted is an unknown kind. */
  readonly lists: Map<string, Item[]>;
  mesh: Item;
  index: Item;
  /** Largest page, whatever `size` asks for. */
  pageSize: number;
  /** Answers requests whose path ends like this instead; `undefined` goes back to normal. */
  answer(pathEnd: string, handler: Handler | undefined): void;
  close(): Promise<void>;
}

/** The body of a recorded answer. */
export function recordedBody(name: string): any {
  return recorded(name).response.body;
}

export function recorded(name: string): any {
  const file = join(__dirname, '..', 'fixtures', 'kuma', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Sends a recorded answer as it was. */
export function replay(name: string): Handler {
  const { status, headers, body } = recorded(name).response;
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export function answerJson(body: unknown, status = 200): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

/** Begins as the recorded mesh in mode Everywhere. */
export async function startFakeKuma(): Promise<FakeKuma> {
  const handlers = new Map<string, Handler>();
  const fake = {
    url: '',
    requests: [] as FakeKuma['requests'],
    lists: new Map<string, Item[]>([
      ['meshservices', recordedBody('meshservices-online').items],
      ['meshmultizoneservices', recordedBody('meshmultizoneservices').items],
      ['meshexternalservices', recordedBody('meshexternalservices').items],
      ['service-insights', recordedBody('service-insights-online').items],
      ['external-services', recordedBody('external-services').items],
      ['dataplanes', recordedBody('dataplanes').items],
    ]),
    mesh: recordedBody('meshes').items[0] as Item,
    index: recordedBody('index') as Item,
    pageSize: 1000,
    answer(pathEnd: string, handler: Handler | undefined) {
      if (handler) handlers.set(pathEnd, handler);
      else handlers.delete(pathEnd);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    fake.requests.push({ target: request.url ?? '/', headers: request.headers });
    for (const [end, handler] of handlers) {
      if (url.pathname.endsWith(end)) {
        handler(request, response, url);
        return;
      }
    }
    serve(fake, url)(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

function serve(fake: FakeKuma, url: URL): Handler {
  const [, meshes, mesh, kind, name, ...rest] = url.pathname.split('/');
  if (url.pathname === '/') return answerJson(fake.index);
  if (meshes !== 'meshes' || rest.length > 0) return replay('unknown-type');
  if (mesh !== fake.mesh.name) return replay('mesh-404');
  if (kind === undefined) return answerJson(fake.mesh);
  const list = fake.lists.get(kind);
  if (!list) return replay('unknown-type');
  if (name !== undefined) {
    const one = list.find((item) => item.name === name);
    return one ? answerJson(one) : replay('dataplane-404');
  }
  return answerJson(page(fake, list.filter(filterOf(url)), url));
}

function filterOf(url: URL): (item: Item) => boolean {
  const types = url.searchParams.get('type')?.split(',');
  const gateway = url.searchParams.get('gateway');
  return (item) =>
    (!types || types.includes(item.serviceType ?? 'internal')) &&
    (gateway !== 'delegated' || item.networking?.gateway !== undefined);
}

function page(fake: FakeKuma, items: Item[], url: URL): unknown {
  const size = Math.min(Number(url.searchParams.get('size') ?? 100), fake.pageSize);
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const end = offset + size;
  const next = new URL(url);
  next.searchParams.set('offset', String(end));
  next.searchParams.set('size', String(size));
  return {
    total: items.length,
    items: items.slice(offset, end),
    next: end < items.length ? next.href : null,
  };
}
