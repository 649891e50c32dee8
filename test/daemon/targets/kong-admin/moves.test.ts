/** Requests meet a place under the guards of a file that leads there, wherever a pass is cut off. */
import type { KongState } from '../../../../daemon/kong/model';
import { guardsOn } from '../../../contract/keep-guards.contract';
import { bring } from '../../../contract/kong-target.contract';
import { failAfter, startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const header = '_format_version: "3.0"\n';
const key = '{ name: key-auth }';
const ownKey = '{ name: key-auth, id: 11111111-1111-4111-8111-111111111111 }';

function service(name: string, host: string, plugins: string, ...routes: string[]): string {
  const tag = host.replace('.invalid', '');
  return `  - { name: ${name}, host: ${host}, tags: [to-${tag}], plugins: [${plugins}], routes: [${routes.join(', ')}] }\n`;
}

function route(name: string, plugins = ''): string {
  return `{ name: ${name}, paths: [/${name}], plugins: [${plugins}] }`;
}

function lead(to: string): string {
  return `{ name: mesh-upstream, config: { service: ${to} } }`;
}

function file(...services: string[]): string {
  return `${header}services:\n${services.join('')}`;
}

const meshUpstream = {
  name: 'mesh-upstream',
  fields: [{ service: { type: 'string' } }],
  priority: 800,
};
const closed = 'closed.invalid';
const open = (plugins: string, ...routes: string[]) =>
  service('open', 'open.internal', plugins, ...routes);
const shop = (plugins: string, ...routes: string[]) => service('shop', closed, plugins, ...routes);

/** What each file says of `/list` must never be mixed with what another one says. */
const cases: readonly (readonly [string, ...string[]])[] = [
  [
    'a route goes to a guarded service, and gets the link that leads there',
    file(open('', route('list')), shop(key)),
    file(open(''), shop(key, route('list', lead('orders')))),
  ],
  [
    'a route goes to a service without a guard, and loses its link',
    file(open(''), shop(key, route('list', lead('orders')))),
    file(open('', route('list')), shop(key)),
  ],
  [
    'a service goes to a place that wants a guard',
    file(service('shop', 'a.internal', '', route('list'))),
    file(service('shop', 'b.internal', key, route('list'))),
  ],
  [
    'a service leaves the place that wanted a guard',
    file(service('shop', 'b.internal', key, route('list'))),
    file(service('shop', 'a.internal', '', route('list'))),
  ],
  [
    'a service gets a guard together with the link',
    file(service('shop', 'a.internal', '', route('list'))),
    file(shop(`${key}, ${lead('orders')}`, route('list'))),
  ],
  [
    'a link goes to a service that wants a guard',
    file(shop(lead('orders'), route('list'))),
    file(shop(`${key}, ${lead('users')}`, route('list'))),
  ],
  [
    'a guard and its route go to another service',
    file(service('a', 'a.internal', key, route('list')), service('b', 'b.internal', '')),
    file(service('a', 'a.internal', ''), service('b', 'b.internal', key, route('list'))),
  ],
  [
    'a guard goes to the route, which goes to another service',
    file(service('a', 'a.internal', key, route('list')), service('b', 'b.internal', '')),
    file(service('a', 'a.internal', ''), service('b', 'b.internal', '', route('list', key))),
  ],
  [
    'a guard goes back to where its id is from, and the route that it is on goes',
    file(service('a', 'a.internal', key), service('b', 'b.internal', '', route('list'))),
    file(service('a', 'a.internal', ''), service('b', 'b.internal', '', route('list', key))),
    file(service('a', 'a.internal', key), service('b', 'b.internal', '')),
  ],
  [
    'a guard with an id of its own leaves a route that goes',
    file(service('a', 'a.internal', ''), service('b', 'b.internal', '', route('list', ownKey))),
    file(service('a', 'a.internal', ownKey), service('b', 'b.internal', '')),
  ],
  [
    'a route leaves a service that goes to another place',
    file(service('a', 'a.internal', '', route('list')), service('b', 'b.internal', '')),
    file(service('a', 'c.internal', ''), service('b', 'b.internal', '', route('list'))),
  ],
  [
    'a route comes to a service that goes to another place',
    file(service('a', 'a.internal', '', route('list')), service('b', 'b.internal', '')),
    file(service('a', 'a.internal', ''), service('b', 'c.internal', '', route('list'))),
  ],
  [
    'a route goes, and its service goes to another place',
    file(service('a', 'a.internal', '', route('list'), route('other'))),
    file(service('a', 'c.internal', '', route('other'))),
  ],
  [
    'a new route is on a service that goes to another place',
    file(service('a', 'a.internal', '', route('other'))),
    file(service('a', 'c.internal', key, route('other'), route('list'))),
  ],
];

/** Where a path leads, and under which guards; undefined where it is refused. */
function placeOf(
  path: string,
  state: KongState,
): readonly [string, ReadonlySet<string>] | undefined {
  const { entities } = state;
  const route = entities.find(
    ({ type, fields }) => type === 'routes' && (fields['paths'] as string[]).includes(path),
  );
  const serviceId = route?.references['service']?.id;
  const found = entities.find(({ type, id }) => type === 'services' && id === serviceId);
  if (!route || !found) return undefined;
  const leads = entities.filter(({ fields }) => fields['name'] === 'mesh-upstream');
  const link =
    leads.find(({ references }) => references['route']?.id === route.id) ??
    leads.find(({ references }) => references['service']?.id === serviceId);
  const place = link
    ? (link.fields['config'] as { service: string }).service
    : (found.fields['host'] as string);
  if (place.endsWith('.invalid')) return undefined;
  const guards = [...guardsOn(path, state)].filter((name) => name !== 'mesh-upstream');
  return [place, new Set(guards)];
}

describe('Admin API target, where requests go elsewhere', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong([meshUpstream]);
  });
  afterEach(() => kong.stop());

  const held = () => kong.target().read(never);

  it.each(cases)('mixes no two files, whichever write is the last: %s', async (_, ...files) => {
    const after = files.at(-1) ?? '';
    const before = files.slice(0, -1);
    let failed = true;
    for (let last = 0; failed; last++) {
      await bring(kong.target(), header);
      for (const each of before) await bring(kong.target(), each);
      const first = placeOf('/list', await held());
      const fail = failAfter(kong, last);
      await bring(kong.target({ parallelism: 1 }), after).catch(() => undefined);
      failed = fail();
      const between = placeOf('/list', await held());
      expect((await bring(kong.target(), after)).failures).toEqual([]);
      expect((await bring(kong.target(), after)).applied.changes).toEqual([]);
      const then = placeOf('/list', await held());

      if (!between) continue;
      const meant = [first, then].filter((each) => each?.[0] === between[0]);
      const isCovered = meant.some((each) =>
        [...(each?.[1] ?? [])].every((g) => between[1].has(g)),
      );
      expect({ last, between, isCovered }).toEqual({ last, between, isCovered: true });
    }
  });
});
