/** Keys out of and into a mapping, everything around them as it was. */
import type { Path } from './model';
import { removeSpans } from './flow-spans';
import type { NodeText } from './node-text';
import { nodeAt, type MapEntry, type MapNode } from './source-tree';
import { blockEntry, keyText, type Writable } from './yaml-text';

export interface MapChange {
  readonly path: Path;
  readonly removed: Set<string>;
  readonly inserted: Map<string, Writable>;
}

export function applyMapChange(nodes: NodeText, change: MapChange): void {
  const { path, removed, inserted } = change;
  const map = nodeAt(nodes.file.root, path);
  if (map?.kind !== 'map') return;
  const own = map.entries.filter((entry) => !entry.merged);
  const kept = own.filter((entry) => !removed.has(entry.key));
  if (kept.length + map.merges.length > 0 && map.flow) editFlow(nodes, map, own, change);
  else if (kept.length + map.merges.length > 0) editBlock(nodes, map, own, change);
  else if (path.length > 0) nodes.replace(path, map, Object.fromEntries(inserted));
  else rewriteRoot(nodes, map, inserted);
}

function rewriteRoot(nodes: NodeText, map: MapNode, inserted: ReadonlyMap<string, Writable>): void {
  const { edits, style } = nodes;
  if (map.flow) {
    edits.replace(map.start, map.end, nodes.flowValue(Object.fromEntries(inserted), 0));
    return;
  }
  if (map.entries.length > 0) edits.removeLines(map.start, nodes.endOf(map));
  const lines = [...inserted].map(([key, value]) => blockEntry(key, value, 0, style));
  if (lines.length > 0) edits.insertLines(edits.nextLine(nodes.endOf(map)), lines.join('\n'), 0);
}

function editFlow(
  nodes: NodeText,
  map: MapNode,
  own: readonly MapEntry[],
  { removed, inserted }: MapChange,
): void {
  const spans = own.map(({ keyStart, value }) => ({ start: keyStart, end: value.end }));
  const separator = removeSpans(nodes.edits, spans, (index) => {
    return removed.has(own[index]?.key ?? '');
  });
  const ends = [...spans, ...map.merges].map((span) => span.end);
  const end = Math.max(map.start + 1, ...ends);
  const indent = nodes.lineIndent(spans[0]?.start ?? map.start);
  for (const [key, value] of inserted) {
    const text = `${keyText(key, nodes.style)}: ${nodes.flowValue(value, indent)}`;
    nodes.edits.replace(end, end, separator + text);
  }
}

function editBlock(
  nodes: NodeText,
  map: MapNode,
  own: readonly MapEntry[],
  { path, removed, inserted }: MapChange,
): void {
  const { edits } = nodes;
  const [first, ...others] = own;
  // The first key may share its line with a dash, which the next one that stays moves up to.
  const sharesLine = first && removed.has(first.key) && !edits.beginsLine(first.keyStart);
  const starts = [...own.filter(({ key }) => !removed.has(key)).map(({ keyStart }) => keyStart)];
  const next = Math.min(...starts, ...map.merges.map((merge) => merge.start));
  if (sharesLine && next > first.keyStart) edits.replace(first.keyStart, next, '');
  for (const entry of sharesLine ? others : own) {
    if (!removed.has(entry.key) || (sharesLine && entry.keyStart < next)) continue;
    edits.removeLines(entry.keyStart, nodes.endOf(entry.value));
  }
  if (inserted.size === 0) return;
  const allStarts = [
    ...own.map((entry) => entry.keyStart),
    ...map.merges.map((merge) => merge.start),
  ];
  const indent = edits.column(Math.min(...allStarts));
  const lines = [...inserted].map(([key, value]) => blockEntry(key, value, indent, nodes.style));
  edits.insertLines(insertionPoint(nodes, map, own, removed), lines.join('\n'), path.length);
}

/** Behind the last key that holds no list of entities, so that fields stay together. */
function insertionPoint(
  nodes: NodeText,
  map: MapNode,
  own: readonly MapEntry[],
  removed: ReadonlySet<string>,
): number {
  const kept = own.filter((entry) => !removed.has(entry.key));
  const simple = kept.filter(({ value }) => value.kind !== 'sequence' || value.flow);
  const last = simple.at(-1) ?? kept[0];
  const end = last ? nodes.endOf(last.value) : Math.max(...map.merges.map((merge) => merge.end));
  return nodes.edits.nextLine(end);
}
