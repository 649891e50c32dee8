import { isRecord } from '../entities/fill-defaults';
import { htmlPage, refuse, Refusal, unexpected } from './reply';

/** A request's body, read by its content type. */
export type RequestBody =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'object';
      readonly value: Readonly<Record<string, unknown>>;
      readonly form: boolean;
    }
  | { readonly kind: 'yaml'; readonly text: string };

/** What a body may weigh at most; above it nginx answers (seen). */
export const maxBodyBytes = 10 * 1024 * 1024;

/** @throws Refusal where Kong refuses the body: bad JSON 400, a JSON text 500, other types 415. */
export function parseBody(contentType: string | undefined, text: string): RequestBody {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === undefined || type === '') {
    if (text === '') return { kind: 'none' };
    throw new Refusal(htmlPage(415, 'Unsupported Media Type'));
  }
  switch (type) {
    case 'application/json':
      return { kind: 'object', value: parseJson(text), form: false };
    case 'application/x-www-form-urlencoded':
      return { kind: 'object', value: nest(new URLSearchParams(text)), form: true };
    case 'multipart/form-data':
      return { kind: 'object', value: nest(readParts(contentType ?? '', text)), form: true };
    case 'text/yaml':
    case 'application/yaml':
    case 'application/x-yaml':
      return { kind: 'yaml', text };
    default:
      throw new Refusal(htmlPage(415, 'Unsupported Media Type'));
  }
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(400, { message: 'Cannot parse JSON body' });
  }
  if (typeof value === 'string') throw new Refusal(unexpected);
  // An array counts as an object without fields (seen).
  return isRecord(value) ? value : {};
}

function readParts(contentType: string, text: string): Iterable<[string, string]> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  return text.split(`--${boundary}`).flatMap((part): [string, string][] => {
    const name = /name="([^"]*)"/.exec(part)?.[1];
    const start = part.indexOf('\r\n\r\n');
    if (name === undefined || start < 0) return [];
    return [[name, part.slice(start + 4).replace(/\r\n$/, '')]];
  });
}

/** Form fields as an object: `a.b=1` nests, `a[]=1` and repetitions make lists. */
function nest(fields: Iterable<[string, string]>): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    const keys = name.replace(/\[\d*\]$/, '').split('.');
    const last = keys.pop() ?? name;
    let at = out;
    for (const key of keys) {
      const next = at[key];
      at = isRecord(next) ? next : (at[key] = {});
    }
    const present = at[last];
    if (/\[\d*\]$/.test(name) || present !== undefined) {
      at[last] = [present ?? [], value].flat();
    } else {
      at[last] = value;
    }
  }
  return out;
}
