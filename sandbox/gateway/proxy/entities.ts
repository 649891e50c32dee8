import type { KongEntity } from '../config-view';

/** What the proxy reads of a service. Timeouts in milliseconds. */
export interface Service {
  readonly id: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly retries: number;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly enabled: boolean;
  readonly tlsVerify: boolean;
  readonly entity: KongEntity;
}

/** What the proxy reads of a route. Empty lists match anything. */
export interface Route {
  readonly id: string;
  readonly serviceId: string | undefined;
  readonly protocols: readonly string[];
  readonly methods: readonly string[];
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
  readonly headers: readonly (readonly [name: string, values: readonly string[]])[];
  readonly stripPath: boolean;
  readonly preserveHost: boolean;
  readonly pathHandling: 'v0' | 'v1';
  readonly regexPriority: number;
  readonly httpsRedirectStatusCode: number;
  readonly createdAt: number;
  readonly entity: KongEntity;
}

export interface Plugin {
  readonly id: string;
  readonly name: string;
  readonly routeId: string | undefined;
  readonly serviceId: string | undefined;
  readonly consumerId: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly entity: KongEntity;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

export function toService(entity: KongEntity): Service {
  return {
    id: entity.id,
    protocol: text(entity['protocol']) ?? 'http',
    host: text(entity['host']) ?? '',
    port: integer(entity['port']) ?? 80,
    path: text(entity['path']),
    retries: integer(entity['retries']) ?? 5,
    connectTimeoutMs: integer(entity['connect_timeout']) ?? 60_000,
    readTimeoutMs: integer(entity['read_timeout']) ?? 60_000,
    writeTimeoutMs: integer(entity['write_timeout']) ?? 60_000,
    enabled: entity['enabled'] !== false,
    tlsVerify: entity['tls_verify'] === true,
    entity,
  };
}

export function toRoute(entity: KongEntity): Route {
  return {
    id: entity.id,
    serviceId: reference(entity['service']),
    protocols: texts(entity['protocols']),
    methods: texts(entity['methods']),
    hosts: texts(entity['hosts']).map((host) => host.toLowerCase()),
    paths: texts(entity['paths']),
    headers: Object.entries(record(entity['headers'])).map(
      ([name, values]) => [name.toLowerCase(), texts(values)] as const,
    ),
    stripPath: entity['strip_path'] !== false,
    preserveHost: entity['preserve_host'] === true,
    pathHandling: entity['path_handling'] === 'v1' ? 'v1' : 'v0',
    regexPriority: integer(entity['regex_priority']) ?? 0,
    httpsRedirectStatusCode: integer(entity['https_redirect_status_code']) ?? 426,
    createdAt: integer(entity['created_at']) ?? 0,
    entity,
  };
}

export function toPlugin(entity: KongEntity): Plugin {
  return {
    id: entity.id,
    name: text(entity['name']) ?? '',
    routeId: reference(entity['route']),
    serviceId: reference(entity['service']),
    consumerId: reference(entity['consumer']),
    config: record(entity['config']),
    entity,
  };
}

/** `host:port` with the default port 8000, as Kong normalises targets; IPv6 addresses in brackets. */
export function toTarget(entity: KongEntity): Target {
  const parts = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text(entity['target']) ?? '');
  return {
    host: (parts?.[1] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(parts?.[2] ?? 8000),
    weight: integer(entity['weight']) ?? 100,
  };
}

export function reference(value: unknown): string | undefined {
  return text(record(value)['id']);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function integer(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.floor(value) : undefined;
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
