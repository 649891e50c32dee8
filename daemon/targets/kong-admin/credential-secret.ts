/** Secrets that come back from Kong in another form than they were sent in, or were not sent at all. */
import { createHash } from 'node:crypto';

import type { Entity, EntityType, JsonObject } from '../../kong/model';
import type { Identity } from '../../plan/dependants';

/** The fields of credentials that Kong holds, by identity. */
export type HeldSecrets = ReadonlyMap<Identity, JsonObject>;

/** Kong makes these up where none is given. */
const madeUp: Readonly<Partial<Record<EntityType, string>>> = {
  hmacauth_credentials: 'secret',
  jwt_secrets: 'secret',
  oauth2_credentials: 'client_secret',
};

export function isCredential({ type }: Entity): boolean {
  return type === 'basicauth_credentials' || madeUp[type] !== undefined;
}

/**
 * The secret as Kong will hold it, under its field's name; undefined where that is as it is written.
 * @param id and `references` as they are at Kong.
 */
export function storedSecret(
  { type, fields }: Entity,
  id: string,
  references: Entity['references'],
  held: HeldSecrets,
): JsonObject | undefined {
  const there = held.get(`${type}/${id}`);
  const name = madeUp[type];
  if (name !== undefined) {
    const known = fields[name] === undefined ? there?.[name] : undefined;
    return known === undefined ? undefined : { [name]: known };
  }
  const { password } = fields;
  // A file that was dumped holds what Kong stores: it means itself, and hashed once more it would lock
  // its user out.
  if (typeof password !== 'string' || there?.['password'] === password) return undefined;
  // Kong stores the SHA-1 of password and consumer id (seen).
  const salted = `${password}${references['consumer']?.id ?? ''}`;
  return { password: createHash('sha1').update(salted).digest('hex') };
}

/**
 * The field that an update must not mention: a PUT without a secret makes up a new one, and one with
 * the stored hash hashes it again (seen).
 * @param sent what would be sent of it.
 */
export function untouchedSecret(canonical: Entity, sent: JsonObject): string | undefined {
  if (canonical.type === 'basicauth_credentials') {
    return sent['password'] === canonical.fields['password'] ? 'password' : undefined;
  }
  const name = madeUp[canonical.type];
  return name !== undefined && sent[name] === undefined ? name : undefined;
}
