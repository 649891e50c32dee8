/**
 * Whom Kong means when it refuses a document. `flattened_errors` names most; what stays in `fields`
 * is read for what it says, as its positions are not those of the document that was sent.
 */
import * as z from 'zod';

import { entityKinds } from '../../kong/kinds';
import { isObject } from '../../kong/merge-json';
import {
  entityTypes,
  type Entity,
  type EntityType,
  type Json,
  type JsonObject,
  type KongState,
} from '../../kong/model';
import { equalJson } from '../../plan/compare-fields';
import { identityOf } from '../../plan/dependants';
import { refused, type Findings } from './findings';

export interface Attribution {
  readonly findings: Findings;
  /** Top-level keys that are not Kong's, with what it says of them. */
  readonly keys: ReadonlyMap<string, string>;
  /** Items of keys that are only passed through. */
  readonly items: readonly RefusedItem[];
  /** What no entity could be found for. */
  readonly unattributed: readonly string[];
}

/** One entry of a top-level key that nobody here interprets: `filter_chains[0]`. */
export interface RefusedItem {
  readonly key: string;
  readonly index: number;
  /** As Kong calls it. */
  readonly label: string;
  readonly reason: string;
}

// An empty list is `{}` in what Kong's JSON encoder makes of it.
const listOf = <T extends z.ZodType>(item: T) =>
  z.union([z.array(item), z.object({}).transform(() => [])]).catch([]);

const FlattenedError = z.object({
  entity_type: z.string().optional(),
  entity_name: z.string().optional(),
  entity_id: z.string().optional(),
  entity: z.unknown().optional(),
  errors: listOf(z.object({ message: z.unknown(), field: z.string().optional() })),
});
type FlattenedError = z.infer<typeof FlattenedError>;

const Refusal = z.object({
  flattened_errors: listOf(FlattenedError),
  fields: z.record(z.string(), z.unknown()).catch({}),
  message: z.string().catch('no reason given'),
});

export function attributeRefusal(body: unknown, state: KongState): Attribution {
  const parsed = Refusal.safeParse(body);
  if (!parsed.success) {
    return { findings: new Map(), keys: new Map(), items: [], unattributed: [] };
  }
  const { flattened_errors: flattened, fields, message } = parsed.data;
  const findings: Findings = new Map();
  const keys = new Map<string, string>();
  const items: RefusedItem[] = [];
  const unattributed: string[] = [];
  for (const error of flattened) {
    const reason = reasonOf(error);
    const entity = findFlattened(error, state);
    const passedOn = entity ? undefined : findPassedOn(error, state.passthrough);
    if (entity) findings.set(identityOf(entity), refused(reason));
    else if (passedOn?.index === undefined && passedOn) keys.set(passedOn.key, reason);
    else if (passedOn) items.push({ ...passedOn, reason });
    else
      unattributed.push(`${error.entity_type ?? 'entity'} ${error.entity_name ?? ''}: ${reason}`);
  }
  for (const [name, said] of Object.entries(fields)) {
    if (typeof said === 'string' && Object.hasOwn(state.passthrough, name)) {
      keys.set(name, said);
      continue;
    }
    const list = Object.hasOwn(state.passthrough, name) ? state.passthrough[name] : undefined;
    if (Array.isArray(list) && sentencesOf(said).length > 0) {
      keys.set(name, sentencesOf(said).join('; '));
      continue;
    }
    for (const sentence of sentencesOf(said)) {
      const entity = findByViolation(sentence, state);
      if (entity) findings.set(identityOf(entity), refused(sentence));
      else unattributed.push(`${name}: ${sentence}`);
    }
  }
  if (findings.size + keys.size + items.length + unattributed.length === 0) {
    unattributed.push(message);
  }
  return { findings, keys, items, unattributed };
}

function reasonOf({ errors }: FlattenedError): string {
  const reasons = errors.map(({ field, message }) => {
    const text = sentencesOf(message).join(', ');
    return field === undefined ? text : `${field}: ${text}`;
  });
  return [...new Set(reasons)].sort().join('; ') || 'no reason given';
}

/** Whoever has no name of its own was sent with its id. */
function findFlattened(error: FlattenedError, state: KongState): Entity | undefined {
  const type = entityTypes.find((name) => singularOf(name) === error.entity_type);
  if (!type) return undefined;
  const ofType = state.entities.filter((entity) => entity.type === type);
  if (error.entity_id !== undefined) {
    const byId = last(ofType.filter(({ id }) => id === error.entity_id));
    if (byId) return byId;
  }
  const name = error.entity_name;
  if (name !== undefined && type !== 'plugins') {
    return last(ofType.filter(({ fields }) => nameOf(type, fields) === name));
  }
  return undefined;
}

/** By what Kong repeats of it. Where that tells no item, the whole key is meant. */
function findPassedOn(
  { entity_type: type, entity_name: name, entity_id: id, entity }: FlattenedError,
  passthrough: JsonObject,
): Pick<RefusedItem, 'key' | 'index' | 'label'> | { key: string; index?: never } | undefined {
  const key = Object.keys(passthrough).find((each) => each.replace(/s$/, '') === type);
  const list = key === undefined ? undefined : passthrough[key];
  if (key === undefined || !Array.isArray(list)) return undefined;
  const index = (list as readonly Json[]).findIndex((item) => {
    if (!isObject(item)) return false;
    if (id !== undefined && item['id'] === id) return true;
    if (name !== undefined) return item['name'] === name;
    return isObject(entity as Json) && equalJson(item, entity as Json);
  });
  return index < 0 ? { key } : { key, index, label: [type, name ?? id].join(' ').trim() };
}

/** `'keyauth_credentials' entity with key set to 'x' already declared` */
const violation = /'(\w+)' entity with (.+?) set to '(.*)' already declared/;

function findByViolation(sentence: string, state: KongState): Entity | undefined {
  const [, type, field, value] = violation.exec(sentence) ?? [];
  if (type === undefined || field === undefined || value === undefined) return undefined;
  return last(
    state.entities.filter(
      (entity) =>
        entity.type === type &&
        (field === 'primary key' ? entity.id === value : entity.fields[field] === value),
    ),
  );
}

/** All sentences of a nested value; positions that are null belong to entities without fault. */
function sentencesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(sentencesOf);
}

/** Kong's word: `keyauth_credentials` → `keyauth_credential`. */
function singularOf(type: EntityType): string {
  return type.replace(/s$/, '');
}

function nameOf(type: EntityType, fields: Entity['fields']): unknown {
  return entityKinds[type].names.map((field) => fields[field]).find((name) => name !== undefined);
}

function last<T>(items: readonly T[]): T | undefined {
  return items.at(-1);
}
