/**
 * The desired state into the user's own files: changed in place, new entities appended below a mark,
 * removed ones taken out, every other byte as it was.
 */
import type { Failure } from '../../catalog/error';
import { writeOutAliases } from './anchors';
import { editFields, own, sameValue } from './edit-entity';
import { kongErrors } from './errors';
import type { AddedItem } from './edit-list';
import { FileEditor } from './file-editor';
import { defaultsOf } from './header';
import { isObject } from './merge-json';
import { listOrder, nestEntities, type NestedItem } from './nest';
import type {
  ConfigFile,
  Entity,
  Json,
  JsonObject,
  KongState,
  Outcome,
  Path,
  UnreadItem,
} from './model';
import { entityKey, entityLabel } from './model';
import { parseKongConfig, type ParsedConfig } from './parse';
import { readSource } from './read-source';
import type { SourceFile } from './source-tree';

export interface RenderOptions {
  /** Whether an item that is no entity is taken out: Kong would refuse the whole document for it. */
  readonly leavesOut?: (item: UnreadItem) => boolean;
}

/**
 * The files of `parsed` such that, read again, they hold `desired`; what cannot be written without
 * putting a secret into a file is a failure and stays as it is. Files come back in their order,
 * those without a change byte for byte.
 * @throws MeshdError KONG_RENDER_FAILED rather than hand out files that would read differently.
 */
export function renderFiles(
  parsed: ParsedConfig,
  desired: KongState,
  { leavesOut = () => false }: RenderOptions = {},
): Outcome<readonly ConfigFile[]> {
  const unread = parsed.unread.filter(leavesOut);
  if (desired.entities === parsed.state.entities && unread.length === 0) {
    return { value: parsed.files.map(({ path, text }) => ({ path, text })), failures: [] };
  }
  const plan = planOf(parsed, desired, unread);
  const failures: Failure[] = [];
  const refused = new Set<string>();
  const texts = parsed.files.map((file) => {
    const edited = editFile(file, plan, parsed);
    failures.push(...edited.failures);
    edited.refused.forEach((key) => refused.add(key));
    return { path: file.path, text: edited.text };
  });
  // Also where no byte differs: what was planned and left no trace was not written.
  const { changed, removed, added } = plan;
  if (changed.length + removed.length + added.length > 0) verify(parsed, texts, desired, refused);
  return { value: texts, failures };
}

