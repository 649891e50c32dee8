import { LuaError } from '../../plugin-client/lua-error';
import { readRequestBody } from '../request-body';
import { type PdkFunctions, requireText, wireText } from './pdk-function';

/** `client_body_buffer_size`: a larger body lies in a file, and Kong only reads it when told how much. */
const bodyBufferBytes = 8192;

/** `kong.request.*` and `kong.client.*`: what the client sent. */
export const requestFunctions: PdkFunctions = {
  'kong.request.get_scheme': () => 'http',
  'kong.request.get_host': ({ hostName }) => wireText(hostName),
  'kong.request.get_port': ({ proxyPort }) => proxyPort,
  'kong.request.get_forwarded_scheme': () => 'http',
  'kong.request.get_forwarded_host': ({ hostName }) => wireText(hostName),
  'kong.request.get_forwarded_port': ({ proxyPort }) => proxyPort,
  'kong.request.get_forwarded_path': ({ rawPath }) => wireText(rawPath),
  'kong.request.get_forwarded_prefix': ({ match }) => match?.matchedPath,
  'kong.request.get_http_version': ({ request }) => Number(request.httpVersion),
  'kong.request.get_method': ({ method }) => method,
  'kong.request.get_path': ({ normalizedPath }) => wireText(normalizedPath),
  'kong.request.get_raw_path': ({ rawPath }) => wireText(rawPath),
  'kong.request.get_path_with_query': ({ request }) => wireText(request.url ?? '/'),
  'kong.request.get_raw_query': ({ rawQuery }) => wireText(rawQuery ?? ''),
  'kong.request.get_query': ({ rawQuery }) => queryTable(rawQuery ?? ''),
  'kong.request.get_query_arg': (context, [name]) => {
    const key = requireText(name, 'query argument name must be a string');
    const values = queryTable(context.rawQuery ?? '').get(key);
    return values && (values.length === 0 ? true : values[0]);
  },
  'kong.request.get_headers': ({ headers }) =>
    new Map([...headers.entries()].map(([name, values]) => [name, values.map(wireText)])),
  'kong.request.get_header': ({ headers }, [name]) => {
    const value = headers.get(requireText(name, 'header name must be a string'));
    return value === undefined ? undefined : wireText(value);
  },
  'kong.request.get_raw_body': async (context, [maxBytes]) => {
    const body = await readRequestBody(context);
    if (body.length > bodyBufferBytes && typeof maxBytes !== 'number') {
      throw new LuaError(
        "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'",
      );
    }
    return new Uint8Array(body);
  },
  'kong.client.get_ip': ({ clientIp }) => clientIp,
  'kong.client.get_forwarded_ip': ({ clientIp }) => clientIp,
  'kong.client.get_port': ({ request }) => request.socket.remotePort,
  'kong.client.get_protocol': () => 'http',
  'kong.client.get_consumer': ({ consumer }) => consumer,
  'kong.client.get_credential': ({ credential }) => credential,
};

/** Every argument with its values; one without `=` has none. */
function queryTable(rawQuery: string): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeArgument(equals === -1 ? part : part.slice(0, equals));
    const values = table.get(name) ?? [];
    if (equals !== -1) values.push(decodeArgument(part.slice(equals + 1)));
    table.set(name, values);
  }
  return table;
}

function decodeArgument(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return encoded;
  }
}
