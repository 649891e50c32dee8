/** Writes: create, replace, merge-patch and delete, with optimistic locking where a version is given. */
import { keyOf, type KubeObject } from './kube-object';
import type { ObjectStore } from './object-store';
import type { ResourceType } from './resource-types';
import { alreadyExists, badRequest, conflict, notFound, status, StatusError } from './status';

export interface WriteTarget {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface WriteRequest extends WriteTarget {
  readonly method: string;
  readonly contentType: string;
  readonly body: unknown;
}

export interface Written {
  readonly code: 200 | 201;
  readonly object: KubeObject;
}

export function writeObject(store: ObjectStore, request: WriteRequest): Written {
  switch (request.method) {
    case 'POST':
      return create(store, request);
    case 'PUT':
      return replace(store, request);
    case 'PATCH':
      return patch(store, request);
    case 'DELETE':
      return remove(store, request);
    default:
      throw new StatusError(
        status(
          405,
          'MethodNotAllowed',
          'the server does not allow this method on the requested resource',
        ),
      );
  }
}

function create(store: ObjectStore, request: WriteRequest): Written {
  const object = objectIn(request.body, request);
  if (store.get(request.type, keyOf(object))) {
    throw alreadyExists(request.type, object.metadata.name);
  }
  return { code: 201, object: store.put(request.type, object) };
}

function replace(store: ObjectStore, request: WriteRequest): Written {
  const object = objectIn(request.body, request);
  current(store, request, object.metadata.resourceVersion);
  return { code: 200, object: store.put(request.type, object) };
}

function patch(store: ObjectStore, request: WriteRequest): Written {
  if (request.contentType !== 'application/merge-patch+json') {
    const message = `the body of the request was in an unknown format - accepted media types include: application/merge-patch+json`;
    throw new StatusError(status(415, 'UnsupportedMediaType', message));
  }
  const change = request.body as Partial<KubeObject>;
  const before = current(store, request, change.metadata?.resourceVersion);
  const merged = mergePatch(before, change) as KubeObject;
  // A patch that changes nothing leaves the version as it is.
  if (JSON.stringify(merged) === JSON.stringify(before)) return { code: 200, object: before };
  return { code: 200, object: store.put(request.type, merged) };
}

function remove(store: ObjectStore, request: WriteRequest): Written {
  current(store, request, undefined);
  const object = store.delete(request.type, keyIn(request));
  if (!object) throw notFound(request.type, request.name ?? '');
  return { code: 200, object };
}

function current(
  store: ObjectStore,
  request: WriteRequest,
  version: string | undefined,
): KubeObject {
  const name = request.name ?? '';
  const found = store.get(request.type, keyIn(request));
  if (!found) throw notFound(request.type, name);
  if (version !== undefined && version !== found.metadata.resourceVersion) {
    throw conflict(request.type, name);
  }
  return found;
}

function keyIn({ namespace, name = '' }: WriteTarget): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function objectIn(body: unknown, { namespace, name }: WriteTarget): KubeObject {
  const { metadata, ...rest } = (body ?? {}) as Partial<KubeObject>;
  const given = metadata?.name ?? name;
  if (given === undefined) throw badRequest('name is required');
  return {
    ...rest,
    metadata: { ...metadata, name: given, ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** RFC 7386: null takes away, objects merge, everything else replaces. */
function mergePatch(target: unknown, change: unknown): unknown {
  if (!isRecord(change)) return change;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
