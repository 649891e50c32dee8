/** Edits of a configuration that must not uncover a route, as every target has to take them. */

export interface GuardCase {
  readonly title: string;
  readonly before: string;
  readonly after: string;
  /** Requests that must meet at least the plugins that they met before, or none of the routes. */
  readonly paths: readonly string[];
}

const header = '_format_version: "3.0"\n';
const good = '{ name: key-auth }';
const mistake = '{ name: key-auth, config: { nonsense: true } }';
const unknown = '{ name: no-such-plugin }';

function file(text: string): string {
  return header + text;
}

interface Shop {
  readonly service?: string;
  readonly onService?: string;
  readonly onRoute?: string;
  readonly route?: string;
  readonly path?: string;
  readonly more?: string;
}

/** One service with one route, and what a case adds. */
function shop(options: Shop): string {
  const { service = 'orders', onService = '', onRoute = '', more = '' } = options;
  const { route = 'list', path = '/list' } = options;
  return file(`
services:
  - name: ${service}
    host: orders.mesh
    plugins: [${onService}]
    routes:
      - { name: ${route}, paths: [${path}], plugins: [${onRoute}] }
${more}`);
}

const onService = shop({ onService: good });
const everywhere = shop({ more: `plugins: [${good}]` });
const onRoute = shop({ onRoute: good });
const open = '  - { name: open, host: open.mesh, routes: [{ name: open, paths: [/open] }] }';

const badHost = "hosts: ['no host']";
const guardedList = `routes: [{ name: list, paths: [/list], plugins: [${good}] }]`;

/** A route without a plugin takes the requests that no other one takes. */
function behindOpen(route: string, more = ''): string {
  return file(`
services:
  - { name: open, host: open.mesh, routes: [{ name: open, paths: [/] }, ${route}] }
${more}`);
}

/** Only Kong knows that the new plugin is wrong. */
export const refusedCases: readonly GuardCase[] = [
  ['from the service to the route', onService, shop({ onRoute: mistake })],
  ['to a plugin type that Kong has not', onService, shop({ onRoute: unknown })],
  [
    'with settings that are no mapping',
    onService,
    shop({ onRoute: '{ name: key-auth, config: 5 }' }),
  ],
  ['to another plugin type on the same route', onRoute, shop({ onRoute: unknown })],
  ['from all routes to the service', everywhere, shop({ onService: mistake })],
  ['from all routes to the route', everywhere, shop({ onRoute: mistake })],
  ['from the service to all routes', onService, shop({ more: `plugins: [${mistake}]` })],
  ['from the route to the service', onRoute, shop({ onService: mistake })],
  ['with a renamed route', onRoute, shop({ route: 'show', onRoute: mistake })],
  ['with a renamed service', onService, shop({ service: 'sales', onService: mistake })],
  [
    'with a renamed service and route',
    onService,
    shop({ service: 'sales', route: 'show', onRoute: mistake }),
  ],
  ['with a moved route', onRoute, shop({ path: '/show', onRoute: mistake }), ['/list', '/show']],
  [
    'to one consumer',
    shop({ onService: good, more: 'consumers: [{ username: alice }]' }),
    shop({
      more: `consumers: [{ username: alice, plugins: [{ name: rate-limiting, config: { minute: soon } }] }]`,
    }),
  ],
  [
    'and the old one is switched off',
    onService,
    shop({ onService: '{ name: key-auth, enabled: false }', onRoute: mistake }),
  ],
  [
    'and the old one keeps fewer protocols',
    onService,
    shop({ onService: '{ name: key-auth, protocols: [https] }', onRoute: mistake }),
  ],
  [
    'and the old one becomes another',
    shop({ onService: '{ name: key-auth, instance_name: guard }' }),
    shop({
      onService: '{ name: cors, instance_name: guard }',
      onRoute: mistake,
    }),
  ],
  [
    'and the route goes to another service',
    shop({ onService: good, more: open }),
    file(`
services:
  - { name: orders, host: orders.mesh, plugins: [${good}] }
  - name: open
    host: open.mesh
    routes: [{ name: open, paths: [/open] }, { name: list, paths: [/list], plugins: [${mistake}] }]
`),
  ],
  [
    'and a route that catches all takes its requests',
    shop({ onRoute: good, more: open }),
    file(`
services:
  - name: open
    host: open.mesh
    plugins: [${mistake}]
    routes: [{ name: open, paths: [/] }]
`),
    ['/list', '/open'],
  ],
  [
    'and another route takes its requests',
    shop({ onRoute: good, more: open }),
    shop({
      onRoute: good,
      path: '/other',
      more: open.replace('/open]', `/list], plugins: [${mistake}]`),
    }),
    ['/list', '/open'],
  ],
  [
    'from one route to another',
    shop({ onRoute: good, more: open }),
    shop({
      more: open.replace('/open]', `/open], plugins: [${mistake}]`),
      onRoute: unknown,
    }),
    ['/list', '/open'],
  ],
].map(([title, before, after, paths = ['/list']]) => {
  return { title, before, after, paths } as GuardCase;
});

