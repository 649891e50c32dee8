/**
 * A parsed file as values that know where they stand in the text: what findings point at and what the
 * writer edits. YAML and JSON come out alike.
 */
import type { Place } from '../../catalog/error';
import type { Path } from './model';

export type SourceNode = ScalarNode | MapNode | SequenceNode;

interface Spanned {
  /** Offsets into the text: of the first character, and behind the last one. */
  readonly start: number;
  readonly end: number;
  /** Nodes below and including this one, aliases expanded. */
  readonly size: number;
  /** The name under which other parts of the file may share this node. */
  readonly anchor?: string;
  /** Set where the text only says `*name`: the content below stands, and is owned, elsewhere. */
  readonly alias?: string;
}

export interface ScalarNode extends Spanned {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Unquoted on one line: its type was read off its looks. */
  readonly plain: boolean;
}

export interface MapNode extends Spanned {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: readonly MapEntry[];
  /** The `<<:` lines, whose values are among the entries as `merged`. */
  readonly merges: readonly MergeKey[];
}

export interface MergeKey {
  readonly start: number;
  readonly end: number;
  /** The anchors that are merged. */
  readonly aliases: readonly string[];
}

export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: SourceNode;
  /** Came in through a merge key: the text of the map itself does not hold it. */
  readonly merged?: true;
}

export interface SequenceNode extends Spanned {
  readonly kind: 'sequence';
  readonly flow: boolean;
  readonly items: readonly SourceNode[];
  /** Of each item the offset of its dash; in flow form of the item itself. */
  readonly itemStarts: readonly number[];
}

/** One file as it was read. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly root: MapNode;
  /** The `${{ … }}` of the text in order; the tree's scalars hold placeholders for them. */
  readonly templates: readonly string[];
  readonly syntax: 'yaml' | 'json';
}

export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** The node at `path`, or as far towards it as the tree goes. */
export function nearestNode(root: SourceNode, path: Path): SourceNode {
  let node = root;
  for (const step of path) {
    const next = childAt(node, step);
    if (!next) return node;
    node = next;
  }
  return node;
}

/** The node at `path`, if the tree goes there. */
export function nodeAt(root: SourceNode, path: Path): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const step of path) {
    node = childAt(node, step);
    if (!node) return undefined;
  }
  return node;
}

function childAt(node: SourceNode, step: string | number): SourceNode | undefined {
  if (node.kind === 'map') return entryOf(node, String(step))?.value;
  return node.kind === 'sequence' && typeof step === 'number' ? node.items[step] : undefined;
}

const lineIndexes = new WeakMap<SourceFile, LineIndex>();

/** One index a file, however many places are asked for. */
export function linesOf(file: SourceFile): LineIndex {
  const known = lineIndexes.get(file);
  if (known) return known;
  const made = new LineIndex(file.path, file.text);
  lineIndexes.set(file, made);
  return made;
}

/** Turns offsets of one text into places; lines are looked for once, on first use. */
export class LineIndex {
  private starts: readonly number[] | undefined;

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {}

  place(offset: number): Place {
    const starts = (this.starts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
