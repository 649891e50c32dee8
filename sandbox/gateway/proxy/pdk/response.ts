import { STATUS_CODES } from 'node:http';
import { LuaError } from '../../plugin-client/lua-error';
import { leaveEvent } from '../../plugin-client/plugin-event';
import { headerValues, type PdkFunctions, requireText, wireText } from './pdk-function';

/** `kong.response.*`: answering instead of the upstream, and the answer's headers. */
export const responseFunctions: PdkFunctions = {
  'kong.response.exit': (context, [status, body, headers]) => {
    const code = requireStatus(status);
    const fields = responseHeaders(headers);
    const bytes = responseBody(body, fields);
    if (bytes) context.exit = { status: code, headers: fields, body: bytes };
    else {
      context.failBare(code, STATUS_CODES[code] ?? '');
      if (context.exit)
        context.exit = { ...context.exit, headers: { ...fields, ...context.exit.headers } };
    }
    return leaveEvent;
  },
  'kong.response.error': (context, [status, message, headers]) => {
    const code = requireStatus(status);
    const text = typeof message === 'string' ? message : (STATUS_CODES[code] ?? '');
    context.fail(code, text);
    const fields = responseHeaders(headers);
    if (context.exit)
      context.exit = { ...context.exit, headers: { ...fields, ...context.exit.headers } };
    return leaveEvent;
  },
  'kong.response.set_header': (context, [name, value]) => {
    const values = headerValues(name, value);
    context.responseHeaders.set(String(name), values);
  },
  'kong.response.add_header': (context, [name, value]) => {
    for (const item of headerValues(name, value))
      context.responseHeaders.append(String(name), item);
  },
  'kong.response.clear_header': (context, [name]) => {
    context.responseHeaders.delete(requireText(name, 'header must be a string'));
  },
  'kong.response.get_status': ({ sent }) => sent?.status,
  'kong.response.get_source': ({ sent }) =>
    sent?.upstreamStatus === undefined ? 'exit' : 'service',
  'kong.response.get_header': ({ sent }, [name]) => {
    const value = sent?.headers.get(requireText(name, 'header must be a string'));
    return value === undefined ? undefined : wireText(value);
  },
  'kong.response.get_headers': ({ sent }) =>
    new Map(
      [...(sent?.headers.entries() ?? [])].map(([name, values]) => [name, values.map(wireText)]),
    ),
  'kong.service.response.get_status': ({ sent }) => sent?.upstreamStatus,
  'kong.service.response.get_raw_body': ({ upstreamBody }) =>
    upstreamBody && new Uint8Array(upstreamBody),
  // With buffering on, which a response handler needs, Kong finds no headers here.
  'kong.service.response.get_headers': () => new Map(),
};

function requireStatus(status: unknown): number {
  if (typeof status !== 'number' || status < 100 || status > 599) {
    throw new LuaError('code must be a number between 100 and 599');
  }
  return Math.floor(status);
}

function responseHeaders(headers: unknown): Record<string, readonly string[]> {
  if (headers === undefined) return {};
  if (typeof headers !== 'object' || headers === null) {
    throw new LuaError('headers must be a nil or table');
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, headerValues(name, value)]),
  );
}

/** A table becomes JSON; a text keeps its type, to which nginx adds the charset. */
function responseBody(
  body: unknown,
  headers: Record<string, readonly string[]>,
): Buffer | undefined {
  const typeName = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type');
  if (body === undefined) return undefined;
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    headers[typeName ?? 'Content-Type'] = ['application/json; charset=utf-8'];
    return Buffer.from(JSON.stringify(body));
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new LuaError('body must be a nil, string or table');
  }
  const type = typeName && headers[typeName]?.[0];
  if (typeName && type && /^text\/(plain|html|xml)$/.test(type)) {
    headers[typeName] = [`${type}; charset=UTF-8`];
  }
  return Buffer.from(body);
}
