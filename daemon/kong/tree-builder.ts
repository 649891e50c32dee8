/** The full parser's document → tree: anchors followed, merge keys filled in, and all sizes counted. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Failure } from '../../catalog/error';
import { holdsTemplate } from './env-template';
import { kongErrors } from './errors';
import type { LineIndex, MapEntry, MergeKey, SourceNode } from './source-tree';

/** An alias bomb of ten lines makes billions of values; real files stay far below this. */
const expansionLimit = 2_000_000;

/** What no tree can be made of. */
export class Unreadable extends Error {
  constructor(
    private readonly code: 'KONG_FILE_SYNTAX' | 'KONG_FILE_ALIASES' | 'KONG_TEMPLATE_KEY',
    private readonly details: Readonly<Record<string, string | number>>,
    private readonly offset: number,
  ) {
    super(code);
  }

  failure(lines: LineIndex): Failure {
    return kongErrors.failure(this.code, this.details, { place: lines.place(this.offset) });
  }
}

export class TreeBuilder {
  constructor(
    private readonly text: string,
    private readonly templates: readonly string[],
  ) {}

  /** Complete ones only, so an alias inside its own anchor is unknown and no cycle can form. */
  private readonly anchors = new Map<string, SourceNode>();
  private expanded = 0;

  build(node: Node): SourceNode {
    const built = this.convert(node);
    const anchor = isAlias(node) ? undefined : node.anchor;
    if (anchor === undefined) return built;
    const anchored = { ...built, anchor };
    this.anchors.set(anchor, anchored);
    return anchored;
  }

  private convert(node: Node): SourceNode {
    const [start, end] = node.range ?? [0, 0];
    if (isAlias(node)) return this.alias(node.source, start, end);
    if (isMap(node))
      return this.map(node.items as Pair<Node, Node | null>[], start, end, node.flow);
    if (isSeq(node)) return this.sequence(node.items as Node[], start, end, node.flow);
    if (!isScalar(node))
      throw new Unreadable('KONG_FILE_SYNTAX', { reason: 'a node of unknown kind' }, start);
    const { value } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) {
      return { kind: 'scalar', start, end, size: 1, value, plain: node.type === 'PLAIN' };
    }
    if (typeof value === 'number' && Number.isFinite(value)) {
      return { kind: 'scalar', start, end, size: 1, value, plain: true };
    }
    const reason = `${node.source ?? 'this'} is no value that Kong can hold`;
    throw new Unreadable('KONG_FILE_SYNTAX', { reason }, start);
  }

  private alias(name: string, start: number, end: number): SourceNode {
    const target = this.anchors.get(name);
    if (!target)
      throw new Unreadable('KONG_FILE_SYNTAX', { reason: 'an alias has no anchor' }, start);
    this.expanded += target.size;
    if (this.expanded > expansionLimit)
      throw new Unreadable('KONG_FILE_ALIASES', { limit: expansionLimit }, start);
    return { ...withoutAnchor(target), start, end, alias: name };
  }

  private sequence(nodes: readonly Node[], start: number, end: number, flow = false): SourceNode {
    const items = nodes.map((node) => this.build(node));
    const size = items.reduce((sum, item) => sum + item.size, 1);
    return {
      kind: 'sequence',
      start,
      end: flow ? end : lastEnd(items, end),
      size,
      flow,
      items,
      itemStarts: flow ? items.map((item) => item.start) : this.dashes(items, start),
    };
  }

  /** All dashes of a block stand in one column; the parser tells where the first one does. */
  private dashes(items: readonly SourceNode[], first: number): readonly number[] {
    const column = first - (this.text.lastIndexOf('\n', first - 1) + 1);
    const dash = new RegExp(`^ {${column}}-`, 'gm');
    return items.map((item, index) => {
      const previous = items[index - 1];
      if (!previous) return first;
      dash.lastIndex = previous.end;
      return dash.test(this.text) ? dash.lastIndex - 1 : item.start;
    });
  }

  /** With an anchor or a tag in front of it: that is where its column is. */
  private startOf(key: Node, at: number): number {
    if (isAlias(key) || (key.anchor === undefined && key.tag === undefined)) return at;
    const before = this.text.slice(this.text.lastIndexOf('\n', at - 1) + 1, at);
    return at - (/(?:[&!]\S*[ \t]+)+$/.exec(before)?.[0].length ?? 0);
  }

  private map(
    pairs: readonly Pair<Node, Node | null>[],
    start: number,
    end: number,
    flow = false,
  ): SourceNode {
    const entries: MapEntry[] = [];
    const mergedEntries: MapEntry[] = [];
    const merges: MergeKey[] = [];
    for (const { key, value } of pairs) {
      const keyStart = this.startOf(key, key.range?.[0] ?? start);
      const name = keyText(key, keyStart, this.templates);
      const node = value ? this.build(value) : emptyAt(key.range?.[1] ?? keyStart);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        merges.push({ start: keyStart, end: node.end, aliases: aliasesOf(node) });
        mergedEntries.push(...mergedFrom(node));
      } else {
        entries.push({ key: name, keyStart, value: node });
      }
    }
    const known = new Set(entries.map((entry) => entry.key));
    for (const entry of mergedEntries) {
      if (known.has(entry.key)) continue;
      known.add(entry.key);
      entries.push({ ...entry, merged: true });
    }
    const size = entries.reduce((sum, entry) => sum + entry.value.size, 1);
    const last = [
      ...entries.filter((entry) => !entry.merged).map((entry) => entry.value),
      ...merges,
    ];
    return {
      kind: 'map',
      start,
      end: flow ? end : lastEnd(last, end),
      size,
      flow,
      entries,
      merges,
    };
  }
}

/** The parser counts comments and blank lines behind a block as part of it. */
function lastEnd(parts: readonly { readonly end: number }[], otherwise: number): number {
  return parts.length === 0 ? otherwise : Math.max(...parts.map((part) => part.end));
}

function aliasesOf(node: SourceNode): readonly string[] {
  const nodes = node.kind === 'sequence' && node.alias === undefined ? node.items : [node];
  return nodes.flatMap((item) => item.alias ?? []);
}

function withoutAnchor(node: SourceNode): SourceNode {
  const copy: Mutable<SourceNode> = { ...node };
  delete copy.anchor;
  return copy;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function emptyAt(at: number): SourceNode {
  return { kind: 'scalar', start: at, end: at, size: 1, value: null, plain: true };
}

function keyText(key: Node, offset: number, templates: readonly string[]): string {
  // An empty key or `null:` has no name in JSON: what reads the file as decK does cannot hold it.
  if (!isScalar(key) || key.value === null)
    throw new Unreadable('KONG_FILE_SYNTAX', { reason: 'a key must be text' }, offset);
  const text = key.source ?? '';
  if (holdsTemplate(text, templates))
    throw new Unreadable('KONG_TEMPLATE_KEY', { key: 'with a template' }, offset);
  return text;
}

/** One mapping or a list of them; in a list the earlier one wins. */
function mergedFrom(node: SourceNode): readonly MapEntry[] {
  if (node.kind === 'map') return node.entries;
  if (node.kind !== 'sequence') {
    throw new Unreadable('KONG_FILE_SYNTAX', { reason: '<< must merge a mapping' }, node.start);
  }
  return node.items.flatMap((item) => {
    if (item.kind === 'map') return item.entries;
    throw new Unreadable('KONG_FILE_SYNTAX', { reason: '<< must merge mappings' }, item.start);
  });
}
