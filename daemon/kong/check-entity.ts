/** Rules of Kong that look at several fields of one entity. */
import type { Report } from './check-fields';
import { isList, isObject } from './merge-json';
import type { Entity, Json, JsonObject } from './model';
import { isIpRange } from './text-checks';

export function checkEntity(entity: Entity, report: Report): void {
  const { fields } = entity;
  switch (entity.type) {
    case 'services':
      checkService(fields, entity, report);
      return;
    case 'routes':
      checkRoute(fields, report);
      return;
    case 'upstreams':
      checkHashing(fields, report);
      return;
    case 'plugins':
      checkScope(entity, report);
      return;
    case 'certificates':
      needsOther(fields, 'cert_alt', 'key_alt', report);
      needsOther(fields, 'key_alt', 'cert_alt', report);
      return;
    case 'keys':
      checkKey(fields, report);
      return;
    case 'consumers':
      if (!isSet(fields['username']) && !isSet(fields['custom_id'])) {
        report('KONG_FIELD_DEPENDS', ['username'], { because: 'there is no custom_id' });
      }
      return;
    case 'jwt_secrets':
      if (
        /^(?:RS|ES|PS|Ed)/.test(textOf(fields['algorithm'])) &&
        !isSet(fields['rsa_public_key'])
      ) {
        report('KONG_FIELD_DEPENDS', ['rsa_public_key'], {
          because: 'the algorithm uses a public key',
        });
      }
      return;
    default:
  }
}

const withoutPath = new Set(['tcp', 'tls', 'udp', 'grpc', 'grpcs']);
const withTls = new Set(['https', 'tls', 'wss']);
const tlsFields = ['tls_verify', 'tls_verify_depth', 'ca_certificates'];

function checkService(fields: JsonObject, { references }: Entity, report: Report): void {
  const protocol = isSet(fields['protocol']) ? textOf(fields['protocol']) : 'http';
  if (withoutPath.has(protocol) && isSet(fields['path'])) {
    report('KONG_FIELD_PROTOCOL', ['path'], { protocol });
  }
  if (withTls.has(protocol)) return;
  for (const field of tlsFields) {
    if (isSet(fields[field])) report('KONG_FIELD_PROTOCOL', [field], { protocol });
  }
  if (references['client_certificate']) {
    report('KONG_FIELD_PROTOCOL', ['client_certificate'], { protocol });
  }
}

const families: readonly (readonly string[])[] = [
  ['http', 'https'],
  ['tcp', 'tls', 'udp'],
  ['tls_passthrough'],
  ['grpc', 'grpcs'],
  ['ws', 'wss'],
];

/** By protocol, what a route for it can match on; of several protocols the first one here counts. */
const matchersOf: readonly (readonly [string, readonly string[]])[] = [
  ['https', ['methods', 'hosts', 'headers', 'paths', 'snis']],
  ['http', ['methods', 'hosts', 'headers', 'paths']],
  ['wss', ['hosts', 'headers', 'paths', 'snis']],
  ['ws', ['hosts', 'headers', 'paths']],
  ['grpcs', ['hosts', 'headers', 'paths', 'snis']],
  ['grpc', ['hosts', 'headers', 'paths']],
  ['tls', ['sources', 'destinations', 'snis']],
  ['tcp', ['sources', 'destinations']],
  ['udp', ['sources', 'destinations']],
  ['tls_passthrough', ['snis']],
];

function checkRoute(fields: JsonObject, report: Report): void {
  const protocols = isList(fields['protocols'] ?? null)
    ? (fields['protocols'] as readonly Json[]).map(textOf)
    : ['http', 'https'];
  const family = families.filter((members) => protocols.some((item) => members.includes(item)));
  if (family.length > 1) report('KONG_PROTOCOLS_MIXED', ['protocols']);
  checkAddresses(fields, report);
  if (isObject(fields['headers'])) {
    const host = Object.keys(fields['headers']).find((name) => name.toLowerCase() === 'host');
    if (host !== undefined) report('KONG_HEADER_HOST', ['headers', host]);
  }
  if (family.length !== 1 || isSet(fields['expression'])) return;
  const entry = matchersOf.find(([protocol]) => protocols.includes(protocol));
  if (!entry) return;
  const [protocol, matchers] = entry;
  if (protocol.startsWith('grpc') && fields['strip_path'] === true) {
    report('KONG_FIELD_PROTOCOL', ['strip_path'], { protocol });
  }
  for (const field of ['methods', 'hosts', 'headers', 'paths', 'snis', 'sources', 'destinations']) {
    const isUsable = matchers.includes(field) || (field === 'snis' && protocols.includes('tls'));
    if (!isUsable && !isEmpty(fields[field])) report('KONG_FIELD_PROTOCOL', [field], { protocol });
  }
  if (matchers.every((field) => isEmpty(fields[field]))) {
    const details = { protocols: protocols.join(' and '), matchers: matchers.join(', ') };
    report('KONG_MATCHER_MISSING', [], details);
  }
}