/** Only Kong knows that the route itself is wrong, or what it is on. */
export const refusedRoutes: readonly GuardCase[] = [
  [
    'and the route is refused under another name',
    behindOpen(`{ name: list, paths: [/list], plugins: [${good}] }`),
    behindOpen(`{ name: show, paths: [/list], ${badHost}, plugins: [${good}] }`),
  ],
  [
    'and the route is refused with its new service',
    behindOpen('', `  - { name: a, host: a.mesh, ${guardedList} }`),
    behindOpen('', `  - { name: b, host: 'b mesh', ${guardedList.replace('list', 'show')} }`),
  ],
  [
    'and the route that loses it is refused',
    behindOpen(`{ name: list, paths: [/list], plugins: [${good}] }`),
    behindOpen(`{ name: list, paths: [/show], ${badHost} }`),
  ],
].map(([title, before, after]) => ({ title, before, after, paths: ['/list'] }) as GuardCase);

/** Taken as they are: the plugin only must not be missing on the way. */
export const acceptedCases: readonly GuardCase[] = [
  [
    'a plugin goes to the route with its instance name',
    shop({ onService: '{ name: key-auth, instance_name: guard }' }),
    shop({ onRoute: '{ name: key-auth, instance_name: guard }' }),
  ],
  [
    'a renamed route takes its plugin along, with its instance name',
    shop({ onRoute: '{ name: key-auth, instance_name: guard }' }),
    shop({ route: 'show', onRoute: '{ name: key-auth, instance_name: guard }' }),
  ],
  [
    'a plugin gives its instance name to one of another type',
    shop({ onRoute: '{ name: key-auth, instance_name: guard }' }),
    shop({ onRoute: '{ name: cors, instance_name: guard }, { name: key-auth, instance_name: x }' }),
  ],
  ['a plugin goes from all routes to the service', everywhere, onService],
  ['a plugin goes from the route to all routes', onRoute, everywhere],
  ['a service is renamed with its plugin', onService, shop({ service: 'sales', onService: good })],
  [
    'a route moves to another service and the plugin follows',
    shop({ onService: good, more: open }),
    file(`
services:
  - name: orders
    host: orders.mesh
    routes: [{ name: other, paths: [/other], plugins: [${good}] }]
  - name: open
    host: open.mesh
    plugins: [${good}]
    routes: [{ name: open, paths: [/open] }, { name: list, paths: [/list] }]
`),
  ],
  [
    'two plugins change places',
    file(`
services:
  - name: orders
    host: orders.mesh
    routes:
      - { name: list, paths: [/list], plugins: [{ name: key-auth }] }
      - { name: show, paths: [/show], plugins: [{ name: basic-auth }] }
`),
    file(`
services:
  - name: orders
    host: orders.mesh
    routes:
      - { name: list, paths: [/list], plugins: [{ name: basic-auth }] }
      - { name: show, paths: [/show], plugins: [{ name: key-auth }] }
`),
  ],
].map(([title, before, after]) => ({ title, before, after, paths: ['/list'] }) as GuardCase);

/** A mistake that already shows in the file; each stands for the plugin on the route. */
export const unreadPlugins: readonly (readonly [string, string])[] = [
  ['without a name', '{ config: { key_names: [apikey] } }'],
  ['with settings that are no mapping', '{ name: key-auth, id: 5 }'],
  ['that is no mapping', 'key-auth'],
  ['with a shared configuration that there is not', '{ name: key-auth, _config: none }'],
];
