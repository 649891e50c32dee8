/**
 * How deep a YAML text may be nested, found out before a parser sees it: the parser recurses, and what
 * nests by the thousand exhausts its stack, takes it hours, or ends the process.
 */

/** Far beyond what people write, and what Kong itself takes. */
export const deepestNesting = 200;

/**
 * Where a text is nested too deeply; undefined where it is not. Counted without regard to quotes, so
 * that a text with hundreds of brackets that are never closed counts, too.
 */
export function tooDeepAt(text: string): number | undefined {
  /** Columns of the blocks that are open. */
  const columns: number[] = [];
  let brackets = 0;
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf('\n', start);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const first = skipSpaces(text, start, end);
    if (first < end) {
      while ((columns.at(-1) ?? -1) >= first - start) columns.pop();
      columns.push(first - start);
      const marks = countMarks(text, first, end);
      for (let at = first; at < end; at += 1) {
        const char = text.charCodeAt(at);
        if (char === openBracket || char === openBrace) brackets += 1;
        else if ((char === closeBracket || char === closeBrace) && brackets > 0) brackets -= 1;
        if (columns.length + marks + brackets > deepestNesting) return at;
      }
    }
    start = end + 1;
  }
  return undefined;
}

const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) === 0x20) at += 1;
  return at;
}

/** `- - ? - a`: each mark at the beginning of a line opens a level of its own. */
function countMarks(text: string, from: number, end: number): number {
  let marks = 0;
  for (let at = from; at < end; at += 1) {
    const char = text[at];
    if (char === '-' || char === '?' || char === ':') marks += 1;
    else if (char !== ' ' && char !== '\t') break;
  }
  return marks;
}
