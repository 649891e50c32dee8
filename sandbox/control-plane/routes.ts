import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { METHOD_NOT_ALLOWED, ok, PAGE_NOT_FOUND } from './answer';
import type { Answer } from './answer';
import type { Auth, User } from './auth';
import { isObject, parseBody } from './go-json';
import { KINDS, kindByPath } from './kinds';
import type { Kind } from './kinds';
import { readList, readOne } from './reads';
import type { ReadContext } from './read-context';
import { notFound } from './std-error';
import { deleteResource, putResource } from './writes';
import type { WriteContext } from './writes';

export interface RouteContext extends ReadContext, WriteContext {
  readonly auth: Auth;
  readonly instanceId: string;
  /** Whether this control plane has the kind at all: an older or newer version may not. */
  readonly has: (kind: Kind) => boolean;
}

/**
 * Answers one request.
 * @throws StdError for every answer that is an error with a body.
 */
export async function route(
  request: IncomingMessage,
  url: URL,
  context: RouteContext,
): Promise<Answer> {
  const method = request.method ?? 'GET';
  const segments = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  // The index needs no authentication, not even a valid bearer.
  if (segments.length === 0) return method === 'GET' ? ok(indexOf(context)) : METHOD_NOT_ALLOWED;
  const user = context.auth.userOf(request.headers);
  if (segments[0] === 'tokens') return await issueToken(request, segments, user, context);
  if (!['GET', 'PUT', 'DELETE'].includes(method)) return METHOD_NOT_ALLOWED;
  const about = method === 'GET' ? readAbout(segments, user, context) : undefined;
  if (about) return about;
  return await routeResource(request, segments, url, user, context);
}

async function routeResource(
  request: IncomingMessage,
  segments: readonly string[],
  url: URL,
  user: User,
  context: RouteContext,
): Promise<Answer> {
  const located = locate(segments, context);
  if (!located) return PAGE_NOT_FOUND;
  const { kind, mesh, name, below } = located;
  const method = request.method ?? 'GET';
  context.auth.check(user, kind.type, method !== 'GET');
  if (mesh !== undefined && mesh !== '' && !context.world.store.get('Mesh', '', mesh)) {
    throw notFound('Failed to retrieve Mesh');
  }
  const overview = name === '_overview' && (kind.type === 'Dataplane' || kind.type === 'Zone');
  if (method === 'GET' && (name === undefined || overview))
    return readList(kind, mesh, url, context, overview);
  if (name === undefined || mesh === undefined) return METHOD_NOT_ALLOWED;
  if (method === 'GET') return readOne(kind, mesh, name, below, context);
  if (below.length > 0) return METHOD_NOT_ALLOWED;
  const address = { kind, mesh, name };
  return method === 'PUT'
    ? await putResource(address, await text(request), context)
    : deleteResource(address, context);
}

interface Located {
  readonly kind: Kind;
  /** `''` for kinds without a mesh, undefined for a list over all meshes. */
  readonly mesh: string | undefined;
  readonly name: string | undefined;
  readonly below: readonly string[];
}

/** `/meshes/{m}/{kind}/{n}/...`, `/{kind}/{n}`, or `/{kind}` over all meshes. */
function locate(segments: readonly string[], { has }: RouteContext): Located | undefined {
  const [first = '', second, third, ...rest] = segments;
  const inMesh = first === 'meshes' && third !== undefined;
  const kind = kindByPath(inMesh ? third : first);
  if (!kind || !has(kind) || (inMesh && kind.scope !== 'mesh')) return undefined;
  if (inMesh) return { kind, mesh: second, name: rest[0], below: rest.slice(1) };
  if (kind.scope === 'global') return { kind, mesh: '', name: second, below: segments.slice(2) };
  return segments.length > 2 || (second !== undefined && second !== '_overview')
    ? undefined
    : { kind, mesh: undefined, name: second, below: [] };
}

function readAbout(
  segments: readonly string[],
  user: User,
  context: RouteContext,
): Answer | undefined {
  const [first, second = ''] = segments;
  if (first === 'who-am-i') return ok({ name: user.name, groups: user.groups });
  if (first === '_kri') return readKri(second, context);
  if (first !== 'config') return undefined;
  const { place } = context.world;
  return ok({
    environment: 'universal',
    mode: place.mode,
    store: { type: 'memory' },
    xdsServer: { dataplaneConfigurationRefreshInterval: `${context.refreshMs() / 1_000}s` },
    multizone: { zone: { name: place.zone } },
  });
}

/** `kri_<kind>_<mesh>_<zone>_<namespace>_<name>_` back to the resource. */
function readKri(kri: string, context: RouteContext): Answer {
  const [, short, mesh = '', , , name = ''] = kri.split('_');
  const kind = KINDS.find((one) => one.short === short);
  if (!kind || !context.has(kind)) throw notFound();
  return readOne(kind, mesh, name, [], context);
}

async function issueToken(
  request: IncomingMessage,
  [, what]: readonly string[],
  user: User,
  { auth }: RouteContext,
): Promise<Answer> {
  if (request.method !== 'POST') return METHOD_NOT_ALLOWED;
  const body = parseBody(await text(request), 'token request');
  if (what === 'dataplane') return ok(auth.issueForDataplane(user));
  if (what !== 'user') return PAGE_NOT_FOUND;
  const { name, groups } = body;
  const named = isObject(body) && typeof name === 'string' ? name : 'user';
  return ok(
    auth.issue(user, { name: named, groups: Array.isArray(groups) ? groups.map(String) : [] }),
  );
}

function indexOf({ world, version, instanceId }: RouteContext): Record<string, string> {
  return {
    clusterId: 'sandbox',
    gui: '/gui',
    hostname: `${world.place.mode}-cp`,
    instanceId,
    product: 'Kuma',
    version: version(),
  };
}
