/** Texts as Kong's Lua prints tables, which its error messages contain. */

/** Compact, keys sorted: `{name="orders",service={id="..."}}`, lists by place, holes as `[2]=`. */
export function formatLuaTable(value: unknown): string {
  if (Array.isArray(value)) return `{${formatList(value).join(',')}}`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([left], [right]) => compareBytes(left, right));
    return `{${entries.map(([key, entry]) => `${formatKey(key)}=${formatLuaTable(entry)}`).join(',')}}`;
  }
  if (typeof value === 'string') return quote(value);
  return String(value);
}

function formatList(list: readonly unknown[]): string[] {
  const out: string[] = [];
  let holes = false;
  list.forEach((entry, index) => {
    if (entry === null || entry === undefined) holes = true;
    else out.push(holes ? `[${index + 1}]=${formatLuaTable(entry)}` : formatLuaTable(entry));
  });
  return out;
}

/** Over several lines, two spaces a level: how messages show errors nested deeper than one level. */
export function formatLuaPretty(value: unknown, indent = ''): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const lines = value
      .filter((entry) => entry !== null)
      .map((entry) => `${inner}${formatLuaPretty(entry, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  if (typeof value === 'object' && value !== null) {
    const lines = Object.entries(value)
      .sort(([left], [right]) => compareBytes(left, right))
      .map(([key, entry]) => `${inner}${formatKey(key)} = ${formatLuaPretty(entry, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  return typeof value === 'string' ? quote(value) : String(value);
}

function formatKey(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : `[${quote(key)}]`;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

/** Order by bytes, as Lua sorts strings. */
export function compareBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
