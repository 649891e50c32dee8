import { LuaError } from '../../plugin-client/lua-error';
import type { BalancerData } from '../balancer';
import type { RequestContext } from '../request-context';
import { headerValues, type PdkFunctions, requireInteger, requireText } from './pdk-function';

/** `kong.service.*`: where the request goes, and what the upstream will see of it. */
export const serviceFunctions: PdkFunctions = {
  'kong.service.set_target': (context, [host, port]) => {
    const name = requireText(host, 'host must be a string');
    const number = requireInteger(port, 'port', 65_535);
    const data = balancerDataOf(context);
    data.host = name;
    data.port = number;
    // Setting the target sets the Host header too, and thereby takes it out of the balancer's hands.
    context.upstreamHost = name;
  },
  'kong.service.set_upstream': (context, [host]) => {
    const name = requireText(host, 'host must be a string');
    if (!context.config.upstreams.has(name)) return undefined;
    balancerDataOf(context).host = name;
    return true;
  },
  'kong.service.set_retries': (context, [retries]) => {
    balancerDataOf(context).retries = requireInteger(retries, 'retries', 32_767);
  },
  'kong.service.set_timeouts': (context, [connectMs, _writeMs, readMs]) => {
    const data = balancerDataOf(context);
    data.connect_timeout = requireInteger(connectMs, 'connect_timeout', 2 ** 31 - 2);
    // Kong stores the write timeout in a field that its balancer does not read.
    data.read_timeout = requireInteger(readMs, 'read_timeout', 2 ** 31 - 2);
  },
  'kong.service.request.set_scheme': (context, [scheme]) => {
    const name = requireText(scheme, 'scheme must be a string');
    if (name !== 'http' && name !== 'https') throw new LuaError(`invalid scheme: ${name}`);
    context.upstreamScheme = name;
  },
  'kong.service.request.set_path': (context, [path]) => {
    const text = requireText(path, 'path must be a string');
    if (!text.startsWith('/')) throw new LuaError('path must start with /');
    context.upstreamPath = text;
  },
  'kong.service.request.set_raw_query': (context, [query]) => {
    context.upstreamQuery = requireText(query, 'query must be a string');
  },
  'kong.service.request.set_method': (context, [method]) => {
    context.upstreamMethod = requireText(method, 'method must be a string');
  },
  'kong.service.request.set_header': (context, [name, value]) => setHeader(context, name, value),
  'kong.service.request.set_headers': (context, [headers]) => {
    if (typeof headers !== 'object' || headers === null) {
      throw new LuaError('headers must be a table');
    }
    for (const [name, value] of Object.entries(headers)) setHeader(context, name, value);
  },
  'kong.service.request.add_header': (context, [name, value]) => {
    for (const item of headerValues(name, value)) context.headers.append(String(name), item);
  },
  'kong.service.request.clear_header': (context, [name]) => {
    context.headers.delete(requireText(name, 'header must be a string'));
  },
};

function setHeader(context: RequestContext, name: unknown, value: unknown): void {
  const values = headerValues(name, value);
  const header = String(name);
  if (header.toLowerCase() === 'host') context.upstreamHost = values[0];
  context.headers.set(header, values);
}

function balancerDataOf(context: RequestContext): BalancerData {
  const data = context.balancerData;
  if (!data) throw new LuaError("attempt to index field 'balancer_data' (a nil value)");
  return data;
}
