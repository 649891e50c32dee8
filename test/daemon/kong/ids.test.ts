import { idOfFields, idOfName, pluginId, targetId } from '../../../daemon/kong/ids';
import { identify } from '../../../daemon/kong/identity';
import { exchange } from './recorded';

const sent = (name: string): any => exchange(`db-seq/11-derived-ids/${name}`).response.body;

describe('ids as Kong’s loader derives them', () => {
  it('match those that a real node took', () => {
    const [service, route, upstream, target, plugin] = [
      sent('01-service'),
      sent('02-route'),
      sent('03-upstream'),
      sent('04-target-by-post'),
      sent('05-plugin'),
    ];

    expect(idOfName('services', service.name)).toBe(service.id);
    expect(idOfName('routes', route.name)).toBe(route.id);
    expect(idOfName('upstreams', upstream.name)).toBe(upstream.id);
    expect(targetId(upstream.id, target.target)).toBe(target.id);
    expect(pluginId(plugin.name, { route: plugin.route.id })).toBe(plugin.id);
  });

  it('match those that a DB-less node gave', () => {
    const { basicauth_credentials: basic, consumers } = exchange(
      'dbless-seq/01-body-forms/03-json-document',
    ).response.body;

    expect(Object.keys(consumers)).toEqual([idOfName('consumers', 'alice')]);
    expect(Object.keys(basic)).toEqual([idOfFields('basicauth_credentials', ['alice'])]);
  });
});

describe('identity', () => {
  it.each([
    [
      'a secret key is not in it',
      'keyauth_credentials',
      { key: 's3cret' },
      { consumer: { id: 'c', key: 'alice' } },
    ],
  ] as const)('%s', (_name, type, fields, references) => {
    const identity = identify(type, fields, references);

    expect(identity?.key).toMatch(/^[0-9a-f]{12} of consumer alice$/);
  });

  it('is the same for every way to write an address', () => {
    const upstream = { id: idOfName('upstreams', 'u'), key: 'u' };
    const of = (target: string) => identify('targets', { target }, { upstream });

    expect(of('[2001:db8::1]:080')).toEqual(of('[2001:0db8:0:0:0:0:0:1]:80'));
    expect(of('10.0.0.1')).toEqual(of('10.0.0.1:8000'));
  });
});
