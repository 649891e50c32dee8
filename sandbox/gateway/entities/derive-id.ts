import { createHash } from 'node:crypto';

/**
 * The ids Kong's declarative loader gives to entities that bring none: UUIDv5 of the entity's key in
 * the namespace of its type (seen on 3.9.1, and accepted there by the database mode too).
 */

const kongNamespace = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';
const namespaces = new Map<string, Buffer>();

/** UUIDv5 of a name in the namespace of one entity type. */
export function deriveId(type: string, name: string): string {
  let namespace = namespaces.get(type);
  if (!namespace) {
    namespace = hash(Buffer.from(kongNamespace.replaceAll('-', ''), 'hex'), type);
    namespaces.set(type, namespace);
  }
  const hex = hash(namespace, name).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

function hash(namespace: Buffer, name: string): Buffer {
  const digest = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return digest;
}
