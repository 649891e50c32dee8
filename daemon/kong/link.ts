/** Drafts → entities: references resolved, ids derived, what is double or hangs in the air left out. */
import { nearest } from '../../catalog/nearest';
import { formatPlace, type Details } from '../../catalog/error';
import type { Draft } from './draft-type';
import { labelOf } from './draft-label';
import { DraftIndex } from './draft-index';
import { holdsTemplate } from './env-template';
import { kongErrors } from './errors';
import type { Header } from './header';
import { idOfName, isUuid } from './ids';
import { identify, type Referenced } from './identity';
import { dependencyOrder, entityKinds } from './kinds';
import { isObject } from './merge-json';
import type {
  Entity,
  EntityReference,
  EntityType,
  ExternalReference,
  Json,
  MissingPlugin,
  Owner,
  Path,
  UnreadItem,
} from './model';
import { entityLabel, singular } from './model';
import { masked } from './secrets';
import { entryOf } from './source-tree';

export interface LinkOptions {
  readonly header: Header;
  readonly ownerOf: (draft: Draft) => Owner;
  /** What the files do not define is looked up at the gateway, whatever its type. */
  readonly lookUp?: boolean | undefined;
}

export interface Linked {
  readonly entities: readonly Entity[];
  readonly missingPlugins: readonly MissingPlugin[];
  readonly unread: readonly UnreadItem[];
  readonly externals: readonly ExternalReference[];
}

/** Findings go to the drafts' own readers. */
export function linkDrafts(drafts: readonly Draft[], options: LinkOptions): Linked {
  return new Linker(drafts, options).link();
}

interface LinkedDraft {
  readonly draft: Draft;
  readonly entity: Entity;
}

class Linker {
  private readonly index: DraftIndex;
  private readonly linked = new Map<Draft, Entity>();
  private readonly externals = new Map<string, ExternalReference>();
  private readonly missingPlugins: MissingPlugin[] = [];
  private readonly unread: UnreadItem[] = [];

  constructor(
    drafts: readonly Draft[],
    private readonly options: LinkOptions,
  ) {
    this.index = new DraftIndex(drafts);
  }

  link(): Linked {
    const entities: Entity[] = [];
    for (const type of dependencyOrder) {
      const keys = new Map<string, LinkedDraft>();
      const ids = new Map<string, LinkedDraft>();
      for (const draft of this.index.ofType(type)) {
        const entity = this.linkOne(draft);
        if (!entity) continue;
        const known = keys.get(entity.key) ?? ids.get(entity.id);
        if (known) {
          // A membership may be named from both of its sides, and says the same both times.
          if (type === 'consumer_group_consumers') continue;
          this.reportDouble(draft, entity, known);
          this.noteUnread(draft);
          continue;
        }
        keys.set(entity.key, { draft, entity });
        ids.set(entity.id, { draft, entity });
        this.linked.set(draft, entity);
        entities.push(entity);
      }
    }
    return {
      entities,
      externals: [...this.externals.values()],
      missingPlugins: this.missingPlugins,
      unread: this.unread,
    };
  }

  private linkOne(draft: Draft): Entity | undefined {
    const references: Record<string, EntityReference> = {};
    const referenced: Record<string, Referenced> = {};
    let ok = !draft.bad;
    for (const [field, kind] of Object.entries(entityKinds[draft.type].references)) {
      const found = this.resolve(draft, field, kind.type);
      if (found === 'none') {
        if (kind.required) {
          this.reportNameless(draft, field);
          ok = false;
        }
      } else if (found === 'bad') {
        ok = false;
      } else {
        references[field] = { type: kind.type, id: found.id };
        referenced[field] = found;
      }
    }
    const identity = ok ? identify(draft.type, draft.fields, referenced, draft.id) : undefined;
    if (!identity) {
      if (ok) this.reportNameless(draft);
      draft.bad = true;
      this.noteLost(draft, references);
      this.noteUnread(draft);
      return undefined;
    }
    const { fields, path } = draft;
    return {
      type: draft.type,
      ...identity,
      fields,
      references,
      owner: this.options.ownerOf(draft),
      origin: { place: draft.reader.placeOf(draft.node), path },
      secrets: withNatural(draft),
    };
  }

  private noteUnread({ reader, node, path }: Draft): void {
    this.unread.push({ file: reader.placeOf(node).file, path });
  }

  /** What a plugin was meant for must not lose another one, or go live, without it. */
  private noteLost(draft: Draft, resolved: Entity['references']): void {
    const { type, fields, parent } = draft;
    if (type !== 'plugins' || fields['enabled'] === false) return;
    const { name } = fields;
    const references = { ...resolved };
    let anywhere = false;
    for (const field of Object.keys(entityKinds.plugins.references)) {
      if (references[field]) continue;
      if (parent?.field === field) {
        const lost = this.referenceToLost(parent.draft);
        // Of a parent without a name nothing is live that could be told to be it.
        if (!lost) return;
        references[field] = lost;
      } else if (draft.references.has(field)) anywhere = true;
    }
    this.missingPlugins.push({
      label: labelOf(draft),
      references,
      ...(typeof name === 'string' ? { name } : {}),
      ...(anywhere ? { anywhere } : {}),
    });
  }

  /** A route or service that is left out may be live, under its id or name. */
  private referenceToLost({ type, id, fields }: Draft): EntityReference | undefined {
    const identity = identify(type, fields, {}, id);
    const isNamed =
      identity && (id !== undefined || entityKinds[type].names.some((n) => fields[n]));
    return isNamed ? { type, id: identity.id } : undefined;
  }

