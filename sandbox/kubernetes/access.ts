/** Who may do what. */
import type { ResourceType } from './resource-types';
import { forbidden, unauthorized, type Attempt } from './status';

export interface Rule {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Everywhere where left out. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly name: string;
  /** `admin`: everything. */
  readonly rules: 'admin' | readonly Rule[];
}

const anonymous: User = { name: 'system:anonymous', rules: [] };

/** @param tokens undefined: nobody needs one, and everybody is an admin. */
export function authenticate(
  header: string | undefined,
  tokens: ReadonlyMap<string, User> | undefined,
): User {
  if (!tokens) return { name: 'admin', rules: 'admin' };
  if (header === undefined) return anonymous;
  const user = tokens.get(header.replace(/^Bearer /, ''));
  if (!user) throw unauthorized();
  return user;
}

export function authorise(user: User, attempt: Omit<Attempt, 'user'>): void {
  if (!may(user, attempt)) throw forbidden({ ...attempt, user: user.name });
}

function may({ rules }: User, { verb, type, namespace }: Omit<Attempt, 'user'>): boolean {
  if (rules === 'admin') return true;
  return rules.some(
    (rule) =>
      rule.verbs.includes(verb) &&
      names(rule, type) &&
      (rule.namespaces === undefined ||
        (namespace !== undefined && rule.namespaces.includes(namespace))),
  );
}

function names({ groups, resources }: Rule, { group, plural }: ResourceType): boolean {
  return groups.includes(group) && resources.includes(plural);
}
