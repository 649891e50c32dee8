/** Changes to a text by offset, gathered first and made at once; everything between stays as it is. */

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly depth: number;
}

/** Editors on Windows begin files with it. It stands in no column, and stays where it is. */
const byteOrderMark = '\uFEFF';

export class TextEdits {
  private readonly edits: Edit[] = [];
  private readonly lineBreak: string;

  constructor(readonly text: string) {
    this.lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  }

  get isEmpty(): boolean {
    return this.edits.length === 0;
  }

  replace(start: number, end: number, text: string): void {
    this.push(start, end, text, 0);
  }

  /** As `replace`, of what stands on the line before: ahead of all lines that are inserted there. */
  replaceInline(start: number, end: number, text: string): void {
    this.push(start, end, text, Infinity);
  }

  /**
   * Whole lines, to stand before the line that begins at `at`. Of several at one place the deepest
   * come first: they belong to what ends there.
   */
  insertLines(at: number, lines: string, depth: number): void {
    const endsOpen = at === this.text.length && at > 0 && !this.text.endsWith('\n');
    this.push(at, at, endsOpen ? `\n${lines}` : `${lines}\n`, depth);
  }

  private push(start: number, end: number, text: string, depth: number): void {
    // A separator that was copied from the text has its breaks already.
    this.edits.push({ start, end, text: text.replaceAll(/\r?\n/g, this.lineBreak), depth });
  }

  /** All lines from the one that holds `start` to the one that holds `end`. */
  removeLines(start: number, end: number): void {
    this.replace(this.lineStart(start), this.nextLine(end), '');
  }

  lineStart(offset: number): number {
    const start = this.text.lastIndexOf('\n', offset - 1) + 1;
    return start === 0 && offset > 0 && this.text.startsWith(byteOrderMark) ? 1 : start;
  }

  /** Where the line after the one that ends at or after `offset` begins. */
  nextLine(offset: number): number {
    if (offset > 0 && this.text[offset - 1] === '\n') return offset;
    const lineEnd = this.text.indexOf('\n', offset);
    return lineEnd < 0 ? this.text.length : lineEnd + 1;
  }

  column(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** Whether only blanks stand before `offset` on its line. */
  beginsLine(offset: number): boolean {
    return this.text.slice(this.lineStart(offset), offset).trim() === '';
  }

  /** The line above the one that holds `offset`. */
  lineAbove(offset: number): { readonly start: number; readonly text: string } | undefined {
    const start = this.lineStart(offset);
    if (start === 0) return undefined;
    const above = this.lineStart(start - 1);
    return { start: above, text: this.text.slice(above, start).trim() };
  }

  /** The changed text; edits that overlap are a mistake of the caller. */
  apply(): string {
    const order = this.edits
      .map((edit, index) => ({ edit, index }))
      .sort(
        (a, b) =>
          a.edit.start - b.edit.start ||
          isRemoval(a.edit) - isRemoval(b.edit) ||
          b.edit.depth - a.edit.depth ||
          a.index - b.index,
      );
    let result = '';
    let at = 0;
    for (const { edit } of order) {
      if (edit.start < at) throw new RangeError(`overlapping edits at ${edit.start}`);
      result += this.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return result + this.text.slice(at);
  }
}

/** Insertions at an offset go before what is replaced there. */
function isRemoval(edit: Edit): number {
  return edit.end > edit.start ? 1 : 0;
}