function checkAddresses(fields: JsonObject, report: Report): void {
  for (const field of ['sources', 'destinations']) {
    const list = fields[field];
    if (!isList(list ?? null)) continue;
    (list as readonly Json[]).forEach((address, index) => {
      if (!isObject(address)) return;
      const { ip, port } = address;
      const isBad = typeof ip === 'string' && !isIpRange(ip);
      if (isBad || (!isSet(ip) && !isSet(port))) report('KONG_ADDRESS_INVALID', [field, index]);
    });
  }
}

/** `hash_on: header` wants `hash_on_header`, and so on; both fallbacks to a cookie use `hash_on_cookie`. */
const hashFields: Readonly<Record<string, readonly [string, string]>> = {
  header: ['hash_on_header', 'hash_fallback_header'],
  cookie: ['hash_on_cookie', 'hash_on_cookie'],
  query_arg: ['hash_on_query_arg', 'hash_fallback_query_arg'],
  uri_capture: ['hash_on_uri_capture', 'hash_fallback_uri_capture'],
};

function checkHashing(fields: JsonObject, report: Report): void {
  const on = isSet(fields['hash_on']) ? textOf(fields['hash_on']) : 'none';
  const fallback = isSet(fields['hash_fallback']) ? textOf(fields['hash_fallback']) : 'none';
  const needed = new Set<string>();
  if (Object.hasOwn(hashFields, on)) needed.add(hashFields[on]?.[0] ?? '');
  if (Object.hasOwn(hashFields, fallback)) needed.add(hashFields[fallback]?.[1] ?? '');
  for (const field of needed) {
    if (isSet(fields[field])) continue;
    const because = `hash_on is ${on} and hash_fallback is ${fallback}`;
    report('KONG_FIELD_DEPENDS', [field], { because });
  }
  if ((on === 'none' || on === 'cookie') && fallback !== 'none') {
    report('KONG_FIELD_CONFLICT', ['hash_fallback'], { because: `hash_on is ${on}` });
  }
  // These name something to hash, so the same one twice is no fallback.
  for (const what of ['header', 'query_arg', 'uri_capture']) {
    const [first, second] = [fields[`hash_on_${what}`], fields[`hash_fallback_${what}`]];
    if (isSet(first) && first === second) {
      report('KONG_FIELD_CONFLICT', [`hash_fallback_${what}`], {
        because: `hash_on_${what} is the same`,
      });
    }
  }
  if (on === fallback && (on === 'ip' || on === 'path' || on === 'consumer')) {
    report('KONG_FIELD_CONFLICT', ['hash_fallback'], { because: `hash_on is ${on}, too` });
  }
}

/** Plugins that find the consumer, or run before there is one: Kong's schemas forbid the scope. */
const withoutConsumer: ReadonlySet<string> = new Set([
  'acl',
  'acme',
  'ai-request-transformer',
  'basic-auth',
  'bot-detection',
  'cors',
  'hmac-auth',
  'jwt',
  'key-auth',
  'ldap-auth',
  'oauth2',
  'pre-function',
  'post-function',
  'session',
  'standard-webhooks',
]);

function checkScope(entity: Entity, report: Report): void {
  const plugin = textOf(entity.fields['name']);
  if (!withoutConsumer.has(plugin)) return;
  for (const scope of ['consumer', 'consumer_group']) {
    if (entity.references[scope]) {
      report('KONG_PLUGIN_SCOPE', [scope], { plugin, scope: scope.replace('_', ' ') });
    }
  }
}

function needsOther(fields: JsonObject, field: string, other: string, report: Report): void {
  if (isSet(fields[field]) && !isSet(fields[other])) {
    report('KONG_FIELD_DEPENDS', [other], { because: `${field} is set` });
  }
}

function checkKey(fields: JsonObject, report: Report): void {
  const [jwk, pem] = [isSet(fields['jwk']), isSet(fields['pem'])];
  if (jwk && pem) report('KONG_FIELD_CONFLICT', ['pem'], { because: 'jwk is set' });
  if (!jwk && !pem) report('KONG_FIELD_DEPENDS', ['jwk'], { because: 'there is no pem' });
}

function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

function isEmpty(value: Json | undefined): boolean {
  if (isList(value ?? null)) return (value as readonly Json[]).length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : !isSet(value);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
