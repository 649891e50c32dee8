/**
 * What Kong makes of an entity beyond the defaults that its schemas show: fields that follow from
 * other fields, and fields that it works out itself. Read off Kong 3.9.3, which says of none of these.
 */
import { isObject } from '../../kong/merge-json';
import type { Entity, Json, JsonObject } from '../../kong/model';

/** The fields with what follows from them, and without what only Kong itself can say. */
export function withImplied({ type, fields }: Pick<Entity, 'type' | 'fields'>): JsonObject {
  switch (type) {
    case 'upstreams':
      return withAlgorithm(fields);
    case 'routes':
      return withStripPath(fields);
    case 'vaults':
      return { ...fields, config: withoutNulls(fields['config']) };
    case 'ca_certificates':
      // A digest of `cert`, whatever was given.
      return without(fields, (name) => name === 'cert_digest');
    default:
      return fields;
  }
}

/** These do not hash, so Kong takes `hash_on` away. */
const withoutHash: ReadonlySet<Json | undefined> = new Set(['least-connections', 'latency']);

/** Of all others `hash_on` alone decides, whatever algorithm is given: hashing or none. */
function withAlgorithm(fields: JsonObject): JsonObject {
  if (withoutHash.has(fields['algorithm'])) return { ...fields, hash_on: 'none' };
  const hashes = (fields['hash_on'] ?? 'none') !== 'none';
  return { ...fields, algorithm: hashes ? 'consistent-hashing' : 'round-robin' };
}

/** A path of gRPC names the method: it is never stripped. */
function withStripPath(fields: JsonObject): JsonObject {
  const { protocols, strip_path: stripPath } = fields;
  const isGrpc =
    Array.isArray(protocols) && (protocols.includes('grpc') || protocols.includes('grpcs'));
  return isGrpc && (stripPath ?? null) === null ? { ...fields, strip_path: false } : fields;
}

/** The fields of a vault's configuration are those of its kind, which no schema shows: unset is `null`. */
function withoutNulls(config: Json | undefined): JsonObject {
  if (!isObject(config)) return {};
  return without(config, (_name, value) => value === null);
}

function without(record: JsonObject, leaveOut: (name: string, value: Json) => boolean): JsonObject {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.filter(([name, value]) => !leaveOut(name, value)));
}