  private resolve(draft: Draft, field: string, type: EntityType): Referenced | 'none' | 'bad' {
    const written = draft.references.get(field);
    if (draft.parent?.field === field) {
      return this.resolveParent(draft, draft.parent.draft, field, type, written?.value);
    }
    if (!written) return 'none';
    const name = referenceText(written.value, type);
    if (name === undefined) {
      this.report(draft, 'KONG_REFERENCE_SHAPE', { field });
      return 'bad';
    }
    const target = this.index.find(type, name);
    if (!target) return this.resolveExternal(draft, field, type, name);
    const entity = this.linked.get(target);
    if (entity) return entity;
    this.report(draft, 'KONG_LEFT_OUT', { parent: labelOf(target) });
    return 'bad';
  }

  private resolveParent(
    draft: Draft,
    parent: Draft,
    field: string,
    type: EntityType,
    written: Json | undefined,
  ): Referenced | 'bad' {
    const entity = this.linked.get(parent);
    if (!entity) {
      this.report(draft, 'KONG_LEFT_OUT', { parent: labelOf(parent) });
      return 'bad';
    }
    if (written === undefined) return entity;
    const name = referenceText(written, type);
    if (name !== undefined && this.index.find(type, name) === parent) return entity;
    const shown = isFromEnvironment(draft, field) ? masked : (name ?? JSON.stringify(written));
    const target = `${singular[type]} ${shown}`;
    this.report(draft, 'KONG_REFERENCE_CONFLICT', { field, target });
    return 'bad';
  }

  private resolveExternal(
    draft: Draft,
    field: string,
    type: EntityType,
    name: string,
  ): Referenced | 'bad' {
    const { header, lookUp } = this.options;
    if (lookUp === true || header.lookupTypes.has(type)) {
      const isSecret = isFromEnvironment(draft, field);
      const shown = isSecret ? masked : name;
      const external = isUuid(name)
        ? { type, id: name.toLowerCase(), shown }
        : { type, id: idOfName(type, name), name, shown };
      this.externals.set(`${type}/${external.id}`, external);
      return { id: external.id, key: isSecret ? external.id : name };
    }
    const isSecret = isFromEnvironment(draft, field);
    const [similar] = isSecret ? [] : nearest(name, this.index.names(type), 1);
    const hint = similar === undefined ? '' : ` (did you mean ${similar}?)`;
    this.report(draft, 'KONG_REFERENCE_DANGLING', {
      field,
      target: `${singular[type]} ${isSecret ? masked : name}`,
      hint,
    });
    return 'bad';
  }

  private report(
    draft: Draft,
    code:
      | 'KONG_REFERENCE_SHAPE'
      | 'KONG_LEFT_OUT'
      | 'KONG_REFERENCE_CONFLICT'
      | 'KONG_REFERENCE_DANGLING',
    details: Details & { readonly field?: string },
  ): void {
    const node = (details.field && draft.references.get(details.field)?.node) || draft.node;
    const context = { place: draft.reader.placeOf(node), entity: labelOf(draft) };
    draft.reader.failures.push(kongErrors.failure(code, details, context));
  }

  private reportNameless(draft: Draft, missing?: string): void {
    const names = missing === undefined ? entityKinds[draft.type].names : [missing];
    const details = { type: singular[draft.type], fields: names.join(' or ') || 'cert' };
    const context = { place: draft.reader.placeOf(draft.node), entity: labelOf(draft) };
    draft.reader.failures.push(kongErrors.failure('KONG_ENTITY_NAMELESS', details, context));
  }

  private reportDouble(draft: Draft, entity: Entity, known: LinkedDraft): void {
    draft.bad = true;
    this.noteLost(draft, entity.references);
    const context = { place: draft.reader.placeOf(draft.node), entity: entityLabel(entity) };
    const other = formatPlace(known.draft.reader.placeOf(known.draft.node));
    if (known.entity.key === entity.key) {
      const details = { entity: capitalised(entityLabel(entity)), other };
      draft.reader.failures.push(kongErrors.failure('KONG_DUPLICATE', details, context));
      return;
    }
    // Ids that nobody gave come from the field that must be unique.
    const field = draft.id === undefined ? (entityKinds[draft.type].names[0] ?? 'id') : 'id';
    const details = { field, holder: entityLabel(known.entity), at: ` at ${other}` };
    const at = draft.node.kind === 'map' ? entryOf(draft.node, field)?.value : undefined;
    const place = draft.reader.placeOf(at ?? draft.node);
    draft.reader.failures.push(
      kongErrors.failure('KONG_DUPLICATE_VALUE', details, { ...context, place }),
    );
  }
}

/** A plain name or id, `{name: …}`, `{id: …}`, and for consumers `{username: …}`. */
function referenceText(value: Json, type: EntityType): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!isObject(value)) return undefined;
  const candidates = [
    value['id'],
    value['name'],
    ...entityKinds[type].names.map((name) => value[name]),
  ];
  return candidates.find((text): text is string => typeof text === 'string' && text !== '');
}

function withNatural(draft: Draft): readonly Path[] {
  const natural = entityKinds[draft.type].secrets.filter(([first]) => {
    return first !== undefined && Object.hasOwn(draft.fields, first);
  });
  if (natural.length === 0) return draft.secrets;
  return draft.secrets.length === 0 ? natural : [...natural, ...draft.secrets];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a variable holds is not shown, also where it was meant to be a name. */
function isFromEnvironment(draft: Draft, field: string): boolean {
  const node = draft.references.get(field)?.node;
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return false;
  return holdsTemplate(node.value, draft.reader.file.templates);
}
