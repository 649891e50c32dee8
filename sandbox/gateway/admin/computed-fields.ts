import { createHash, X509Certificate } from 'node:crypto';
import type { EntityType } from '../entities/entity-types';
import { schemaViolation } from '../entities/error-bodies';
import { schemaOf } from '../entities/check-entity';
import { isRecord } from '../entities/fill-defaults';
import type { EntityDraft } from '../entities/fill-defaults';
import type { RecordSchema } from '../entities/schema';
import { referencedId } from '../store/collection';
import type { AdminContext } from './admin-context';
import { refuse } from './reply';

/** Kong keeps a basic-auth password as SHA-1 of the password and the consumer's id (seen). */
export function hashPassword(credential: Readonly<EntityDraft>): string {
  return createHash('sha1')
    .update(String(credential.password))
    .update(referencedId(credential, 'consumer') ?? '')
    .digest('hex');
}

/** Makes the keys that were not given, hashes a password, digests a certificate, in place. */
export function fillComputed(context: AdminContext, type: EntityType, draft: EntityDraft): void {
  if (type.name === 'ca_certificates') draft.cert_digest = digestCertificate(String(draft.cert));
  if (type.name === 'basicauth_credentials') draft.password = hashPassword(draft);
  fillGenerated(context, schemaOf(type, draft, context.plugins), draft);
}

/** Every text that Kong makes up where it is not given, at each write and each load another one. */
export function fillGenerated(
  context: AdminContext,
  schema: RecordSchema,
  draft: EntityDraft,
): void {
  for (const [name, field] of schema.fields) {
    const value = draft[name];
    if (field.record && isRecord(value)) fillGenerated(context, field.record, value);
    const { auto, type, uuid } = field.schema;
    if (auto && type === 'string' && !uuid) draft[name] ??= context.random.secret();
  }
}

/** Of the certificate itself; of the text where it is a dummy. */
function digestCertificate(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return createHash('sha256').update(pem).digest('hex');
  }
}

/**
 * The second a key ends, from the seconds it is to live; nothing for one that stays.
 *
 * @throws Refusal 400 where `ttl` is no such number.
 */
export function readExpiry(context: AdminContext, input: Readonly<EntityDraft>): number | null {
  const { ttl } = input;
  if (ttl === undefined || ttl === null || ttl === 0) return null;
  if (typeof ttl !== 'number' || !Number.isInteger(ttl)) {
    throw refuse(400, schemaViolation({ ttl: 'expected an integer' }));
  }
  return context.now() / 1000 + ttl;
}