/** A whole state as one new file in decK's format, nested as a person would write it. */
export function renderState(state: KongState, path = 'kong.yml'): string {
  const lines = ['_format_version: "3.0"'];
  if (state.workspace !== undefined) lines.push(`_workspace: ${JSON.stringify(state.workspace)}`);
  if (state.selectTags.length > 0) {
    lines.push('_info:', `  select_tags: ${JSON.stringify(state.selectTags)}`);
  }
  for (const [key, value] of Object.entries(state.passthrough)) {
    lines.push(`${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  }
  const parsed = parseKongConfig([{ path, text: `${lines.join('\n')}\n` }], { env: {} });
  const desired = { ...state, entities: state.entities.map(withoutOwner) };
  return renderFiles(parsed, desired).value[0]?.text ?? '';
}

/** In a file of its own nothing needs to be told apart by a mark. */
function withoutOwner(entity: Entity): Entity {
  return { ...entity, owner: 'user' };
}

interface RenderPlan {
  readonly changed: readonly { readonly before: Entity; readonly after: Entity }[];
  readonly removed: readonly Entity[];
  /** Items to take out that are no entities. */
  readonly unread: readonly UnreadItem[];
  readonly added: readonly NestedItem[];
  /** Of each entity that stands in the files: its place in them, by identity in the desired state. */
  readonly places: ReadonlyMap<string, Entity>;
  /** The file that takes new top-level items. */
  readonly home: (item: NestedItem) => SourceFile | undefined;
}

function planOf(
  parsed: ParsedConfig,
  desired: KongState,
  unread: readonly UnreadItem[],
): RenderPlan {
  const byId = new Map(desired.entities.map((entity) => [entityKey(entity), entity]));
  const byName = new Map(desired.entities.map((entity) => [entityLabel(entity), entity]));
  const changed: { before: Entity; after: Entity }[] = [];
  const removed: Entity[] = [];
  const places = new Map<string, Entity>();
  for (const before of parsed.state.entities) {
    if (!before.origin) continue;
    const after = byId.get(entityKey(before)) ?? byName.get(entityLabel(before));
    if (!after || !sameReferences(before, after)) {
      removed.push(before);
      continue;
    }
    places.set(entityKey(after), before);
    changed.push({ before, after });
  }
  const origins = [...removed.map(placeOf), ...unread];
  const gone = new Set(origins.map(({ file, path }) => pathOf(file, path)));
  for (const [key, before] of places) if (isBelow(placeOf(before), gone)) places.delete(key);
  const added = desired.entities.filter((entity) => !places.has(entityKey(entity)));
  const withoutDefaults = (entity: Entity): Entity => {
    const defaults = defaultsOf(parsed.header, entity.type);
    return defaults ? { ...entity, fields: refusing(defaults, entity.fields) } : entity;
  };
  return {
    changed: changed.filter(
      ({ before, after }) =>
        places.has(entityKey(after)) &&
        (before.id !== after.id || !sameValue(before.fields, after.fields)),
    ),
    removed: removed.filter((entity) => !isBelow(placeOf(entity), gone)),
    unread: unread.filter((item) => !isBelow(item, gone)),
    added: [...nestEntities(added.map(withoutDefaults), desired)].sort(
      (a, b) => listOrder(a.list) - listOrder(b.list),
    ),
    places,
    home: (item) => homeOf(item, parsed),
  };
}

/** The fields with null for whatever the file's own defaults would put there. */
function refusing(defaults: JsonObject, fields: JsonObject): JsonObject {
  const refused: Record<string, Json> = { ...fields };
  for (const [name, value] of Object.entries(defaults)) {
    const present = own(fields, name);
    if (present === undefined) refused[name] = null;
    else if (isObject(present) && isObject(value)) refused[name] = refusing(value, present);
  }
  return refused;
}

function sameReferences(before: Entity, after: Entity): boolean {
  const fields = new Set([...Object.keys(before.references), ...Object.keys(after.references)]);
  return [...fields].every((field) => before.references[field]?.id === after.references[field]?.id);
}

/** With ours of the same kind; else where the user lists that kind; else in the first file. */
function homeOf(item: NestedItem, parsed: ParsedConfig): SourceFile | undefined {
  const withList = parsed.files.filter(({ root }) =>
    root.entries.some(({ key }) => key === item.list),
  );
  const ours = parsed.state.entities.find(
    ({ type, owner }) => owner === 'mesh' && type === item.entity.type,
  );
  const beside = parsed.files.find(({ path }) => path === ours?.origin?.place.file);
  return beside ?? withList.at(-1) ?? parsed.files[0];
}

interface EditedFile {
  readonly text: string;
  readonly failures: readonly Failure[];
  /** Entities that stay as they are. */
  readonly refused: readonly string[];
}

function editFile(original: SourceFile, plan: RenderPlan, parsed: ParsedConfig): EditedFile {
  const generated = new Set(
    parsed.state.entities
      .filter(({ owner, origin }) => owner === 'mesh' && origin?.place.file === original.path)
      .map(pathKey),
  );
  let file = original;
  // Each round writes out at least one more anchor, and paths stay the same.
  for (;;) {
    const editor = new FileEditor(file, (path) => generated.has(pathOf(original.path, path)));
    const { failures, refused } = applyPlan(editor, original, plan);
    const text = editor.blocked.size > 0 ? undefined : editor.apply();
    if (text !== undefined && editor.blocked.size === 0) return { text, failures, refused };
    const written = writeOutAliases(file, editor.blocked);
    const again = readSource({ path: file.path, text: written });
    if (!again.ok || written === file.text) throw failed('shared parts', file.path);
    file = again.file;
  }
}

function applyPlan(
  editor: FileEditor,
  original: SourceFile,
  plan: RenderPlan,
): { failures: readonly Failure[]; refused: readonly string[] } {
  const failures: Failure[] = [];
  const refused: string[] = [];
  const isHere = (entity: Entity): boolean => entity.origin?.place.file === original.path;
  for (const entity of plan.removed)
    if (isHere(entity)) editor.removeItem(entity.origin?.path ?? []);
  for (const { file, path } of plan.unread) if (file === original.path) editor.removeItem(path);
  for (const { before, after } of plan.changed) {
    if (!isHere(before)) continue;
    const found = editFields(editor, before, after);
    failures.push(...found);
    if (found.length > 0) refused.push(entityKey(after));
  }
  for (const item of plan.added) {
    const parent = item.parent && plan.places.get(entityKey(item.parent));
    const added: AddedItem = { value: item.value, isGenerated: item.entity.owner === 'mesh' };
    if (parent) {
      if (isHere(parent)) editor.addItem(parent.origin?.path ?? [], item.list, added);
    } else if (plan.home(item)?.path === original.path) {
      editor.addItem([], item.list, added);
    }
  }
  return { failures, refused };
}

function isBelow({ file, path }: UnreadItem, gone: ReadonlySet<string>): boolean {
  if (gone.size === 0) return false;
  // Two steps a level: the name of the list, and the index in it.
  for (let depth = 2; depth < path.length; depth += 2) {
    if (gone.has(pathOf(file, path.slice(0, depth)))) return true;
  }
  return false;
}

function placeOf({ origin }: Entity): UnreadItem {
  return { file: origin?.place.file ?? '', path: origin?.path ?? [] };
}

function pathKey(entity: Entity): string {
  const { file, path } = placeOf(entity);
  return pathOf(file, path);
}

function pathOf(file: string, path: Path): string {
  return JSON.stringify([file, ...path]);
}

function verify(
  parsed: ParsedConfig,
  files: readonly ConfigFile[],
  desired: KongState,
  refused: ReadonlySet<string>,
): void {
  const again = parsed.parseAgain(files);
  const found = new Map(again.state.entities.map((entity) => [entityKey(entity), entity]));
  for (const entity of desired.entities) {
    const key = entityKey(entity);
    const written = found.get(key);
    found.delete(key);
    if (refused.has(key)) continue;
    if (!written || !sameValue(written.fields, entity.fields) || !sameReferences(written, entity)) {
      throw failed(entityLabel(entity), entity.origin?.place.file ?? files[0]?.path ?? '');
    }
  }
  for (const [, extra] of found) throw failed(entityLabel(extra), extra.origin?.place.file ?? '');
}

function failed(entity: string, file: string): Error {
  return kongErrors.error('KONG_RENDER_FAILED', { entity }, { place: { file } });
}
