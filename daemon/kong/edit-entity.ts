/** The difference between an entity as it was read and as it should be → changes of its mapping. */
import type { Failure } from '../../catalog/error';
import { kongErrors } from './errors';
import type { FileEditor } from './file-editor';
import { isRederived } from './identity';
import { isList, isObject } from './merge-json';
import type { Entity, Json, JsonObject, Path } from './model';
import { entityLabel } from './model';
import { joinServiceUrl, urlFields } from './service-url';
import { nodeAt, type MapNode, type SourceNode } from './source-tree';
import { asWritable, writableOf, type Writable } from './yaml-text';

/** Whether two values say the same; an unset field and null do. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  if (isList(a ?? null) && isList(b ?? null)) {
    const [left, right] = [a as readonly Json[], b as readonly Json[]];
    return (
      left.length === right.length && left.every((item, index) => sameValue(item, right[index]))
    );
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => sameValue(own(a, key), own(b, key)));
}

export function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** `before` stands in the editor's file. Failures name what cannot be written without losing a secret. */
export function editFields(editor: FileEditor, before: Entity, after: Entity): readonly Failure[] {
  const { origin } = before;
  const node = origin && editor.reach(origin.path);
  if (!origin || !node) return [];
  if (node.kind !== 'map') {
    editor.replace(origin.path, longForm(editor, node, before, after));
    return [];
  }
  // Without its id a target or a service without a name would be another one at its new address.
  const needsId = before.id !== after.id || (isRederived(before) && !isRederived(after));
  if (needsId) {
    if (nodeAt(node, ['id'])) editor.replace([...origin.path, 'id'], after.id);
    else editor.setKey(origin.path, 'id', after.id);
  }
  return new EntityEdit(editor, before, origin.path).run(node, after);
}

/** Of an SNI that stands as its name alone, which has no place for anything else. */
function longForm(editor: FileEditor, node: SourceNode, before: Entity, after: Entity): Writable {
  const fields: Record<string, Writable> = {};
  if (before.id !== after.id) fields['id'] = after.id;
  for (const [field, value] of Object.entries(after.fields)) {
    const isName = field === 'name' && sameValue(value, own(before.fields, field));
    fields[field] = isName ? writableOf(node, editor.file.templates) : asWritable(value);
  }
  return fields;
}

class EntityEdit {
  private readonly failures: Failure[] = [];

  constructor(
    private readonly editor: FileEditor,
    private readonly before: Entity,
    private readonly base: Path,
  ) {}

  run(node: MapNode, after: Entity): readonly Failure[] {
    const changed = new Map(Object.entries(after.fields));
    if (this.before.type === 'services' && nodeAt(node, ['url'])) {
      if (!this.editUrl(after)) return this.failures;
      for (const field of urlFields) {
        const kept = own(this.before.fields, field);
        if (kept === undefined) changed.delete(field);
        else changed.set(field, kept);
      }
    }
    this.editMap([], node, this.before.fields, Object.fromEntries(changed));
    return this.failures;
  }

  /** The url says protocol, host, port and path together: it is written anew as one. */
  private editUrl(after: Entity): boolean {
    const { before } = this;
    if (urlFields.every((field) => sameValue(before.fields[field], after.fields[field])))
      return true;
    const kept = urlFields.filter((field) => sameValue(before.fields[field], after.fields[field]));
    if (kept.some((field) => (after.fields[field] ?? null) !== null && this.isSecret([field]))) {
      this.refuse('url');
      return false;
    }
    const url = joinServiceUrl(after.fields);
    if (url !== undefined) {
      this.editor.replace([...this.base, 'url'], url);
      return true;
    }
    this.editor.removeKey(this.base, 'url');
    for (const field of urlFields) {
      const value = after.fields[field];
      const stands = nodeAt(this.editor.file.root, [...this.base, field]);
      if (value === undefined) this.editor.removeKey(this.base, field);
      else if (stands) this.editor.replace([...this.base, field], asWritable(value));
      else this.editor.setKey(this.base, field, asWritable(value));
    }
    return true;
  }

