import type { AdminContext } from './admin-context';
import type { AdminRequest } from './admin-request';
import { answerEntities, findParent, methodsOf } from './answer-entities';
import { answerSchemas } from './answer-schemas';
import { answerConfig } from './dbless/answer-config';
import { findEntity, readKey } from './find-entity';
import { listEntities } from './list-entities';
import { listTags } from './list-tags';
import { describeNode, describeStatus, emptyCollections, listEndpoints } from './node-info';
import { htmlPage, methodNotAllowed, notFound, ok } from './reply';
import type { Reply } from './reply';
import { resolvePath } from './resolve-path';
import { getEntityType } from '../entities/entity-types';
import { getHealth, setHealth } from './upstream-health';

/** Answers one request. Refusals come as {@link Refusal} errors. */
export function answerRequest(
  context: AdminContext,
  request: AdminRequest,
  totalRequests: number,
): Reply {
  const { method, segments } = request;
  const [first, second, third] = segments;
  if (first === 'config' && second === undefined) {
    return method === 'OPTIONS' ? allow(configMethods) : answerConfig(context, request);
  }
  if (request.body.yaml !== undefined) return htmlPage(415, 'Unsupported Media Type');
  if (first === 'schemas') {
    return answerSchemas(context, method, segments.slice(1), request.body.value);
  }
  if (first === 'plugins' && second === 'schema' && third !== undefined) {
    return answerSchemas(context, method, ['plugins', third], {});
  }
  const reading = readOnly(context, request, totalRequests);
  if (reading) return method === 'GET' || method === 'HEAD' ? reading() : methodNotAllowed;
  if (first === 'upstreams' && second !== undefined && third !== undefined) {
    const reply = answerUpstream(context, request, second);
    if (reply) return reply;
  }
  const address = resolvePath(segments);
  if (!address) return notFound;
  if (method === 'OPTIONS') return allow(methodsOf[address.kind]);
  return answerEntities(context, address, request);
}

const configMethods = ['GET', 'HEAD', 'OPTIONS', 'POST'];

function readOnly(
  context: AdminContext,
  request: AdminRequest,
  totalRequests: number,
): (() => Reply) | undefined {
  const [first, second, third] = request.segments;
  if (first === undefined) return () => ok(describeNode(context));
  if (first === 'tags' && third === undefined) {
    return () => listTags(context, second, request.path, request.query);
  }
  if (first === 'plugins' && second === 'enabled') {
    return () => ok({ enabled_plugins: context.plugins.names });
  }
  if (second !== undefined) return undefined;
  if (first === 'status') return () => ok(describeStatus(context, totalRequests));
  if (first === 'endpoints') return () => ok(listEndpoints());
  if (emptyCollections.has(first)) return () => ok({ data: [], next: null });
  return undefined;
}

/** What upstreams have beside the paths every type has. */
function answerUpstream(
  context: AdminContext,
  request: AdminRequest,
  upstreamKey: string,
): Reply | undefined {
  const { method, segments } = request;
  const [, , third, fourth, fifth, sixth] = segments;
  const type = getEntityType('upstreams');
  const parent = (): ReturnType<typeof findParent> =>
    findParent(context, { type, key: upstreamKey, field: 'upstream' });
  const verdict = sixth ?? fifth;
  if (third === 'health' && fourth === undefined) {
    if (method !== 'GET') return methodNotAllowed;
    return getHealth(context, parent().entity, request.path, request.query);
  }
  if (third !== 'targets' || fourth === undefined) return undefined;
  if (fourth === 'all' && fifth === undefined) {
    if (method !== 'GET') return methodNotAllowed;
    return listEntities(context, getEntityType('targets'), request.path, request.query, parent());
  }
  if (verdict === 'healthy' || verdict === 'unhealthy') {
    if (method !== 'PUT' && method !== 'POST') return methodNotAllowed;
    const upstream = parent();
    const targets = getEntityType('targets');
    const target = findEntity(context, targets, readKey(targets, fourth), upstream);
    return target ? setHealth(context, upstream.entity, target, verdict === 'healthy') : notFound;
  }
  if (fifth !== undefined) return notFound;
  return undefined;
}

function allow(methods: readonly string[]): Reply {
  const list = methods.join(', ');
  return {
    status: 204,
    headers: {
      Allow: list,
      'Access-Control-Allow-Methods': list,
      'Access-Control-Allow-Headers': 'Content-Type',
    },
  };
}
