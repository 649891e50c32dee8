import type { Entity, Json } from '../kong/model';

/** What of a route decides whether it gets a request, with Kong's defaults filled in. */
export interface RouteRule {
  readonly route: Entity;
  readonly protocols: readonly string[];
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[];
  readonly snis: readonly string[];
  readonly regexPriority: number;
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly pathHandling: 'v0' | 'v1';
  readonly redirectStatus: number;
  /** Whether it also asks for client or server addresses, which a URL does not tell. */
  readonly byAddress: boolean;
}

export function toRouteRule(route: Entity): RouteRule {
  const { fields } = route;
  const protocols = texts(fields['protocols']);
  const headers = fields['headers'];
  return {
    route,
    protocols: protocols.length > 0 ? protocols : ['http', 'https'],
    methods: texts(fields['methods']),
    hosts: texts(fields['hosts']).map((host) => host.toLowerCase()),
    paths: texts(fields['paths']),
    headers: isRecord(headers)
      ? Object.entries(headers).map(
          ([name, values]) => [name.toLowerCase(), texts(values)] as const,
        )
      : [],
    snis: texts(fields['snis']).map((sni) => sni.toLowerCase().replace(/(.)\.$/, '$1')),
    regexPriority: integer(fields['regex_priority']) ?? 0,
    stripPath: fields['strip_path'] !== false,
    preserveHost: fields['preserve_host'] === true,
    pathHandling: fields['path_handling'] === 'v1' ? 'v1' : 'v0',
    redirectStatus: integer(fields['https_redirect_status_code']) ?? 426,
    byAddress: isFilled(fields['sources']) || isFilled(fields['destinations']),
  };
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value)
    ? (value as readonly Json[]).filter((item) => typeof item === 'string')
    : [];
}

function integer(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? Math.floor(value) : undefined;
}

function isFilled(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
