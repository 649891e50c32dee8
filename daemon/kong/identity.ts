/** Key and id of an entity: what makes it the same one in the next pass and in every target. */
import { fingerprint, idOfFields, idOfName, pluginId, targetId } from './ids';
import type { Entity, EntityType, Json, JsonObject } from './model';
import { normaliseTarget } from './target-address';

/** An entity that this one refers to, by the reference's field name. */
export interface Referenced {
  readonly id: string;
  readonly key: string;
}
export type ReferencedByField = Readonly<Partial<Record<string, Referenced>>>;

export interface Identity {
  readonly key: string;
  readonly id: string;
}

/**
 * `undefined` where a field is missing without which there is no identity. A given id replaces the
 * derived one and never the key, except where nothing else tells the entity apart.
 */
export function identify(
  type: EntityType,
  fields: JsonObject,
  references: ReferencedByField,
  givenId?: string,
): Identity | undefined {
  const derived = derive(type, fields, references);
  if (givenId === undefined) return derived;
  return { key: derived && !isNameless(type, fields) ? derived.key : givenId, id: givenId };
}

/** Whether the id says no more than the name does, so that nobody has chosen it. */
export function isDerived(entity: Entity): boolean {
  return isRederived(entity) || hasIdOfWrittenAddress(entity);
}

/** Whether the fields alone give this id, as they would where it is read again. */
export function isRederived({ type, fields, references, id }: Entity): boolean {
  const referenced: Record<string, Referenced> = {};
  for (const [field, reference] of Object.entries(references)) {
    if (reference) referenced[field] = { id: reference.id, key: '' };
  }
  return identify(type, fields, referenced)?.id === id;
}

/** A linked target has another address by now than the one in the file, by which it is known. */
function hasIdOfWrittenAddress({ type, key, references: { upstream }, id }: Entity): boolean {
  if (type !== 'targets' || !upstream) return false;
  return targetId(upstream.id, key.split(' of upstream ')[0] ?? '') === id;
}

function derive(
  type: EntityType,
  fields: JsonObject,
  references: ReferencedByField,
): Identity | undefined {
  switch (type) {
    case 'services':
      return named(type, text(fields['name'])) ?? namelessService(fields);
    case 'upstreams':
    case 'consumer_groups':
    case 'snis':
    case 'key_sets':
      return named(type, text(fields['name']));
    case 'vaults':
      return named(type, text(fields['prefix']));
    case 'routes':
      return named(type, text(fields['name'])) ?? namelessRoute(fields, references);
    case 'consumers':
      return named(type, text(fields['username'])) ?? byCustomId(text(fields['custom_id']));
    case 'targets':
      return target(text(fields['target']), references['upstream']);
    case 'plugins':
      return plugin(text(fields['name']), references);
    case 'certificates':
    case 'ca_certificates':
      return byContent(type, text(fields['cert']));
    case 'keys':
      return key(fields, references['set']);
    case 'consumer_group_consumers':
      return membership(references['consumer'], references['consumer_group']);
    default:
      return credential(type, fields, references['consumer']);
  }
}

function named(type: EntityType, name: string | undefined): Identity | undefined {
  return name === undefined ? undefined : { key: name, id: idOfName(type, name) };
}

function byCustomId(customId: string | undefined): Identity | undefined {
  if (customId === undefined) return undefined;
  // Usernames are another namespace: one may be called like the custom id of another consumer.
  return { key: `custom_id ${customId}`, id: idOfFields('consumers', ['custom_id', customId]) };
}

const matchers = [
  'protocols',
  'methods',
  'hosts',
  'paths',
  'headers',
  'snis',
  'sources',
  'destinations',
  'expression',
];

/** Kong gives these a new id at each load; what they match tells them apart better than that. */
function namelessRoute(fields: JsonObject, references: ReferencedByField): Identity {
  const content = matchers.map((matcher) => canonicalText(fields[matcher]));
  const mark = fingerprint(JSON.stringify([references['service']?.key ?? null, ...content]));
  return { key: `unnamed-${mark}`, id: idOfFields('routes', ['unnamed', mark]) };
}

