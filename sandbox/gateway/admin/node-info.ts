import { hostname } from 'node:os';
import { entityTypesByPath } from '../entities/entity-types';
import type { AdminContext } from './admin-context';

export const kongVersion = '3.9.1';

/** `GET /`: who this is and what it can do; of the configuration only what clients look at. */
export function describeNode(context: AdminContext): unknown {
  const available = Object.fromEntries(
    context.plugins.names.map((name) => {
      const plugin = context.plugins.get(name);
      return [name, { version: plugin?.version, priority: plugin?.priority }];
    }),
  );
  const used = new Set([...context.store.of('plugins').values()].map(({ name }) => String(name)));
  return {
    version: kongVersion,
    tagline: 'Welcome to kong',
    edition: 'community',
    hostname: hostname(),
    node_id: context.nodeId,
    lua_version: 'LuaJIT 2.1.0-20231117.1',
    pids: { master: process.pid, workers: [process.pid] },
    timers: { pending: 0, running: 0 },
    plugins: {
      available_on_server: available,
      enabled_in_cluster: [...used].sort(),
      disabled_on_server: {},
    },
    configuration: {
      database: context.mode === 'db' ? 'postgres' : 'off',
      role: 'traditional',
      router_flavor: 'traditional_compatible',
      worker_consistency: 'eventual',
      worker_state_update_frequency: 5,
      plugins: ['bundled'],
      loaded_plugins: Object.fromEntries(context.plugins.names.map((name) => [name, true])),
    },
  };
}

/** `GET /status`. */
export function describeStatus(context: AdminContext, totalRequests: number): unknown {
  const status = {
    memory: { lua_shared_dicts: {}, workers_lua_vms: [] },
    server: {
      connections_accepted: 1,
      connections_active: 1,
      connections_handled: 1,
      connections_reading: 0,
      connections_waiting: 0,
      connections_writing: 1,
      total_requests: totalRequests,
    },
  };
  return context.mode === 'db'
    ? { ...status, database: { reachable: true } }
    : { ...status, configuration_hash: context.configHash };
}

/** Collections that Kong has and this stand-in keeps empty. */
export const emptyCollections: ReadonlySet<string> = new Set([
  ...['oauth2_tokens', 'sessions', 'acme_storage', 'filter-chains'],
]);

/** `GET /endpoints`: what this stand-in answers, a part of what Kong lists. */
export function listEndpoints(): unknown {
  const collections = [...entityTypesByPath].flatMap(([path, { name }]) => [
    `/${path}`,
    `/${path}/{${name}}`,
  ]);
  const fixed = [
    '/',
    '/config',
    '/endpoints',
    '/plugins/enabled',
    '/status',
    '/tags',
    '/tags/{tags}',
  ];
  return { data: [...fixed, ...collections].sort() };
}
