/** One watch: from a version until the server, the network or the caller ends it. */
import type { IncomingMessage } from 'node:http';

import type { ApiClient } from './api-client';
import { statusError, type Operation } from './api-error';
import { kubernetesClientErrors } from './errors';
import { selectorsOf, type Collection } from './list-resources';
import { resourcePath } from './resource-path';

export interface WatchOptions {
  readonly version: string;
  /**
   * How long a watch may be silent. Bookmarks come about every minute, and nothing else tells a quiet
   * watch from one whose server is gone: while an apiserver shuts down, its watches stay open.
   */
  readonly idleMs: number;
  /** When the server is asked to end it, so that no watch outlives its server for long. */
  readonly timeoutSeconds: number;
  /** The watch is accepted: from here on nothing is missed. */
  readonly onOpen?: () => void;
}

export interface WatchEvents {
  changed(object: unknown): void;
  deleted(object: unknown): void;
  /** Everything up to this version has been seen. */
  reached(version: string): void;
}

/** No object is larger than the 1.5 MiB that the store takes, and JSON may double that. */
const maxLineBytes = 8 * 1024 * 1024;

/**
 * Resolves when the server ends the watch in good order.
 * @throws MeshdError K8S_EXPIRED where the version is too old (told by an event in a 200, or by a
 *   status), K8S_SILENT, K8S_TRUNCATED and those of a request.
 */
export async function watchResources(
  client: ApiClient,
  collection: Collection,
  options: WatchOptions,
  events: WatchEvents,
  signal: AbortSignal,
): Promise<void> {
  const { resource, namespace } = collection;
  const path = resourcePath(resource, namespace);
  const operation: Operation = { verb: 'watch', resource, namespace, path };
  const query = {
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: options.version,
    timeoutSeconds: String(options.timeoutSeconds),
    ...selectorsOf(collection),
  };
  const { url, body } = await client.open({ ...operation, query }, signal);
  options.onOpen?.();
  await readLines(body, { url, path, idleMs: options.idleMs, signal }, (line) => {
    dispatch(line, events, url, operation);
  });
}

interface Reading {
  readonly url: string;
  readonly path: string;
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

async function readLines(
  body: IncomingMessage,
  { url, path, idleMs, signal }: Reading,
  onLine: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let pending = 0;
    const idle = setTimeout(() => {
      end(kubernetesClientErrors.error('K8S_SILENT', { url, path, idleMs }));
    }, idleMs).unref();
    const abort = (): void => end(signal.reason);
    const end = (error?: unknown): void => {
      clearTimeout(idle);
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('aborted'));
      body.destroy();
    };
    const cut = (cause: string): void =>
      end(kubernetesClientErrors.error('K8S_TRUNCATED', { url, path, cause }));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    body.on('data', (chunk: Buffer) => {
      idle.refresh();
      try {
        let start = 0;
        for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, start)) {
          parts.push(chunk.subarray(start, at));
          const line = Buffer.concat(parts).toString('utf8');
          parts = [];
          pending = 0;
          start = at + 1;
          if (line.trim() !== '') onLine(line);
        }
        const rest = chunk.subarray(start);
        pending += rest.length;
        if (rest.length > 0) parts.push(rest);
        if (pending > maxLineBytes) cut('an event has no end');
      } catch (error) {
        end(error);
      }
    });
    body.once('end', () => (pending === 0 ? end() : cut('within an event')));
    body.once('error', (error: NodeJS.ErrnoException) => cut(error.code ?? 'ECONNRESET'));
    body.once('close', () => cut('ECONNRESET'));
  });
}

function dispatch(line: string, events: WatchEvents, url: string, operation: Operation): void {
  const { type, object } = parseEvent(line, url, operation.path);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      events.changed(object);
      break;
    case 'DELETED':
      events.deleted(object);
      break;
    case 'BOOKMARK':
      break;
    case 'ERROR': {
      const { code } = (object ?? {}) as { readonly code?: unknown };
      throw statusError(url, operation, typeof code === 'number' ? code : 500, object);
    }
    default:
      // A type of a later version: nothing is lost by passing over what nobody knows.
      return;
  }
  const version = versionOf(object);
  if (version !== undefined) events.reached(version);
}

function parseEvent(
  line: string,
  url: string,
  path: string,
): { readonly type?: unknown; readonly object?: unknown } {
  try {
    return (JSON.parse(line) ?? {}) as { readonly type?: unknown; readonly object?: unknown };
  } catch {
    const cause = 'an event is no JSON';
    throw kubernetesClientErrors.error('K8S_UNEXPECTED', { url, path, cause });
  }
}

function versionOf(object: unknown): string | undefined {
  const { metadata } = (object ?? {}) as {
    readonly metadata?: { readonly resourceVersion?: unknown } | null;
  };
  const version = metadata?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
}
