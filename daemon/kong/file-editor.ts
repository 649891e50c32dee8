/**
 * Changes of one file, gathered first and then made in its text: what does not change keeps every
 * byte. Paths lead through the tree of the file as it was read.
 */
import { anchorsWithin, sharedAnchors } from './anchors';
import { applyListChange, type AddedItem, type ListChange } from './edit-list';
import { applyMapChange, type MapChange } from './edit-map';
import type { Path } from './model';
import { NodeText } from './node-text';
import { entryOf, nodeAt, type MapNode, type SourceFile, type SourceNode } from './source-tree';
import type { Writable } from './yaml-text';

export class FileEditor {
  /** Anchors that must be written out, and the file read again, before these changes can be made. */
  readonly blocked = new Set<string>();
  private readonly nodes: NodeText;
  private readonly shared: ReadonlySet<string>;
  private readonly lists = new Map<string, ListChange>();
  private readonly maps = new Map<string, MapChange>();

  constructor(
    readonly file: SourceFile,
    /** Whether the item of a list at this path is one of ours, so that the mark above it is, too. */
    private readonly isGenerated: (path: Path) => boolean,
  ) {
    this.nodes = new NodeText(file);
    this.shared = sharedAnchors(file.root);
  }

  /** The node at a path, and a note of every shared anchor on the way. */
  reach(path: Path): SourceNode | undefined {
    let node: SourceNode | undefined = this.file.root;
    this.check(node);
    for (const step of path) {
      if (node.kind === 'map') this.checkMerged(node, String(step));
      node = nodeAt(node, [step]);
      if (!node) return undefined;
      this.check(node);
    }
    return node;
  }

  /** Puts another value in the place of the one at `path`, which exists. */
  replace(path: Path, value: Writable): void {
    const node = this.reach(path);
    if (!node) return;
    this.blockWithin(node);
    this.nodes.replace(path, node, value);
  }

  setKey(mapPath: Path, key: string, value: Writable): void {
    this.reach(mapPath);
    this.mapChange(mapPath).inserted.set(key, value);
  }

  removeKey(mapPath: Path, key: string): void {
    const map = this.reach(mapPath);
    const entry = map?.kind === 'map' ? entryOf(map, key) : undefined;
    if (map?.kind !== 'map' || !entry) return;
    if (entry.merged) {
      this.checkMerged(map, key);
      return;
    }
    this.blockWithin(entry.value);
    this.mapChange(mapPath).removed.add(key);
  }

  removeItem(path: Path): void {
    const node = this.reach(path);
    const [key, index] = path.slice(-2);
    if (!node || typeof index !== 'number' || typeof key !== 'string') return;
    this.blockWithin(node);
    this.listChange(path.slice(0, -2), key).removed.add(index);
  }

  addItem(mapPath: Path, key: string, item: AddedItem): void {
    this.reach([...mapPath, key]);
    this.listChange(mapPath, key).added.push(item);
  }

  /** The text with all changes; the same text where there are none. */
  apply(): string {
    for (const change of this.lists.values()) {
      const { mapPath, key } = change;
      const outcome = applyListChange(this.nodes, change, this.isGenerated);
      if (outcome === 'remove') this.removeKey(mapPath, key);
      else if (outcome !== 'keep') this.mapChange(mapPath).inserted.set(key, outcome.insert);
    }
    for (const change of this.maps.values()) applyMapChange(this.nodes, change);
    return this.nodes.edits.apply();
  }

  private check(node: SourceNode): void {
    if (node.alias !== undefined) this.block(node.alias);
    if (node.anchor !== undefined) this.block(node.anchor);
  }

  /** What a merge brings in stands elsewhere, for others too. */
  private checkMerged(map: MapNode, key: string): void {
    if (entryOf(map, key)?.merged !== true) return;
    map.merges.flatMap((merge) => merge.aliases).forEach((name) => this.block(name));
  }

  private blockWithin(node: SourceNode): void {
    for (const name of anchorsWithin(node)) this.block(name);
  }

  private block(name: string): void {
    if (this.shared.has(name)) this.blocked.add(name);
  }

  private listChange(mapPath: Path, key: string): ListChange {
    return getOrMake(this.lists, JSON.stringify([mapPath, key]), () => {
      return { mapPath, key, removed: new Set(), added: [] };
    });
  }

  private mapChange(path: Path): MapChange {
    return getOrMake(this.maps, JSON.stringify(path), () => {
      return { path, removed: new Set(), inserted: new Map() };
    });
  }
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
