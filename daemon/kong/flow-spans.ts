/** Elements of a flow collection, `[a, b]` or `{ a: 1, b: 2 }`, as stretches of text. */
import type { TextEdits } from './text-edits';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Takes elements out with one comma each; gives back how elements are parted in this collection. */
export function removeSpans(
  edits: TextEdits,
  spans: readonly Span[],
  isRemoved: (index: number) => boolean,
): string {
  const firstKept = spans.findIndex((_span, index) => !isRemoved(index));
  spans.forEach((span, index) => {
    if (!isRemoved(index)) return;
    const [previous, next] = [spans[index - 1], spans[index + 1]];
    if (firstKept >= 0 && index > firstKept)
      edits.replace(previous?.end ?? span.start, span.end, '');
    else edits.replace(span.start, next?.start ?? span.end, '');
  });
  const between = spans
    .slice(1)
    .map((span, index) => edits.text.slice(spans[index]?.end, span.start));
  return between.find((text) => /^,\s*$/.test(text)) ?? ', ';
}
