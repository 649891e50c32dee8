/** Entities as they stand in the files, nested ones taken out, references not resolved yet. */
import { nearest } from '../../catalog/nearest';
import { labelOf } from './draft-label';
import type { Draft, DraftSource } from './draft-type';
import { passOn } from './draft-unmanaged';
import { splitUrl } from './draft-url';
import { kongErrors } from './errors';
import { defaultsName, type Header } from './header';
import { isUuid } from './ids';
import { entityKinds, type ChildKind } from './kinds';
import { isObject, mergeUnder, nameOfShape, survivingPaths } from './merge-json';
import type { EntityType, Json, JsonObject, Path } from './model';
import type { ValueReader } from './resolve-value';
import { entryOf, type MapNode, type SourceNode } from './source-tree';
import { commentKeys, isUnmanagedChild } from './top-level-keys';

/** Reads one list of entities and everything nested in it; drafts go into `into`. */
export function draftList(
  type: EntityType,
  list: SourceNode,
  path: Path,
  reader: ValueReader,
  source: DraftSource,
  into: Draft[],
  nested?: { readonly child: ChildKind; readonly draft: Draft },
): void {
  if (list.kind === 'scalar' && list.value === null) return;
  if (list.kind !== 'sequence') {
    const key = String(path.at(-1));
    const context = { place: reader.placeOf(list) };
    const found = shapeOf(list);
    reader.failures.push(
      nested
        ? kongErrors.failure('KONG_ENTITY_SHAPE', { what: key, expected: 'a list', found }, context)
        : kongErrors.failure('KONG_FILE_LIST', { key, found }, context),
    );
    if (nested) nested.draft.bad = true;
    return;
  }
  list.items.forEach((item, index) => {
    const itemPath = [...path, index];
    const draft = nested?.child.names
      ? draftName(type, item, itemPath, reader, nested.child.names, nested)
      : draftEntity(type, item, itemPath, reader, source, into, nested);
    if (draft) into.push(draft);
  });
}

function draftEntity(
  type: EntityType,
  node: SourceNode,
  path: Path,
  reader: ValueReader,
  source: DraftSource,
  into: Draft[],
  nested?: { readonly child: ChildKind; readonly draft: Draft },
): Draft | undefined {
  if (node.kind !== 'map') {
    // `snis: [a.example]` is how Kong's Admin API writes them.
    if (type === 'snis' && node.kind === 'scalar' && typeof node.value === 'string' && nested) {
      const { value, secrets, ok } = reader.read(node);
      const draft = newDraft(type, node, path, reader, { name: value }, nested);
      return { ...draft, secrets: secrets.map(() => ['name']), bad: !ok };
    }
    const what = `An item of ${String(path.at(-2))}`;
    const details = { what, expected: 'a mapping', found: shapeOf(node) };
    reader.failures.push(
      kongErrors.failure('KONG_ENTITY_SHAPE', details, { place: reader.placeOf(node) }),
    );
    // Whoever it is nested in must know that something is missing there.
    return nested && { ...newDraft(type, node, path, reader, {}, nested), bad: true };
  }
  const kind = entityKinds[type];
  const isOwnField = (key: string): boolean =>
    key !== 'id' &&
    !commentKeys.has(key) &&
    !Object.hasOwn(kind.children, key) &&
    !Object.hasOwn(kind.references, key) &&
    !(isUnmanagedChild(key) && entryOf(node, key)?.value.kind === 'sequence');
  const { value, secrets, ok } = reader.readMap(node, (key) => !isOwnField(key));
  const draft = newDraft(type, node, path, reader, value, nested);
  draft.secrets = secrets;
  draft.bad = !ok;
  readId(draft, node);
  readReferences(draft, node);
  if (type === 'services') splitUrl(draft, node);
  if (type === 'plugins') shareConfig(draft, node, source.header);
  if (type === 'routes' && source.oldPaths) markRegexPaths(draft, source.onOldPath);
  applyDefaults(draft, source.header);
  for (const entry of node.entries) {
    const child = Object.hasOwn(kind.children, entry.key) ? kind.children[entry.key] : undefined;
    if (isUnmanagedChild(entry.key)) passOn(draft, entry, source);
    if (!child) continue;
    const at = [...path, entry.key];
    draftList(child.type, entry.value, at, reader, source, into, { child, draft });
  }
  return draft;
}

