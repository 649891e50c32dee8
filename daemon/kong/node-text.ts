/** Where the nodes of a tree stand in their text, and how one is exchanged for another value. */
import type { Path } from './model';
import { nodeAt, type SourceFile, type SourceNode } from './source-tree';
import { TextEdits } from './text-edits';
import {
  blockValue,
  flowText,
  isScalar,
  scalarLike,
  type BlockStyle,
  type Writable,
} from './yaml-text';

export class NodeText {
  readonly edits: TextEdits;
  readonly style: BlockStyle;

  constructor(readonly file: SourceFile) {
    this.edits = new TextEdits(file.text);
    this.style = { syntax: file.syntax, dashOffset: this.dashOffset() };
  }

  /** The end without the line breaks that close a block scalar, unless they belong to its value. */
  endOf(node: SourceNode): number {
    const { text } = this.file;
    const leaf = lastLeaf(node);
    const keepsBreaks = /^[|>][0-9]*\+/.test(text.slice(leaf.start, leaf.start + 3));
    if (keepsBreaks && leaf.end === node.end) return node.end;
    let end = node.end;
    while (end > node.start && /[ \t\r\n]/.test(text[end - 1] ?? '')) end--;
    return end;
  }

  /** A value inside a flow collection: `indent` is that of the line, for JSON over several lines. */
  flowValue(value: Writable, indent: number): string {
    if (this.style.syntax === 'yaml') return flowText(value);
    return blockValue(value, indent, this.style).trimStart();
  }

  isInsideFlow(path: Path): boolean {
    return path.some((_step, depth) => {
      const node = nodeAt(this.file.root, path.slice(0, depth));
      return node !== undefined && node.kind !== 'scalar' && node.flow;
    });
  }

  /** The blanks before the first word of the line. */
  lineIndent(offset: number): number {
    const start = this.edits.lineStart(offset);
    return /^ */.exec(this.file.text.slice(start, offset))?.[0].length ?? 0;
  }

  /** Where the value of a key or a dash begins in block form: right behind it. */
  slotOf(path: Path, node: SourceNode): { readonly start: number; readonly indent: number } {
    const parent = nodeAt(this.file.root, path.slice(0, -1));
    const step = path.at(-1);
    if (parent?.kind === 'sequence' && typeof step === 'number') {
      const dash = parent.itemStarts[step] ?? node.start;
      return { start: dash + 1, indent: this.edits.column(dash) };
    }
    const entries = parent?.kind === 'map' ? parent.entries : [];
    const keyStart = entries.find(({ key }) => key === step)?.keyStart ?? node.start;
    return {
      start: colonAfter(this.file.text, keyStart) + 1,
      indent: this.edits.column(keyStart),
    };
  }

  /** Puts `value` where the node at `path` stands, in its style as far as that goes. */
  replace(path: Path, node: SourceNode, value: Writable): void {
    const { text } = this.file;
    const end = this.endOf(node);
    const before = text.slice(node.start, end);
    const isInline = node.kind === 'scalar' ? !before.includes('\n') : node.flow;
    if (isScalar(value) && isInline && before !== '') {
      const written =
        this.style.syntax === 'json' ? flowText(value, 'json') : scalarLike(value, before);
      // A bracket may touch the colon of an unquoted key, and nothing else may.
      const touches = node.kind !== 'scalar' && text[node.start - 1] === ':';
      this.edits.replace(node.start, end, touches ? ` ${written}` : written);
      return;
    }
    if (this.isInsideFlow(path)) {
      const written = this.flowValue(value, this.lineIndent(node.start));
      this.edits.replace(node.start, node.end, this.leadTo(path, node.start, before) + written);
      return;
    }
    const slot = this.slotOf(path, node);
    this.replaceSlot(slot.start, end, blockValue(value, slot.indent, this.style));
  }

  /** What a value in a flow collection needs in front of it: a key may stand there all alone. */
  private leadTo(path: Path, start: number, before: string): string {
    if (before !== '') return '';
    const isAlone =
      typeof path.at(-1) === 'string' && !/:\s*$/.test(this.file.text.slice(0, start));
    return isAlone ? ': ' : ' ';
  }

  /** Text from behind a colon or dash up to the end of its value, whose last line break stays. */
  replaceSlot(start: number, end: number, text: string): void {
    const closing = this.file.text.slice(start, end).endsWith('\n') ? '\n' : '';
    this.edits.replaceInline(start, Math.max(end, start), text + closing);
  }

  /** How far lists stand right of their key in this file; 0 as decK dumps. */
  private dashOffset(): number {
    for (const { value, keyStart } of this.file.root.entries) {
      if (value.kind === 'sequence' && !value.flow && value.itemStarts[0] !== undefined) {
        return this.edits.column(value.itemStarts[0]) - this.edits.column(keyStart);
      }
    }
    return 0;
  }
}

function lastLeaf(node: SourceNode): SourceNode {
  if (node.kind === 'scalar' || node.flow || node.alias !== undefined) return node;
  const own =
    node.kind === 'sequence'
      ? node.items
      : node.entries.filter((entry) => !entry.merged).map((entry) => entry.value);
  const last = own.at(-1);
  return last ? lastLeaf(last) : node;
}

function colonAfter(text: string, keyStart: number): number {
  const quote = text[keyStart];
  if (quote !== '"' && quote !== "'") return colon(text, keyStart);
  const key = quote === '"' ? /"(?:[^"\\]|\\.)*"/sy : /'(?:[^']|'')*'/sy;
  key.lastIndex = keyStart;
  return text.indexOf(':', key.test(text) ? key.lastIndex : keyStart);
}

/** An unquoted key may hold colons that no blank follows. */
function colon(text: string, from: number): number {
  const end = /:(?=\s|$)/g;
  end.lastIndex = from;
  return end.exec(text)?.index ?? text.indexOf(':', from);
}
