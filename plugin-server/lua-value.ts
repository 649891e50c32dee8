/** An expression that is written as it is. */
export class LuaCode {
  constructor(readonly text: string) {}
}

/** JSON as a Lua table constructor. @throws TypeError on what has no place in a table. */
export function luaValue(value: unknown, indent: string): string {
  if (value instanceof LuaCode) return value.text;
  if (typeof value === 'string') return luaString(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // A nil would leave the field out, which means something else.
  if (typeof value !== 'object' || value === null) throw new TypeError('a value is no Lua');
  const deeper = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => luaValue(item, deeper))
    : Object.entries(value).map(([key, item]) => `${luaKey(key)} = ${luaValue(item, deeper)}`);
  if (items.length === 0) return '{}';
  return `{\n${items.map((item) => `${deeper}${item},\n`).join('')}${indent}}`;
}

const word = /^[A-Za-z_]\w*$/;

/** Lua 5.1 and LuaJIT. */
const reserved = new Set(
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);

function luaKey(key: string): string {
  return word.test(key) && !reserved.has(key) ? key : `[${luaString(key)}]`;
}

/** Everything but plain characters as three decimal digits, which every Lua reads. */
function luaString(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
  });
  return `"${bytes.join('')}"`;
}
