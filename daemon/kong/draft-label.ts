/** How users are told of an entity that is not linked yet. */
import type { Draft } from './draft-type';
import { entityKinds } from './kinds';
import { singular } from './model';

/** What users call an entity that has no key yet. */
export function labelOf(draft: Draft): string {
  const names = [...entityKinds[draft.type].names];
  // A key is a secret, and a plugin of one name stands in many places.
  const isSecret = draft.type === 'keyauth_credentials';
  const name = names.map((field) => draft.fields[field]).find((value) => typeof value === 'string');
  const own =
    name === undefined || isSecret ? singular[draft.type] : `${singular[draft.type]} ${name}`;
  return draft.parent && (draft.type === 'plugins' || own === singular[draft.type])
    ? `${own} on ${labelOf(draft.parent.draft)}`
    : own;
}
