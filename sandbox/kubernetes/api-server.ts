/**
 * A stand-in for the Kubernetes API server: lists, pages, watches and writes of the few kinds that a
 * delegated gateway has to do with, with the answers of a real one. It has no controllers: what a
 * control plane would do to the objects, a test does, or mesh-controller.ts for Kuma 3.x.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { authenticate, authorise, type User } from './access';
import { Faults } from './faults';
import type { KubeObject } from './kube-object';
import { listObjects, metadataOnly, wholeObject } from './list-objects';
import { ObjectStore } from './object-store';
import { parsePath, type Target } from './parse-path';
import { resourceTypes, versionsOf, type ResourceType } from './resource-types';
import { badRequest, notFound, StatusError } from './status';
import { watchObjects, type OpenWatch } from './watch-objects';
import { writeObject } from './write-object';

export interface KubernetesApiOptions {
  readonly port?: number;
  /** Bearer tokens; without any, everybody is an admin. */
  readonly tokens?: ReadonlyMap<string, User>;
  /** API groups that are not installed. */
  readonly absentGroups?: readonly string[];
  /** By plural: versions of a CRD instead of those of today; none: it is not installed. */
  readonly versions?: Readonly<Record<string, readonly string[]>>;
  /** How often an idle watch hears a bookmark, in ms. A real one: about 60,000. */
  readonly bookmarkMs?: number;
  /** How long a list from the future waits before it is refused, in ms. A real one: 3,000. */
  readonly futureWaitMs?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface KubernetesApi {
  readonly url: string;
  readonly store: ObjectStore;
  readonly faults: Faults;
  /** `GET /api/v1/services?watch=1`, in the order of arrival. */
  readonly requests: readonly string[];
  /** The watches that are open now. */
  watches(plural?: string): readonly OpenWatch[];
  /** Puts an object by its kind; `recorded` keeps its version. */
  put(object: KubeObject, recorded?: boolean): KubeObject;
  remove(kind: string, key: string): void;
  /** Installs or removes an API group while running. */
  install(group: string, installed: boolean): void;
  /** Closes every connection. */
  stop(): Promise<void>;
}

