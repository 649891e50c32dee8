import type { Flavour } from './flavour';
import { isObject } from './go-json';
import type { Json } from './resource';

/** What a GET object carries beyond what was written: a whole one may be put back. */
const ENVELOPE = [
  'type',
  'mesh',
  'name',
  'labels',
  'creationTime',
  'modificationTime',
  'kri',
  'snis',
  'status',
];

const NETWORKING = [
  'address',
  'advertisedAddress',
  'admin',
  'gateway',
  'inbound',
  'outbound',
  'transparentProxying',
];
const INBOUND = [
  'name',
  'port',
  'protocol',
  'servicePort',
  'serviceAddress',
  'address',
  'tags',
  'serviceProbe',
  'state',
  'health',
];
const MESH_BEFORE_3 = ['mtls', 'meshServices', 'networking'];
const OUTBOUND = ['address', 'port', 'tags', 'backendRef'];

/**
 * The fields of a body as a control plane keeps them (recorded): unknown fields of a Dataplane are dropped,
 * `DELEGATED` is the enum's zero and so left out, every tag set gets the zone, kinds fill in their defaults.
 */
export function normaliseFields(
  type: string,
  body: Json,
  options: { zone: string; flavour: Flavour },
): Json {
  const fields = without(body, ENVELOPE);
  switch (type) {
    case 'Dataplane':
      return normaliseDataplane(fields, options);
    case 'ExternalService':
      return {
        ...fields,
        tags: sorted(fields['tags']),
        networking: withoutFalse(fields['networking']),
      };
    case 'MeshExternalService':
      return normaliseMeshExternalService(fields);
    case 'MeshHTTPRoute':
      return { ...fields, spec: withRouteWeights(fields['spec']) };
    case 'MeshService':
      return normaliseMeshService(fields, options.flavour);
    case 'Mesh':
      return options.flavour.tags ? fields : without(fields, MESH_BEFORE_3);
    default:
      return fields;
  }
}

function normaliseDataplane(
  fields: Json,
  { zone, flavour }: { zone: string; flavour: Flavour },
): Json {
  const { tags: withTags, gatewayBlock } = flavour;
  const gone = [...(gatewayBlock ? [] : ['gateway']), ...(withTags ? [] : ['advertisedAddress'])];
  const networking = without(pick(fields['networking'] as Json, NETWORKING), gone);
  const { gateway, inbound, outbound } = networking;
  const zoned = (holder: Json): Json => {
    const own = isObject(holder['tags']) ? holder['tags'] : {};
    return { ...without(holder, ['tags']), tags: sorted({ ...own, 'kuma.io/zone': zone }) };
  };
  const known = pick(fields, ['networking', 'metrics', ...(withTags ? ['probes'] : []), 'envoy']);
  return {
    ...known,
    networking: {
      ...networking,
      ...(isObject(gateway) && {
        gateway: zoned(pick(gateway, gateway['type'] === 'BUILTIN' ? ['type', 'tags'] : ['tags'])),
      }),
      ...(Array.isArray(inbound) && {
        inbound: inbound.map((one: Json) =>
          // The protocol is a tag as long as there are tags.
          withTags
            ? zoned(pick(without(one, ['protocol']), INBOUND))
            : without(pick(one, INBOUND), ['tags']),
        ),
      }),
      ...(Array.isArray(outbound) && {
        outbound: outbound.map((one: Json) =>
          pick(withTags ? one : without(one, ['tags']), OUTBOUND),
        ),
      }),
    },
  };
}

function normaliseMeshExternalService(fields: Json): Json {
  const spec = fields['spec'] as Json;
  const tls = spec['tls'];
  if (!isObject(tls)) return fields;
  const verification = isObject(tls['verification'])
    ? { mode: 'Secured', ...tls['verification'] }
    : undefined;
  return {
    ...fields,
    spec: {
      ...spec,
      tls: { allowRenegotiation: false, ...tls, ...(verification && { verification }) },
    },
  };
}

/** State and identities are computed: what a client sends of them is not kept. */
function normaliseMeshService(fields: Json, { tags }: Flavour): Json {
  const spec = without((fields['spec'] ?? {}) as Json, ['state', 'identities']);
  const { selector } = spec;
  if (tags || !isObject(selector)) return { ...fields, spec };
  return { ...fields, spec: { ...spec, selector: without(selector, ['dataplaneTags']) } };
}

/** Every backend reference of a route weighs 1 unless it says otherwise. */
function withRouteWeights(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withRouteWeights);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key === 'backendRefs' && Array.isArray(inner)
        ? [key, inner.map((one: Json) => ({ weight: 1, ...one }))]
        : [key, withRouteWeights(inner)],
    ),
  );
}

/** Protobuf leaves out what is false. */
function withoutFalse(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== false)
      .map(([key, inner]) => [key, withoutFalse(inner)]),
  );
}

function pick(value: Json, keys: readonly string[]): Json {
  return Object.fromEntries(
    keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]),
  );
}

function without(value: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function sorted(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
