/** What on a shared gateway is ours: told by tags, which is all that Kong keeps with an entity. */
import type { Entity, Json } from '../../kong/model';
import type { RawEntity } from './list-pages';

export interface OwnershipOptions {
  /** An entity is ours if it carries all of them; without any the whole gateway is ours. */
  readonly selectTags: readonly string[];
  /** On entities that are made for the mesh, besides the select tags. */
  readonly ownerTag: string;
  /** Tags of an earlier owner, such as decK with other select tags: what carries all of them is taken over. */
  readonly adopt?: readonly string[] | undefined;
}

export interface Ownership extends OwnershipOptions {
  /** The sets of tags to list by; one empty set asks for everything. */
  readonly listings: readonly (readonly string[])[];
  owns(tags: unknown): boolean;
}

export function createOwnership(options: OwnershipOptions): Ownership {
  const { selectTags, adopt = [] } = options;
  const listings = selectTags.length > 0 && adopt.length > 0 ? [selectTags, adopt] : [selectTags];
  return {
    ...options,
    listings,
    owns: (tags) =>
      listings.some((wanted) => wanted.every((tag) => Array.isArray(tags) && tags.includes(tag))),
  };
}

/** The fields as they are written: with the tags by which the next pass knows the entity again. */
export function withOwnTags(entity: Entity, { selectTags, ownerTag }: OwnershipOptions): Entity {
  const own = entity.owner === 'mesh' ? [...selectTags, ownerTag] : selectTags;
  const given = asTexts(entity.fields['tags']);
  const missing = own.filter((tag) => !given.includes(tag));
  if (missing.length === 0) return entity;
  return { ...entity, fields: { ...entity.fields, tags: [...given, ...missing] } };
}

export function describeTags(raw: RawEntity): string {
  const tags = asTexts(raw['tags'] as Json | undefined);
  return tags.length === 0 ? 'no tags' : `the tags ${tags.join(', ')}`;
}

function asTexts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((tag): tag is string => typeof tag === 'string') : [];
}
