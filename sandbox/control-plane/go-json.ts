import { badRequest } from './std-error';
import type { Json } from './resource';

/**
 * Reads a request body as Go's JSON decoder does, for its error texts are in the answers that clients show.
 * @throws StdError 400 with the recorded wording.
 */
export function parseBody(text: string, type: string): Json {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw undecodable(type, syntaxError(text));
  }
  if (isObject(parsed)) return parsed;
  throw undecodable(
    type,
    `json: cannot unmarshal ${kindOf(parsed)} into Go value of type rest.Resource`,
  );
}

/** The 400 for a body that does not decode into the resource. */
export function undecodable(type: string, cause: string): Error {
  return badRequest(`invalid ${type} object: ${JSON.stringify(cause)}`);
}

/** What Go calls the JSON kind of a value. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function syntaxError(text: string): string {
  const body = text.trimStart();
  for (const literal of ['true', 'false', 'null']) {
    if (body[0] !== literal[0]) continue;
    const at = Array.from(literal).findIndex((letter, index) => body[index] !== letter);
    const found = body[at];
    if (found === undefined) break;
    return `invalid character '${found}' in literal ${literal} (expecting '${literal[at] ?? ''}')`;
  }
  const first = body[0];
  if (first === undefined || '{["-0123456789'.includes(first))
    return 'unexpected end of JSON input';
  return `invalid character '${first}' looking for beginning of value`;
}