  private editMap(path: Path, node: MapNode, before: JsonObject, after: JsonObject): void {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [from, to] = [own(before, key), own(after, key)];
      if (!sameValue(from, to)) this.editKey(path, key, node, from, to);
    }
  }

  private editKey(
    path: Path,
    key: string,
    map: MapNode,
    from: Json | undefined,
    to: Json | undefined,
  ): void {
    const at = [...path, key];
    const entry = map.entries.find((candidate) => candidate.key === key);
    if (to === undefined) {
      this.editor.removeKey([...this.base, ...path], key);
      return;
    }
    if (!entry || entry.merged) {
      // A merge key brings in whole values; defaults and shared plugin configs fill in below.
      const value = entry ? this.rewrite(at, entry.value, from, to) : this.addition(at, from, to);
      if (value !== undefined) this.editor.setKey([...this.base, ...path], key, value);
      return;
    }
    const { value } = entry;
    if (value.kind === 'map' && isObject(from) && isObject(to)) {
      this.editor.reach([...this.base, ...at]);
      this.editMap(at, value, from, to);
    } else if (
      value.kind === 'sequence' &&
      isList(from ?? null) &&
      isList(to) &&
      sameLength(from, to)
    ) {
      this.editList(at, value.items, from as readonly Json[], to);
    } else {
      this.editor.replace([...this.base, ...at], this.rewrite(at, value, from, to));
    }
  }

  private editList(
    path: Path,
    items: readonly SourceNode[],
    from: readonly Json[],
    to: readonly Json[],
  ): void {
    to.forEach((value, index) => {
      const item = items[index];
      const previous = from[index];
      if (!item || sameValue(previous, value)) return;
      const at = [...path, index];
      if (item.kind === 'map' && isObject(previous) && isObject(value)) {
        this.editor.reach([...this.base, ...at]);
        this.editMap(at, item, previous, value);
      } else {
        this.editor.replace([...this.base, ...at], this.rewrite(at, item, previous, value));
      }
    });
  }

  /** The new value with the user's templates wherever a part of it is what they stand for. */
  private rewrite(path: Path, node: SourceNode, from: Json | undefined, to: Json): Writable {
    if (sameValue(from, to)) return writableOf(node, this.editor.file.templates);
    if (isObject(to) && isObject(from) && node.kind === 'map') {
      return Object.fromEntries(
        Object.entries(to).map(([key, value]) => {
          const inner = nodeAt(node, [key]);
          const before = own(from, key);
          return [
            key,
            inner ? this.rewrite([...path, key], inner, before, value) : asWritable(value),
          ];
        }),
      );
    }
    if (!isList(to) || !isList(from ?? null) || node.kind !== 'sequence') return asWritable(to);
    const unused = new Set(node.items.keys());
    const old = from as readonly Json[];
    return to.map((value) => {
      const index = [...unused].find((candidate) => sameValue(old[candidate], value));
      const item = index === undefined ? undefined : node.items[index];
      if (index === undefined || !item) return asWritable(value);
      unused.delete(index);
      return writableOf(item, this.editor.file.templates);
    });
  }

  /** What must be said on top of a value that stands elsewhere: only what differs, secrets never. */
  private addition(path: Path, from: Json | undefined, to: Json): Writable | undefined {
    if (isObject(from) && isObject(to)) {
      const difference: Record<string, Writable> = {};
      for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
        const [before, after] = [own(from, key), own(to, key)];
        if (sameValue(before, after)) continue;
        const value = this.addition([...path, key], before, after ?? null);
        if (value === undefined) return undefined;
        difference[key] = value;
      }
      return difference;
    }
    if (this.isSecret(path) && from !== undefined && isList(to)) {
      this.refuse(path.join('.'));
      return undefined;
    }
    return asWritable(to);
  }

  private isSecret(path: Path): boolean {
    return this.before.secrets.some((secret) =>
      path.every((step, index) => secret[index] === step),
    );
  }

  private refuse(field: string): void {
    const { origin } = this.before;
    const context = { place: origin?.place, entity: entityLabel(this.before) };
    this.failures.push(kongErrors.failure('KONG_RENDER_SECRET', { field }, context));
  }
}

function sameLength(a: Json | undefined, b: readonly Json[]): boolean {
  return isList(a ?? null) && (a as readonly Json[]).length === b.length;
}
