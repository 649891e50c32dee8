/** Drafts by what references say: a name, an id that somebody wrote, an id that is only derived. */
import type { Draft } from './draft-type';
import { isUuid } from './ids';
import { identify } from './identity';
import { entityKinds } from './kinds';
import type { EntityType } from './model';

/** Types that others may refer to and whose id hangs on nothing but their name. */
const referable: ReadonlySet<EntityType> = new Set<EntityType>([
  'services',
  'routes',
  'upstreams',
  'consumers',
  'consumer_groups',
  'certificates',
  'ca_certificates',
  'key_sets',
]);

type ByText = Map<string, Draft>;

/** Of several drafts with one name or id the first counts; the others are reported when linked. */
export class DraftIndex {
  private readonly byType = new Map<EntityType, Draft[]>();
  private readonly byName = new Map<EntityType, ByText>();
  private readonly byId = new Map<EntityType, ByText>();
  private readonly byDerivedId = new Map<EntityType, ByText>();

  constructor(drafts: readonly Draft[]) {
    for (const draft of drafts) {
      const known = this.byType.get(draft.type);
      if (known) known.push(draft);
      else this.byType.set(draft.type, [draft]);
      if (draft.id !== undefined) add(this.byId, draft, draft.id);
    }
    // A username counts before the custom id of another consumer.
    for (const rank of [0, 1]) {
      for (const draft of drafts) {
        const name = draft.fields[entityKinds[draft.type].names[rank] ?? ''];
        if (typeof name === 'string') add(this.byName, draft, name);
      }
    }
  }

  ofType(type: EntityType): readonly Draft[] {
    return this.byType.get(type) ?? [];
  }

  names(type: EntityType): Iterable<string> {
    return this.byName.get(type)?.keys() ?? [];
  }

  /** `text` is a name or an id. */
  find(type: EntityType, text: string): Draft | undefined {
    const id = isUuid(text) ? text.toLowerCase() : undefined;
    const byId = id === undefined ? undefined : this.byId.get(type)?.get(id);
    const found = byId ?? this.byName.get(type)?.get(text);
    return found ?? (id === undefined ? undefined : this.findDerived(type, id));
  }

  /** A file may refer to an id that nobody wrote but Kong would derive: rare, so looked for last. */
  private findDerived(type: EntityType, id: string): Draft | undefined {
    if (!this.byDerivedId.has(type)) {
      this.byDerivedId.set(type, new Map());
      for (const draft of referable.has(type) ? this.ofType(type) : []) {
        const derived = draft.id === undefined ? identify(type, draft.fields, {})?.id : undefined;
        if (derived !== undefined) add(this.byDerivedId, draft, derived);
      }
    }
    return this.byDerivedId.get(type)?.get(id);
  }
}

function add(map: Map<EntityType, ByText>, draft: Draft, text: string): void {
  let texts = map.get(draft.type);
  if (!texts) {
    texts = new Map();
    map.set(draft.type, texts);
  }
  if (!texts.has(text)) texts.set(text, draft);
}
