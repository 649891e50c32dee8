/** `GET` of a collection: selection, pages, versions. */
import { keyOf, type KubeObject } from './kube-object';
import type { ObjectStore } from './object-store';
import { apiVersionOf, type ResourceType } from './resource-types';
import { selectorOf } from './selectors';
import { badRequest, expiredContinue, expiredList, tooLargeVersion } from './status';

interface ContinueToken {
  readonly rv: number;
  readonly start: string;
}

export function listObjects(
  store: ObjectStore,
  type: ResourceType,
  namespace: string | undefined,
  query: URLSearchParams,
): object {
  const asked = versionOf(query);
  if (asked !== undefined && asked > store.version) {
    throw tooLargeVersion(String(asked), store.version);
  }
  const exact = query.get('resourceVersionMatch') === 'Exact';
  if (exact && asked !== undefined && asked < store.compacted) throw expiredList();
  const token = readToken(query.get('continue'));
  if (token && token.rv !== -1 && token.rv < store.compacted) {
    throw expiredContinue(writeToken({ rv: -1, start: token.start.replace(/^\//, '') }));
  }
  const version = token && token.rv !== -1 ? token.rv : exact && asked ? asked : store.version;
  const selects = selectorOf(type, query);
  const selected = store
    .list(type, version)
    .filter((object) => inNamespace(object, namespace) && selects(object));
  const rest = token ? selected.filter((object) => keyOf(object) > after(token)) : selected;
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const remaining = rest.length - page.length;
  const last = page.at(-1);
  const more =
    remaining > 0 && last
      ? {
          // Only the first page's token begins with a slash.
          continue: writeToken({ rv: version, start: `${token ? '' : '/'}${keyOf(last)}\u0000` }),
          ...(query.has('labelSelector') || query.has('fieldSelector')
            ? {}
            : { remainingItemCount: remaining }),
        }
      : // The lists of CRDs print the empty text.
        type.builtIn
        ? {}
        : { continue: '' };
  return {
    kind: `${type.kind}List`,
    apiVersion: apiVersionOf(type),
    metadata: { resourceVersion: String(version), ...more },
    items: page.map((object) => itemOf(type, object)),
  };
}

/** The same list with nothing but metadata, for `as=PartialObjectMetadataList`. */
export function metadataOnly(list: object): object {
  const { metadata, items } = list as { metadata: object; items: readonly KubeObject[] };
  const apiVersion = 'meta.k8s.io/v1';
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion,
    metadata,
    items: items.map((item) => ({
      kind: 'PartialObjectMetadata',
      apiVersion,
      metadata: item.metadata,
    })),
  };
}

/** With kind and version, as single objects and watch events have them. */
export function wholeObject(type: ResourceType, object: KubeObject): KubeObject {
  return { ...object, kind: type.kind, apiVersion: apiVersionOf(type) };
}

export function inNamespace(object: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || object.metadata.namespace === namespace;
}

/** @returns undefined for none and for `0`, which mean whatever is at hand. */
export function versionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion');
  if (text === null || text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
    );
  }
  return Number(text);
}

function itemOf(type: ResourceType, object: KubeObject): KubeObject {
  if (!type.builtIn) return wholeObject(type, object);
  const fields = Object.entries(object).filter(([key]) => key !== 'kind' && key !== 'apiVersion');
  return Object.fromEntries(fields) as unknown as KubeObject;
}

function readToken(text: string | null): ContinueToken | undefined {
  if (text === null) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  try {
    const { rv, start } = JSON.parse(bytes.toString()) as ContinueToken;
    return { rv, start };
  } catch {
    const first = String.fromCharCode(bytes[0] ?? 0);
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character '${first}' looking for beginning of value`,
    );
  }
}

function writeToken({ rv, start }: ContinueToken): string {
  // As Go prints it: the end of the key is escaped.
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv, start });
  return Buffer.from(json).toString('base64url');
}

function after({ start }: ContinueToken): string {
  return start.replace(/^\//, '').replace(/\u0000$/, '');
}
