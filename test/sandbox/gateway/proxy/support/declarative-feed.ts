import { randomUUID } from 'node:crypto';
import type {
  ConfigFeed,
  ConfigView,
  KongEntity,
} from '../../../../../sandbox/gateway/config-view';

type Entity = Record<string, any>;

/** A feed that is pushed to as DB-less Kong is: one document is the whole configuration. */
export interface DeclarativeFeed extends ConfigFeed {
  push(document: Entity): void;
}

export function declarativeFeed(document: Entity): DeclarativeFeed {
  let view = toView(document);
  const listeners = new Set<() => void>();
  return {
    current: () => view,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    push(next) {
      view = toView(next);
      for (const listener of listeners) listener();
    },
  };
}

const now = 1_795_000_000;
const ids = new Map<string, string>();

/** The same name gets the same id on every push, as Kong's loader does it. */
function idOf(kind: string, name: string): string {
  const key = `${kind}/${name}`;
  const known = ids.get(key) ?? randomUUID();
  ids.set(key, known);
  return known;
}

function toView(document: Entity): ConfigView {
  const lists: Record<string, KongEntity[]> = {
    services: [],
    routes: [],
    plugins: [],
    targets: [],
  };
  const addPlugin = (plugin: Entity, scope: Entity) => {
    const owner = scope['route']?.id ?? scope['service']?.id ?? scope['consumer']?.id ?? 'global';
    lists['plugins']!.push({
      id: idOf('plugin', `${plugin['name']}:${owner}`),
      enabled: true,
      protocols: ['http', 'https'],
      route: null,
      service: null,
      consumer: null,
      ...plugin,
      ...scope,
    });
  };
  const addRoute = (route: Entity, service: Entity | null) => {
    const { plugins = [], ...fields } = route;
    const id = idOf('route', route['name']);
    lists['routes']!.push({ ...routeDefaults(), id, ...fields, service });
    for (const plugin of plugins) addPlugin(plugin, { route: { id } });
  };
  for (const { routes = [], plugins = [], ...service } of document['services'] ?? []) {
    const id = idOf('service', service.name);
    lists['services']!.push({ ...serviceDefaults(), id, ...service });
    for (const route of routes) addRoute(route, { id });
    for (const plugin of plugins) addPlugin(plugin, { service: { id } });
  }
  for (const route of document['routes'] ?? []) addRoute(route, null);
  for (const plugin of document['plugins'] ?? []) addPlugin(plugin, {});
  const upstreams = (document['upstreams'] ?? []).map(({ targets = [], ...upstream }: Entity) => {
    const id = idOf('upstream', upstream['name']);
    for (const target of targets) {
      lists['targets']!.push({ id: randomUUID(), weight: 100, ...target, upstream: { id } });
    }
    return { id, ...upstream };
  });
  const keys: KongEntity[] = [];
  const consumers = (document['consumers'] ?? []).map(
    ({ keyauth_credentials = [], ...consumer }: Entity) => {
      const id = idOf('consumer', consumer['username']);
      for (const credential of keyauth_credentials) {
        keys.push({ id: randomUUID(), ...credential, consumer: { id } });
      }
      return { id, ...consumer };
    },
  );
  return {
    hash: '1'.repeat(32),
    services: lists['services']!,
    routes: lists['routes']!,
    plugins: lists['plugins']!,
    targets: lists['targets']!,
    upstreams,
    consumers,
    consumerGroups: [],
    certificates: [],
    snis: [],
    caCertificates: [],
    credentials: { keyauth_credentials: keys },
  };
}

function serviceDefaults(): Entity {
  return {
    protocol: 'http',
    port: 80,
    path: null,
    retries: 5,
    connect_timeout: 60000,
    write_timeout: 60000,
    read_timeout: 60000,
    enabled: true,
    tags: null,
    client_certificate: null,
    ca_certificates: null,
    tls_verify: null,
    tls_verify_depth: null,
    created_at: now,
    updated_at: now,
  };
}

function routeDefaults(): Entity {
  return {
    protocols: ['http', 'https'],
    methods: null,
    hosts: null,
    paths: null,
    headers: null,
    snis: null,
    sources: null,
    destinations: null,
    strip_path: true,
    preserve_host: false,
    path_handling: 'v0',
    regex_priority: 0,
    https_redirect_status_code: 426,
    request_buffering: true,
    response_buffering: true,
    tags: null,
    created_at: now,
    updated_at: now,
  };
}
