/**
 * Anchors of a file that is about to change: a value that several places share must not change for
 * all of them when it changes for one.
 */
import type { MapNode, SourceFile, SourceNode } from './source-tree';
import { TextEdits } from './text-edits';
import { blockEntry, flowText, keyText, writableOf } from './yaml-text';

/** Names that `*name` or `<<: *name` use somewhere. */
export function sharedAnchors(root: SourceNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(root, (node) => {
    if (node.alias !== undefined) names.add(node.alias);
    if (node.kind === 'map')
      node.merges.forEach((merge) => merge.aliases.forEach((name) => names.add(name)));
  });
  return names;
}

/** Anchors that are defined at or below a node. */
export function anchorsWithin(node: SourceNode): readonly string[] {
  const names: string[] = [];
  visit(node, (inner) => {
    if (inner.anchor !== undefined) names.push(inner.anchor);
  });
  return names;
}

/** The text in which every use of these anchors is written out, with the values it has now. */
export function writeOutAliases(file: SourceFile, names: ReadonlySet<string>): string {
  const edits = new TextEdits(file.text);
  visit(file.root, (node) => {
    if (node.alias !== undefined && names.has(node.alias)) {
      edits.replace(node.start, node.end, flowText(writableOf(node, file.templates)));
    } else if (node.kind === 'map' && node.alias === undefined) {
      writeOutMerges(node, names, file, edits);
    }
  });
  return edits.apply();
}

function writeOutMerges(
  map: MapNode,
  names: ReadonlySet<string>,
  file: SourceFile,
  edits: TextEdits,
): void {
  if (!map.merges.some((merge) => merge.aliases.some((name) => names.has(name)))) return;
  const [first] = map.merges;
  if (!first) return;
  const merged = map.entries.filter((entry) => entry.merged);
  const style = { syntax: 'yaml', dashOffset: 0 } as const;
  const indent = edits.column(first.start);
  const parts = merged.map(({ key, value }) => {
    const writable = writableOf(value, file.templates);
    return map.flow
      ? `${keyText(key, style)}: ${flowText(writable)}`
      : blockEntry(key, writable, indent, style).trimStart();
  });
  // Where all of it is overridden a key is still needed to hold the place.
  const text = parts.join(map.flow ? ', ' : `\n${' '.repeat(indent)}`);
  edits.replace(first.start, first.end, text === '' ? '<<: {}' : text);
}

/** What stands in the text itself: not the content behind an alias, nor what a merge brings in. */
function visit(node: SourceNode, see: (node: SourceNode) => void): void {
  see(node);
  if (node.alias !== undefined) return;
  if (node.kind === 'sequence') node.items.forEach((item) => visit(item, see));
  if (node.kind === 'map') {
    for (const entry of node.entries) if (!entry.merged) visit(entry.value, see);
  }
}