/** `consumers[].groups: [{name: gold}]`: the item is no entity but a membership of two. */
function draftName(
  type: EntityType,
  node: SourceNode,
  path: Path,
  reader: ValueReader,
  field: string,
  nested: { readonly child: ChildKind; readonly draft: Draft },
): Draft {
  const draft = newDraft(type, node, path, reader, {}, nested);
  draft.references.set(field, { value: reader.read(node).value, node });
  return draft;
}

function newDraft(
  type: EntityType,
  node: SourceNode,
  path: Path,
  reader: ValueReader,
  fields: JsonObject,
  nested?: { readonly child: ChildKind; readonly draft: Draft },
): Draft {
  const base = { type, reader, node, path, fields, secrets: [], references: new Map(), bad: false };
  return nested ? { ...base, parent: { field: nested.child.parent, draft: nested.draft } } : base;
}

function readId(draft: Draft, node: MapNode): void {
  const entry = entryOf(node, 'id');
  if (!entry) return;
  const { value, ok } = draft.reader.read(entry.value);
  if (value === null && ok) return;
  if (typeof value === 'string' && isUuid(value)) {
    draft.id = value.toLowerCase();
    return;
  }
  draft.bad = true;
  if (!ok) return;
  const place = draft.reader.placeOf(entry.value);
  const details = { id: JSON.stringify(value) };
  draft.reader.failures.push(
    kongErrors.failure('KONG_ID_INVALID', details, { place, entity: labelOf(draft) }),
  );
}

function readReferences(draft: Draft, node: MapNode): void {
  for (const field of Object.keys(entityKinds[draft.type].references)) {
    const entry = entryOf(node, field);
    if (!entry) continue;
    const { value, ok } = draft.reader.read(entry.value);
    if (!ok) draft.bad = true;
    else if (value !== null) draft.references.set(field, { value, node: entry.value });
  }
}

function shareConfig(draft: Draft, node: MapNode, header: Header): void {
  const { _config: name, ...rest } = draft.fields;
  if (name === undefined || name === null) return;
  const shared = typeof name === 'string' ? header.pluginConfigs.get(name) : undefined;
  if (!shared) {
    const place = draft.reader.placeOf(entryOf(node, '_config')?.value ?? node);
    const shown = typeof name === 'string' ? name : JSON.stringify(name);
    const [similar] = nearest(shown, header.pluginConfigs.keys(), 1);
    const hint = similar === undefined ? '' : ` (did you mean ${similar}?)`;
    const details = { name: shown, hint };
    draft.reader.failures.push(
      kongErrors.failure('KONG_PLUGIN_CONFIG_UNKNOWN', details, { place, entity: labelOf(draft) }),
    );
    draft.bad = true;
    return;
  }
  const own = isObject(rest['config']) ? rest['config'] : {};
  draft.fields = { ...rest, config: mergeUnder(shared.value, own) };
  const inherited = survivingPaths(shared.secrets, own).map((path) => ['config', ...path]);
  draft.secrets = [...draft.secrets, ...inherited];
}

/** What Kong 3's own reader of older files does: a path with other than plain characters is a regex. */
function markRegexPaths(draft: Draft, onOldPath: () => void): void {
  const { paths } = draft.fields;
  if (!Array.isArray(paths)) return;
  const marked = (paths as readonly Json[]).map((path) => {
    if (typeof path !== 'string' || path.startsWith('~') || /^[\w.\-~/%]*$/.test(path)) return path;
    onOldPath();
    return `~${path}`;
  });
  draft.fields = { ...draft.fields, paths: marked };
}

function applyDefaults(draft: Draft, header: Header): void {
  if (header.defaults.size === 0) return;
  const shared = header.defaults.get(defaultsName(draft.type));
  if (!shared) return;
  const inherited = survivingPaths(shared.secrets, draft.fields);
  draft.fields = mergeUnder(shared.value, draft.fields);
  draft.secrets = [...draft.secrets, ...inherited];
}

function shapeOf(node: SourceNode): string {
  if (node.kind === 'scalar') return nameOfShape(node.value);
  return node.kind === 'map' ? 'a mapping' : 'a list';
}
