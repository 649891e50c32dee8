import { isIP } from 'node:net';
import type { Flavour } from './flavour';
import { isObject, kindOf, undecodable } from './go-json';
import type { Json } from './resource';
import type { Violation } from './std-error';

const BACKEND_KINDS = ['MeshExternalService', 'MeshMultiZoneService', 'MeshService'];
const PORT_RANGE = 'port must be in the range [1, 65535]';

/**
 * What a real control plane refuses in a Dataplane, with its texts (recorded). It accepts more than one
 * would think: no gateway tags at all, duplicate outbound ports, references to nothing.
 *
 * From 3.x on tags of in- and outbounds are dropped unread, and every outbound needs a reference.
 * @throws StdError 400 where the body does not even decode: an unknown gateway type, a tag that is no string.
 */
export function violationsOfDataplane(
  body: Json,
  { tags: withTags, gatewayBlock }: Flavour,
): readonly Violation[] {
  const { networking } = body;
  if (!isObject(networking)) return [{ field: 'networking', message: 'must be defined' }];
  refuseUndecodable(networking, withTags ? ['DELEGATED', 'BUILTIN'] : ['DELEGATED'], gatewayBlock);
  const gateway = gatewayBlock ? networking['gateway'] : undefined;
  const inbounds = objects(networking['inbound']);
  return [
    ...addressViolations(networking['address']),
    ...(isObject(gateway) ? gatewayViolations(gateway, inbounds.length) : []),
    ...(isObject(gateway)
      ? []
      : inbounds.flatMap((one, at) => inboundViolations(one, at, withTags))),
    ...objects(networking['outbound']).flatMap((one, at) => outboundViolations(one, at, withTags)),
  ];
}

function refuseUndecodable(
  networking: Json,
  types: readonly string[],
  gatewayBlock: boolean,
): void {
  const gateway = gatewayBlock ? networking['gateway'] : undefined;
  const type = isObject(gateway) ? gateway['type'] : undefined;
  if (type !== undefined && !types.some((known) => known === type)) {
    const quoted = JSON.stringify(JSON.stringify(type));
    const enumName = 'kuma.mesh.v1alpha1.Dataplane.Networking.Gateway.GatewayType';
    throw undecodable('Dataplane', `unknown value ${quoted} for enum ${enumName}`);
  }
  const holders = [gateway, ...objects(networking['inbound']), ...objects(networking['outbound'])];
  for (const holder of holders) {
    const tags = isObject(holder) ? holder['tags'] : undefined;
    const values = isObject(tags) ? Object.values(tags) : [];
    const at = values.findIndex((value) => typeof value !== 'string');
    if (at < 0) continue;
    const wrong = values[at];
    throw undecodable(
      'Dataplane',
      `json: cannot unmarshal ${kindOf(wrong)} into Go value of type string`,
    );
  }
}

function addressViolations(address: unknown): readonly Violation[] {
  const field = 'networking.address';
  if (typeof address !== 'string' || address === '')
    return [{ field, message: "address can't be empty" }];
  if (address === '0.0.0.0' || address === '::')
    return [{ field, message: 'must not be 0.0.0.0 or ::' }];
  return [];
}

function gatewayViolations(gateway: Json, inbounds: number): readonly Violation[] {
  const tags = isObject(gateway['tags']) ? gateway['tags'] : {};
  const field = 'networking.gateway.tags';
  const found: Violation[] = [];
  if (inbounds > 0 && gateway['type'] !== 'BUILTIN') {
    const message = 'inbound cannot be defined for delegated gateways';
    found.push({ field: 'networking.inbound', message });
  }
  if (Object.keys(tags).length > 0) found.push(...tagViolations(field, tags));
  const protocol = tags['kuma.io/protocol'];
  if (protocol !== undefined && protocol !== 'tcp') {
    const message = `other values than tcp are not allowed, provided value "${protocol as string}"`;
    found.push({ field: `${field}["kuma.io/protocol"]`, message });
  }
  return found;
}

/** Only from the second PUT on: a gateway may be made without any tags, but not be changed (seen). */
export function violationsOfUpdate(body: Json): readonly Violation[] {
  const { networking } = body;
  const gateway = isObject(networking) ? networking['gateway'] : undefined;
  if (!isObject(gateway)) return [];
  const tags = isObject(gateway['tags']) ? gateway['tags'] : {};
  return tagViolations('networking.gateway.tags', tags);
}

function inboundViolations(inbound: Json, at: number, withTags: boolean): readonly Violation[] {
  const path = `networking.inbound[${at}]`;
  const tags = isObject(inbound['tags']) ? inbound['tags'] : {};
  return [
    ...portViolations(path, inbound['port']),
    ...(withTags ? tagViolations(`${path}.tags`, tags) : []),
  ];
}

function outboundViolations(outbound: Json, at: number, withTags: boolean): readonly Violation[] {
  const path = `networking.outbound[${at}]`;
  const { address, port, tags, backendRef } = outbound;
  const found = [...portViolations(path, port)];
  if (address !== undefined && (typeof address !== 'string' || isIP(address) === 0)) {
    found.push({ field: `${path}.address`, message: 'address has to be valid IP address' });
  }
  if (isObject(backendRef)) {
    if (!isObject(tags) || !withTags) return [...found, ...backendRefViolations(path, backendRef)];
    const message = 'both backendRef and tags/service cannot be defined';
    return [...found, { field: `${path}.backendRef`, message }];
  }
  if (!withTags) return [...found, { field: `${path}.backendRef`, message: 'must be defined' }];
  return [...found, ...tagViolations(`${path}.tags`, isObject(tags) ? tags : {})];
}

function backendRefViolations(path: string, ref: Json): readonly Violation[] {
  const { kind, port } = ref;
  // A MeshExternalService has one port, which need not be named.
  const portless = kind === 'MeshExternalService' && port === undefined;
  const found = portless ? [] : portViolations(`${path}.backendRef`, port);
  if (BACKEND_KINDS.includes(String(kind))) {
    if (ref['name'] || isObject(ref['labels'])) return found;
    const message = "either 'name' or 'labels' should be specified";
    return [{ field: `${path}.backendRef`, message }, ...found];
  }
  const message = `invalid value. Available values are: ${BACKEND_KINDS.join(',')}`;
  return [{ field: `${path}.backendRef.kind`, message }, ...found];
}

function tagViolations(field: string, tags: Json): readonly Violation[] {
  const found: Violation[] = [];
  if (tags['kuma.io/service'] === undefined) {
    found.push({ field, message: 'mandatory tag "kuma.io/service" is missing' });
  }
  for (const [key, value] of Object.entries(tags)) {
    const message = tagViolation(key, String(value));
    if (message !== undefined) found.push({ field: `${field}["${key}"]`, message });
  }
  return found;
}

function tagViolation(key: string, value: string): string | undefined {
  if (!/^[\w./-]+$/.test(key)) {
    return 'tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores';
  }
  if (value === '') return 'tag value must be non-empty';
  if (/^[\w.-]+$/.test(value)) return undefined;
  return 'tag value must consist of alphanumeric characters, dots, dashes and underscores';
}

function portViolations(path: string, port: unknown): Violation[] {
  const valid = typeof port === 'number' && port >= 1 && port <= 65535;
  return valid ? [] : [{ field: `${path}.port`, message: PORT_RANGE }];
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
