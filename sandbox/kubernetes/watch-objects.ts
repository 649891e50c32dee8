/** `GET` of a collection with `watch`: events as JSON lines for as long as it lasts. */
import type { ServerResponse } from 'node:http';

import type { KubeObject } from './kube-object';
import { inNamespace, versionOf, wholeObject } from './list-objects';
import type { ObjectStore, StoreEvent } from './object-store';
import { apiVersionOf, type ResourceType } from './resource-types';
import { selectorOf } from './selectors';
import { expiredWatch } from './status';

export interface WatchRequest {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
  readonly bookmarkMs: number;
}

/** A watch under way, for those that play with its fate. */
export interface OpenWatch {
  readonly type: ResourceType;
  /** Ends as the server ends it in good order. */
  end(): void;
  /** Cuts the connection. */
  cut(): void;
  /** Stays open and says nothing more, as while the server shuts down. */
  silence(): void;
  /** Says that its version is too old, and ends. */
  expire(): void;
}

export function watchObjects(
  store: ObjectStore,
  request: WatchRequest,
  response: ServerResponse,
): OpenWatch {
  const { type, namespace, query } = request;
  const selects = selectorOf(type, query);
  const asked = versionOf(query);
  const bookmarks = query.get('allowWatchBookmarks') === 'true';
  let silent = false;
  // The version that a bookmark tells: everything up to it has been sent.
  let seen = asked ?? store.version;

  const send = (event: string, object: object): void => {
    if (!silent) response.write(`${JSON.stringify({ type: event, object })}\n`);
  };
  const matches = (object: KubeObject): boolean =>
    inNamespace(object, namespace) && selects(object);
  const sendObject = (event: string, object: KubeObject): void =>
    send(event, wholeObject(type, object));
  const bookmark = (annotations?: Readonly<Record<string, string>>): void => {
    seen = Math.max(seen, store.version);
    send('BOOKMARK', bookmarkOf(type, seen, annotations));
  };

  function relay(event: StoreEvent): void {
    if (event.resource !== type || event.version <= (asked ?? 0)) return;
    const before = event.previous !== undefined && matches(event.previous);
    const now = event.type !== 'DELETED' && matches(event.object);
    if (now) sendObject(before ? 'MODIFIED' : 'ADDED', event.object);
    else if (before) sendObject('DELETED', { ...event.object });
  }

  function start(): void {
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
    });
    response.flushHeaders();
    if (asked === undefined) {
      for (const object of store.list(type)) if (matches(object)) sendObject('ADDED', object);
      if (query.get('sendInitialEvents') === 'true' && bookmarks) {
        bookmark({ 'k8s.io/initial-events-end': 'true' });
      }
      return;
    }
    for (const event of store.eventsAfter(type, asked)) relay(event);
  }

  const timers: NodeJS.Timeout[] = [];
  let stopListening = (): unknown => undefined;
  const close = (): void => {
    for (const timer of timers) clearTimeout(timer);
    stopListening();
  };
  const watch: OpenWatch = {
    type,
    end() {
      close();
      response.end();
    },
    cut() {
      close();
      response.destroy();
    },
    silence() {
      silent = true;
    },
    expire() {
      send('ERROR', expiredWatch(seen, store.version));
      watch.end();
    },
  };
  response.once('close', close);
  start();
  if (asked !== undefined && asked < store.compacted) {
    send('ERROR', expiredWatch(asked, store.compacted));
    watch.end();
    return watch;
  }
  stopListening = store.listen(relay);
  const timeoutMs = Number(query.get('timeoutSeconds') ?? 0) * 1000;
  if (bookmarks) timers.push(setInterval(bookmark, request.bookmarkMs));
  if (timeoutMs > 0) {
    // One more bookmark shortly before the end spares the next watch a replay.
    if (bookmarks) timers.push(setTimeout(bookmark, Math.max(timeoutMs - 2000, timeoutMs / 3)));
    timers.push(setTimeout(() => watch.end(), timeoutMs));
  }
  for (const timer of timers) timer.unref();
  return watch;
}

function bookmarkOf(
  type: ResourceType,
  version: number,
  annotations?: Readonly<Record<string, string>>,
): object {
  return {
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    metadata: {
      resourceVersion: String(version),
      ...(annotations ? { annotations } : {}),
    },
    // Built-in kinds print their empty parts.
    ...(type.kind === 'Service' ? { spec: {}, status: { loadBalancer: {} } } : {}),
  };
}
