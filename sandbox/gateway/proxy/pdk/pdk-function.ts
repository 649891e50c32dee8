import { ByteString } from '../../plugin-client/byte-string';
import { LuaError } from '../../plugin-client/lua-error';
import type { Plugin } from '../entities';
import type { RequestContext } from '../request-context';

/** One PDK function. `undefined` is nil; arguments end at the first nil. */
export type PdkFunction = (
  context: RequestContext,
  args: readonly unknown[],
  plugin: Plugin,
) => unknown;

export type PdkFunctions = Readonly<Record<string, PdkFunction | undefined>>;

/** @throws LuaError with Kong's sentence unless the value is a string */
export function requireText(value: unknown, sentence: string): string {
  if (typeof value !== 'string') throw new LuaError(sentence);
  return value;
}

/** @throws LuaError unless the value is an integer from 0 to `max` */
export function requireInteger(value: unknown, name: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new LuaError(`${name} must be an integer`);
  }
  if (value < 0 || value > max) {
    throw new LuaError(`${name} must be an integer between 0 and ${max}: given ${value}`);
  }
  return value;
}

/** A string of the wire (latin1 in Node) as Kong passes it on: its bytes. */
export function wireText(value: string): string | ByteString {
  for (let index = 0; index < value.length; index++) {
    if (value.charCodeAt(index) > 0x7f) return new ByteString(Buffer.from(value, 'latin1'));
  }
  return value;
}

/** A plugin's UTF-8 string as Node's HTTP functions want header values. */
export function headerText(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1');
}

/** @throws LuaError for what Kong does not take as a header value */
export function headerValues(name: unknown, value: unknown): readonly string[] {
  const header = requireText(name, 'header must be a string');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((item) => {
    if (typeof item === 'string') return headerText(item);
    if (typeof item === 'number' || typeof item === 'boolean') return String(item);
    throw new LuaError(
      `invalid header value for "${header}": got ${luaType(item)}, expected string, number, boolean or array of strings`,
    );
  });
}

function luaType(value: unknown): string {
  if (value === undefined || value === null) return 'nil';
  return typeof value === 'object' ? 'table' : typeof value;
}

/** An entity as Lua code sees it: what is null is not there. */
export function luaEntity(entity: object, extra: object = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries({ ...entity, ...extra }).filter(([, value]) => value !== null),
  );
}
