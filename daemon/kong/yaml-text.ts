/** Values as YAML or JSON text, quoted so that readers of YAML 1.1 and 1.2 agree on them. */
import { readingInYaml11, resolveCoreScalar } from './core-schema';
import { holdsTemplate, unmaskTemplates } from './env-template';
import { isList } from './merge-json';
import type { Json } from './model';
import type { ScalarNode, SourceNode } from './source-tree';

/** Text that goes into the file as it is: a scalar with the user's templates in it. */
export class Verbatim {
  constructor(readonly text: string) {}
}

export type Writable =
  | string
  | number
  | boolean
  | null
  | Verbatim
  | readonly Writable[]
  | { readonly [key: string]: Writable };

export interface BlockStyle {
  readonly syntax: 'yaml' | 'json';
  /** How far the dash of a list stands right of its key. */
  readonly dashOffset: number;
}

const listWidth = 60;

const plainWords = /^[A-Za-z_./](?:[\w./@+=~-]|:(?=[\w/]))*(?: (?:[\w./@+=~-]|:(?=[\w/]))+)*$/;
const ipv4Address = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5}|\/[0-9]{1,2})?$/;

/** A value behind a colon or a dash at `indent`, with the leading space or line break. */
export function blockValue(value: Writable, indent: number, style: BlockStyle): string {
  if (style.syntax === 'json') return ` ${jsonText(value, indent)}`;
  if (typeof value === 'string' && isBlockText(value)) return ` ${blockText(value, indent + 2)}`;
  if (isScalar(value)) return ` ${scalarText(value)}`;
  if (isWritableList(value)) {
    if (isShortList(value)) return ` ${flowText(value)}`;
    const dash = indent + style.dashOffset;
    return `\n${value.map((item) => blockItem(item, dash, style)).join('\n')}`;
  }
  if (Object.keys(value).length === 0) return ' {}';
  return `\n${blockEntries(value, indent + 2, style)}`;
}

/** An item of a list whose dash stands at `indent`, as whole lines without the last line break. */
export function blockItem(item: Writable, indent: number, style: BlockStyle): string {
  const dash = `${' '.repeat(indent)}-`;
  if (isScalar(item) || isWritableList(item) || Object.keys(item).length === 0) {
    const inner = isScalar(item) ? blockValue(item, indent, style) : ` ${flowText(item)}`;
    return `${dash}${inner}`;
  }
  return `${dash} ${blockEntries(item, indent + 2, style).trimStart()}`;
}

/** `key: value` at `indent`, as whole lines without the last line break. */
export function blockEntry(
  key: string,
  value: Writable,
  indent: number,
  style: BlockStyle,
): string {
  return `${' '.repeat(indent)}${keyText(key, style)}:${blockValue(value, indent, style)}`;
}

function blockEntries(
  map: { readonly [key: string]: Writable },
  indent: number,
  style: BlockStyle,
): string {
  return Object.entries(map)
    .map(([key, value]) => blockEntry(key, value, indent, style))
    .join('\n');
}

/** On one line, for flow collections; JSON where the file is JSON. */
export function flowText(value: Writable, syntax: 'yaml' | 'json' = 'yaml'): string {
  if (syntax === 'json') return jsonText(value, 0).replace(/\n */g, ' ');
  if (isScalar(value)) return scalarText(value);
  if (isWritableList(value)) return `[${value.map((item) => flowText(item)).join(', ')}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${scalarText(key)}: ${flowText(item)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

export function keyText(key: string, style: { readonly syntax: 'yaml' | 'json' }): string {
  return style.syntax === 'json' ? JSON.stringify(key) : scalarText(key);
}

export function scalarText(value: string | number | boolean | null | Verbatim): string {
  if (value instanceof Verbatim) return value.text;
  if (typeof value !== 'string') return String(value);
  return isPlainSafe(value) ? value : quoted(value);
}

/** As `scalarText`, in the quotes that stood there before. */
export function scalarLike(
  value: string | number | boolean | null | Verbatim,
  before: string,
): string {
  if (typeof value !== 'string') return scalarText(value);
  if (before.startsWith('"')) return escapeTemplates(JSON.stringify(value));
  if (before.startsWith("'") && /^[ -~]*$/.test(value) && !value.includes('${{')) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return scalarText(value);
}

/** A node as it stands, templates kept. */
export function writableOf(node: SourceNode, templates: readonly string[]): Writable {
  if (node.kind === 'scalar') return writableScalar(node, templates);
  if (node.kind === 'sequence') return node.items.map((item) => writableOf(item, templates));
  const map: Record<string, Writable> = {};
  for (const { key, value } of node.entries) map[key] = writableOf(value, templates);
  return map;
}

export function isScalar(value: Writable): value is string | number | boolean | null | Verbatim {
  return typeof value !== 'object' || value === null || value instanceof Verbatim;
}

export function isWritableList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value);
}

function writableScalar(node: ScalarNode, templates: readonly string[]): Writable {
  const { value } = node;
  if (typeof value !== 'string' || !holdsTemplate(value, templates)) return value;
  // Unquoted ones may become numbers, so they stay unquoted.
  const text = node.plain ? value : JSON.stringify(value);
  return new Verbatim(unmaskTemplates(text, templates));
}

/** Texts that are themselves to every reader, wherever they stand. */
function isPlainSafe(text: string): boolean {
  if (!plainWords.test(text)) return ipv4Address.test(text);
  return resolveCoreScalar(text) === text && readingInYaml11(text) === undefined;
}

function quoted(text: string): string {
  return escapeTemplates(JSON.stringify(text));
}

/** What only looks like a template must not become one when the file is read again. */
function escapeTemplates(json: string): string {
  return json
    .replaceAll('${{', '\\u0024{{')
    .replace(
      /[\u007F-\u009F\u2028\u2029\uE000-\uF8FF\uFEFF\uFFFE\uFFFF]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

/** Certificates, keys and functions read better as they are. */
function isBlockText(text: string): boolean {
  return (
    text.includes('\n') &&
    /^[!-~]/.test(text) &&
    /^[\n -~]*$/.test(text) &&
    !text.includes('${{') &&
    !/ \n|\n\n$| $/.test(text)
  );
}

function blockText(text: string, indent: number): string {
  const mark = text.endsWith('\n') ? '|' : '|-';
  const lines = text.replace(/\n$/, '').split('\n');
  const pad = ' '.repeat(indent);
  return `${mark}\n${lines.map((line) => (line === '' ? '' : pad + line)).join('\n')}`;
}

function isShortList(list: readonly Writable[]): boolean {
  return list.every(isScalar) && flowText(list).length <= listWidth;
}

function jsonText(value: Writable, indent: number): string {
  const verbatims: string[] = [];
  const text = JSON.stringify(
    value,
    (_key, item: Writable) => {
      if (!(item instanceof Verbatim)) return item;
      verbatims.push(item.text);
      return `\uE000${verbatims.length - 1}\uE001`;
    },
    2,
  );
  return escapeTemplates(text.replaceAll('\n', `\n${' '.repeat(indent)}`)).replace(
    /"\\ue000([0-9]+)\\ue001"/g,
    (whole, index: string) => verbatims[Number(index)] ?? whole,
  );
}

/** Whether a value holds no lists or mappings. */
export function isScalarJson(value: Json): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

export function asWritable(value: Json): Writable {
  return isList(value) ? value.map(asWritable) : value;
}
