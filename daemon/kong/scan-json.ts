/** JSON as the same tree as YAML. Strict; whatever is not JSON is left to the YAML parser. */
import type { MapEntry, ScalarNode, SourceNode } from './source-tree';

/** The tree of the text, or `undefined` where it is no JSON object. */
export function scanJson(text: string): SourceNode | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return new Scanner(text).document();
  } catch (error) {
    if (error === beyond) return undefined;
    throw error;
  }
}

const beyond = new Error('not JSON');

const blanks = /[ \t\r\n]*/y;
const literal = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null/y;
const deepest = 200;

class Scanner {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): SourceNode {
    this.skipBlanks();
    const root = this.value();
    this.skipBlanks();
    if (this.at < this.text.length) throw beyond;
    return root;
  }

  private value(): SourceNode {
    if (++this.depth > deepest) throw beyond;
    const char = this.text[this.at];
    const node = char === '{' ? this.map() : char === '[' ? this.sequence() : this.scalar();
    this.depth--;
    return node;
  }

  private map(): SourceNode {
    const start = this.at++;
    const entries: MapEntry[] = [];
    const keys = new Set<string>();
    let size = 1;
    while (this.more('}', entries.length > 0)) {
      const keyStart = this.at;
      const key = this.string();
      if (keys.has(key)) throw beyond;
      keys.add(key);
      this.skipBlanks();
      this.expect(':');
      this.skipBlanks();
      const value = this.value();
      entries.push({ key, keyStart, value });
      size += value.size;
    }
    return { kind: 'map', start, end: this.at, size, flow: true, entries, merges: [] };
  }

  private sequence(): SourceNode {
    const start = this.at++;
    const items: SourceNode[] = [];
    const itemStarts: number[] = [];
    let size = 1;
    while (this.more(']', items.length > 0)) {
      itemStarts.push(this.at);
      const item = this.value();
      items.push(item);
      size += item.size;
    }
    return { kind: 'sequence', start, end: this.at, size, flow: true, items, itemStarts };
  }

  /** Whether another element follows; goes behind the closing bracket where none does. */
  private more(close: string, wantsComma: boolean): boolean {
    this.skipBlanks();
    if (this.text[this.at] === close) {
      this.at++;
      return false;
    }
    if (wantsComma) {
      this.expect(',');
      this.skipBlanks();
    }
    return true;
  }

  private scalar(): ScalarNode {
    const start = this.at;
    if (this.text[start] === '"') {
      const value = this.string();
      return { kind: 'scalar', start, end: this.at, size: 1, value, plain: false };
    }
    literal.lastIndex = start;
    const match = literal.exec(this.text);
    if (!match) throw beyond;
    this.at = literal.lastIndex;
    const value = JSON.parse(match[0]) as number | boolean | null;
    return { kind: 'scalar', start, end: this.at, size: 1, value, plain: true };
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') throw beyond;
    this.at = this.endOfString(start);
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw beyond;
    }
  }

  /** By hand: a regular expression runs out of stack on some megabytes of text. */
  private endOfString(start: number): number {
    for (
      let end = this.text.indexOf('"', start + 1);
      end > 0;
      end = this.text.indexOf('"', end + 1)
    ) {
      let escapes = 0;
      while (this.text[end - 1 - escapes] === '\\') escapes++;
      if (escapes % 2 === 0) return end + 1;
    }
    throw beyond;
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) throw beyond;
    this.at++;
  }

  private skipBlanks(): void {
    blanks.lastIndex = this.at;
    blanks.test(this.text);
    this.at = blanks.lastIndex;
  }
}