/** Serves on loopback. Rejects where the port is taken. */
export async function startKubernetesApi(
  options: KubernetesApiOptions = {},
): Promise<KubernetesApi> {
  const { port = 0, tls } = options;
  const handler = new RequestHandler(options);
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void handler.respond(request, response);
  const server = tls ? createHttpsServer({ ...tls }, listener) : createHttpServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const { store, faults, requests } = handler;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`,
    store,
    faults,
    requests,
    watches: (plural) =>
      [...handler.open].filter(({ type }) => plural === undefined || type.plural === plural),
    put: (object, recorded = false) => store.put(typeOf(object.kind), object, recorded),
    remove: (kind, key) => void store.delete(typeOf(kind), key),
    install(group, installed) {
      if (installed) handler.absent.delete(group);
      else handler.absent.add(group);
    },
    stop: () => close(server),
  };
}

function typeOf(kind: string | undefined): ResourceType {
  const type = resourceTypes.find((one) => one.kind === kind);
  if (!type) throw new Error(`the stand-in serves no ${String(kind)}`);
  return type;
}

class RequestHandler {
  readonly store = new ObjectStore();
  readonly faults = new Faults();
  readonly requests: string[] = [];
  readonly open = new Set<OpenWatch>();
  readonly absent: Set<string>;
  readonly #options: KubernetesApiOptions;

  constructor(options: KubernetesApiOptions) {
    this.#options = options;
    this.absent = new Set(options.absentGroups ?? []);
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    this.requests.push(`${request.method ?? 'GET'} ${request.url ?? '/'}`);
    response.on('error', () => undefined);
    try {
      if (this.faults.play(request, url, response)) return;
      await this.#answer(request, url, response);
    } catch (error) {
      if (!(error instanceof StatusError)) {
        // A client that went away while its body was read, or a defect: it ends this request only.
        if (!response.headersSent) send(response, 500, String(error));
        return;
      }
      const wait = error.body.code === 504 ? (this.#options.futureWaitMs ?? 3000) : 0;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait).unref());
      send(response, error.body.code, error.body, error.headers);
    }
  }

  async #answer(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const target = parsePath(url.pathname, (type, version) => this.#served(type).includes(version));
    if (target.at === 'version') {
      send(response, 200, version);
      return;
    }
    const user = authenticate(request.headers.authorization, this.#options.tokens);
    switch (target.at) {
      case 'health':
        send(response, 200, 'ok');
        return;
      case 'group':
        this.#sendGroup(response, target.group);
        return;
      case 'resources':
        this.#sendResources(response, target.group, target.version);
        return;
      case 'unknown':
        sendPageNotFound(response);
        return;
      case 'absent':
        authorise(user, { ...target, verb: verbOf(request, url, target) });
        sendPageNotFound(response);
        return;
      case 'objects':
        authorise(user, { ...target, verb: verbOf(request, url, target) });
        await this.#answerObjects(request, url, response, target);
    }
  }

  async #answerObjects(
    request: IncomingMessage,
    url: URL,
    response: ServerResponse,
    { type, namespace, name }: Extract<Target, { at: 'objects' }>,
  ): Promise<void> {
    const { method = 'GET' } = request;
    if (method !== 'GET') {
      const contentType = request.headers['content-type'] ?? '';
      const body = await readJson(request);
      const { code, object } = writeObject(this.store, {
        ...{ method, contentType, body, type, namespace, name },
      });
      send(response, code, wholeObject(type, object));
      return;
    }
    if (name !== undefined) {
      const key = namespace === undefined ? name : `${namespace}/${name}`;
      const object = this.store.get(type, key);
      if (!object) throw notFound(type, name);
      send(response, 200, wholeObject(type, object));
      return;
    }
    if (isWatch(url)) {
      this.#watch(url, response, type, namespace);
      return;
    }
    const list = listObjects(this.store, type, namespace, url.searchParams);
    const partial = request.headers.accept?.includes('as=PartialObjectMetadataList') ?? false;
    send(response, 200, partial ? metadataOnly(list) : list);
  }

  #watch(
    url: URL,
    response: ServerResponse,
    type: ResourceType,
    namespace: string | undefined,
  ): void {
    const watch = watchObjects(
      this.store,
      {
        ...{ type, namespace, query: url.searchParams },
        bookmarkMs: this.#options.bookmarkMs ?? 60_000,
      },
      response,
    );
    if (response.writableEnded) return;
    this.open.add(watch);
    response.once('close', () => this.open.delete(watch));
  }

  #sendGroup(response: ServerResponse, group: string): void {
    const versions = [...new Set(this.#typesOf(group).flatMap((type) => this.#served(type)))];
    if (versions.length === 0) {
      sendPageNotFound(response);
      return;
    }
    const named = versions.map((one) => ({ groupVersion: `${group}/${one}`, version: one }));
    const body = { kind: 'APIGroup', apiVersion: 'v1', name: group, versions: named };
    send(response, 200, { ...body, preferredVersion: named[0] });
  }

  #sendResources(response: ServerResponse, group: string, wanted: string): void {
    const types = this.#typesOf(group).filter((type) => this.#served(type).includes(wanted));
    if (types.length === 0) {
      sendPageNotFound(response);
      return;
    }
    const resources = types.map(({ plural, kind, namespaced }) => ({
      ...{ name: plural, namespaced, kind },
      verbs: ['delete', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    }));
    const head = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${wanted}` };
    send(response, 200, { ...head, resources });
  }

  #served(type: ResourceType): readonly string[] {
    if (this.absent.has(type.group)) return [];
    return this.#options.versions?.[type.plural] ?? versionsOf(type);
  }

  #typesOf(group: string): readonly ResourceType[] {
    return this.absent.has(group) ? [] : resourceTypes.filter((type) => type.group === group);
  }
}

const version = { major: '1', minor: '36', gitVersion: 'v1.36.1', platform: 'linux/amd64' };

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function verbOf(
  request: IncomingMessage,
  url: URL,
  target: Extract<Target, { at: 'objects' | 'absent' }>,
): string {
  const verb = verbs[request.method ?? 'GET'];
  if (verb !== undefined) return verb;
  if (isWatch(url)) return 'watch';
  return target.at === 'objects' && target.name !== undefined ? 'get' : 'list';
}

function isWatch(url: URL): boolean {
  return ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
}

function send(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const plain = typeof body === 'string';
  const type = plain ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(code, {
    'cache-control': 'no-cache, private',
    'content-type': type,
    ...headers,
  });
  response.end(plain ? body : JSON.stringify(body));
}

function sendPageNotFound(response: ServerResponse): void {
  send(response, 404, '404 page not found\n');
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest("couldn't get version/kind; json parse error");
  }
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