/** Kong takes them, and where it goes tells a service apart as well as a name. */
function namelessService(fields: JsonObject): Identity | undefined {
  if (text(fields['host']) === undefined) return undefined;
  const content = ['protocol', 'host', 'port', 'path'].map((field) => canonicalText(fields[field]));
  const mark = fingerprint(JSON.stringify(content));
  return { key: `unnamed-${mark}`, id: idOfFields('services', ['unnamed', mark]) };
}

function isNameless(type: EntityType, fields: JsonObject): boolean {
  if (type === 'routes' || type === 'services') return text(fields['name']) === undefined;
  return type === 'certificates' || type === 'ca_certificates';
}

function target(
  address: string | undefined,
  upstream: Referenced | undefined,
): Identity | undefined {
  if (address === undefined || !upstream) return undefined;
  const normal = normaliseTarget(address) ?? address;
  return { key: `${normal} of upstream ${upstream.key}`, id: targetId(upstream.id, normal) };
}

function plugin(name: string | undefined, references: ReferencedByField): Identity | undefined {
  if (name === undefined) return undefined;
  const { route, service, consumer, consumer_group: group } = references;
  const scope = [
    route && `route ${route.key}`,
    service && `service ${service.key}`,
    consumer && `consumer ${consumer.key}`,
    group && `consumer group ${group.key}`,
  ].filter((part) => part !== undefined);
  const id = pluginId(name, {
    route: route?.id,
    service: service?.id,
    consumer: consumer?.id,
    consumerGroup: group?.id,
  });
  return { key: scope.length > 0 ? `${name} on ${scope.join(' and ')}` : name, id };
}

function byContent(type: EntityType, content: string | undefined): Identity | undefined {
  if (content === undefined) return undefined;
  const mark = fingerprint(content.trim());
  return { key: mark, id: idOfFields(type, [mark]) };
}

function key(fields: JsonObject, set: Referenced | undefined): Identity | undefined {
  const kid = text(fields['kid']);
  const name = text(fields['name']);
  const shown = name ?? (kid !== undefined && set ? `${kid} of key set ${set.key}` : kid);
  if (shown === undefined) return undefined;
  const id = kid === undefined ? idOfName('keys', shown) : idOfFields('keys', [kid, set?.id]);
  return { key: shown, id };
}

function membership(
  consumer: Referenced | undefined,
  group: Referenced | undefined,
): Identity | undefined {
  if (!consumer || !group) return undefined;
  return {
    key: `${consumer.key} of consumer group ${group.key}`,
    id: idOfFields('consumer_group_consumers', [group.id, consumer.id]),
  };
}

/**
 * Kong derives the ids of basic-auth, hmac-auth and acl only; those whose key it may make up itself
 * get a new id at each load there and, derived the same way, a stable one here.
 */
function credential(
  type: EntityType,
  fields: JsonObject,
  consumer: Referenced | undefined,
): Identity | undefined {
  if (!consumer) return undefined;
  const of = `of consumer ${consumer.key}`;
  if (type === 'acls') {
    const group = text(fields['group']);
    return group === undefined
      ? undefined
      : { key: `${group} ${of}`, id: idOfFields(type, [consumer.id, group]) };
  }
  const secret = type === 'keyauth_credentials';
  const name = text(fields[nameOfCredential[type] ?? 'key']);
  if (name === undefined) return namelessCredential(type, fields, consumer);
  return { key: `${secret ? fingerprint(name) : name} ${of}`, id: idOfFields(type, [name]) };
}

/** Kong makes these up where they are not given. */
const madeUpNames: ReadonlySet<EntityType> = new Set<EntityType>([
  'keyauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
]);

function namelessCredential(
  type: EntityType,
  fields: JsonObject,
  consumer: Referenced,
): Identity | undefined {
  if (!madeUpNames.has(type)) return undefined;
  const mark = fingerprint(canonicalText(fields));
  return {
    key: `unnamed-${mark} of consumer ${consumer.key}`,
    id: idOfFields(type, ['unnamed', consumer.id, mark]),
  };
}

const nameOfCredential: Partial<Record<EntityType, string>> = {
  basicauth_credentials: 'username',
  hmacauth_credentials: 'username',
  oauth2_credentials: 'client_id',
};

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Lists as sets and mappings by key: the order in which matchers are written means nothing. */
function canonicalText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `[${value.map(canonicalText).sort().join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonicalText(item)}`).join(',')}}`;
}
