/** What a route must match on, by the protocol Kong names in its sentence. */
const matchers: readonly (readonly [protocol: string, fields: readonly string[]])[] = [
  ['https', ['methods', 'hosts', 'headers', 'paths', 'snis']],
  ['http', ['methods', 'hosts', 'headers', 'paths']],
  ['grpcs', ['hosts', 'headers', 'paths', 'snis']],
  ['grpc', ['hosts', 'headers', 'paths']],
  ['tls_passthrough', ['snis']],
  ['tls', ['sources', 'destinations', 'snis']],
  ['tcp', ['sources', 'destinations']],
  ['udp', ['sources', 'destinations']],
];

/** A route must match on something. Of `http` and `https` together Kong speaks of `https`. */
export function checkRouteMatchers(route: Readonly<Record<string, unknown>>): string | undefined {
  const protocols = route.protocols;
  if (!Array.isArray(protocols)) return undefined;
  const entry = matchers.find(([protocol]) => protocols.includes(protocol));
  if (!entry) return undefined;
  const [protocol, fields] = entry;
  if (fields.some((name) => isSet(route[name]))) return undefined;
  const listed = fields.map((name) => `'${name}'`).join(', ');
  return `must set one of ${listed} when 'protocols' is '${protocol}'`;
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
