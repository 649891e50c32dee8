import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { workspaceId } from '../../plugin-client/plugin-server-client';
import type { RequestContext } from '../request-context';
import {
  luaEntity,
  type PdkFunction,
  type PdkFunctions,
  requireText,
  wireText,
} from './pdk-function';
import { serializeRequest } from './serialize';

const nodeId = randomUUID();

/** What is neither request, service nor response: the matched entities, contexts, the node, the log. */
export const nodeFunctions: PdkFunctions = {
  'kong.router.get_route': ({ match }) =>
    match && luaEntity(match.route.entity, { ws_id: workspaceId }),
  'kong.router.get_service': ({ service }) =>
    service && luaEntity(service.entity, { ws_id: workspaceId }),
  'kong.ctx.shared.get': ({ shared }, [key]) => shared.get(String(key)),
  'kong.ctx.shared.set': ({ shared }, [key, value]) => {
    shared.set(String(key), value);
  },
  'kong.nginx.get_ctx': ({ nginxContext }, [key]) => nginxContext.get(String(key)),
  'kong.nginx.set_ctx': ({ nginxContext }, [key, value]) => {
    nginxContext.set(String(key), value);
  },
  'kong.nginx.get_var': (context, [name]) =>
    nginxVariable(context, requireText(name, 'variable name must be a string')),
  'kong.nginx.get_subsystem': () => 'http',
  'kong.plugin.get_id': (_context, _args, plugin) => plugin.id,
  'kong.node.get_id': () => nodeId,
  'kong.node.get_hostname': () => hostname(),
  'kong.log.serialize': (context) => serializeRequest(context),
  'kong.log.debug': logAt('debug'),
  'kong.log.info': logAt('info'),
  'kong.log.notice': logAt('notice'),
  'kong.log.warn': logAt('warn'),
  'kong.log.err': logAt('error'),
  'kong.log.crit': logAt('crit'),
  'kong.log.alert': logAt('crit'),
};

function logAt(level: 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit'): PdkFunction {
  return ({ log }, args, plugin) => {
    const words = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
    log({ level, text: `[kong] mp_rpc.lua:127 [${plugin.name}] ${words.join('')}` });
  };
}

function nginxVariable(context: RequestContext, name: string): unknown {
  const variables: Readonly<Record<string, string | undefined>> = {
    request_uri: context.request.url,
    uri: context.normalizedPath,
    args: context.rawQuery ?? '',
    query_string: context.rawQuery ?? '',
    host: context.hostName,
    http_host: context.headers.get('host'),
    request_method: context.method,
    scheme: 'http',
    remote_addr: context.clientIp,
    server_port: String(context.proxyPort),
    request_id: context.id,
    upstream_host: context.upstreamHost ?? '',
    upstream_scheme: context.upstreamScheme,
    upstream_uri: context.upstreamPath,
  };
  const value = variables[name];
  return value === undefined ? undefined : wireText(value);
}
