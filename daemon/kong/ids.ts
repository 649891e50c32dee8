/**
 * Ids as Kong's declarative loader derives them (seen on 3.9.1): UUIDv5 in a namespace per entity type
 * of a key made of what identifies the entity. Equal input gives equal ids in file, DB-less and Admin
 * API, so plans are reproducible and retries idempotent.
 */
import { createHash } from 'node:crypto';
import type { EntityType } from './model';

/** The namespace of Kong's loader, under which each entity type has its own. */
const rootNamespace = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';

const namespaces = new Map<string, Buffer>();

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Of types that Kong tells apart by one name: `orders`, or the prefix of a vault. */
export function idOfName(type: EntityType, name: string): string {
  return derive(type, type === 'vaults' ? `vaults:*:${name}` : name);
}

/** Of types that Kong tells apart by several fields; an absent one stays empty. */
export function idOfFields(type: EntityType, fields: readonly (string | undefined)[]): string {
  return derive(type, [type, '*', ...fields.map((field) => field ?? '')].join(':'));
}

/** `address` as `host:port`, both as Kong keeps them. */
export function targetId(upstreamId: string, address: string): string {
  return idOfFields('targets', [upstreamId, address]);
}

export interface PluginScope {
  readonly route?: string | undefined;
  readonly service?: string | undefined;
  readonly consumer?: string | undefined;
  /** Kong's open source loader knows no groups: appended only where there is one. */
  readonly consumerGroup?: string | undefined;
}

/** `scope` holds ids. */
export function pluginId(name: string, scope: PluginScope): string {
  const fields = [name, scope.route, scope.service, scope.consumer];
  return idOfFields('plugins', scope.consumerGroup ? [...fields, scope.consumerGroup] : fields);
}

/** Short and one-way: tells secrets and long contents apart without showing them. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function derive(type: EntityType, key: string): string {
  let namespace = namespaces.get(type);
  if (!namespace) {
    namespace = uuidBytes(uuidV5(uuidBytes(rootNamespace), type));
    namespaces.set(type, namespace);
  }
  return uuidV5(namespace, key);
}

function uuidV5(namespace: Buffer, name: string): string {
  const hash = createHash('sha1').update(namespace).update(name, 'utf8').digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
