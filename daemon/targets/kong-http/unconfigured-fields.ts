import type { EntityType, JsonObject } from '../../kong/model';

/**
 * What Kong shows and nobody has configured: times, what it works out itself (the digest of a CA
 * certificate, the names that use a certificate, the time a key has left).
 */
const notConfigured: Readonly<Partial<Record<EntityType, ReadonlySet<string>>>> = {
  certificates: new Set(['snis']),
  ca_certificates: new Set(['cert_digest']),
  keyauth_credentials: new Set(['ttl']),
};

/** Fields that say nothing about what was configured, by type: left out of every comparison. */
export function withoutUnconfigured(type: EntityType, fields: JsonObject): JsonObject {
  const left = notConfigured[type];
  if (!left || !Object.keys(fields).some((name) => left.has(name))) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !left.has(name)));
}
