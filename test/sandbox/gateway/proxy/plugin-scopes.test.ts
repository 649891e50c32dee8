import type { Plugin } from '../../../../sandbox/gateway/proxy/entities';
import { compilePluginScopes } from '../../../../sandbox/gateway/proxy/plugin-scopes';

function plugin(id: string, scope: Partial<Plugin> = {}, enabled = true): Plugin {
  const none = { routeId: undefined, serviceId: undefined, consumerId: undefined };
  return { id, name: 'p', config: {}, entity: { id, enabled }, ...none, ...scope };
}

const global = plugin('global');
const ofService = plugin('service', { serviceId: 's' });
const ofRoute = plugin('route', { routeId: 'r' });
const ofConsumer = plugin('consumer', { consumerId: 'c' });
const ofRouteAndService = plugin('route+service', { routeId: 'r', serviceId: 's' });
const ofAll = plugin('all', { routeId: 'r', serviceId: 's', consumerId: 'c' });

describe('compilePluginScopes', () => {
  it.each<[name: string, plugins: Plugin[], subject: string, found: string | undefined]>([
    ['nothing where none is configured', [], 'rsc', undefined],
    ['the global one', [global], 'rs', 'global'],
    ['a service over the global one', [global, ofService], 'rs', 'service'],
    ['a route over its service', [ofService, ofRoute, global], 'rs', 'route'],
    ['a consumer over a route', [ofRoute, ofConsumer], 'rsc', 'consumer'],
    ['a route while no consumer is known', [ofRoute, ofConsumer], 'rs', 'route'],
    ['route and service over a consumer', [ofConsumer, ofRouteAndService], 'rsc', 'route+service'],
    ['all three over all', [ofRouteAndService, ofAll, ofConsumer], 'rsc', 'all'],
    ['only the global one before routing', [ofRoute, ofService, global], '', 'global'],
    ['none of another route', [plugin('other', { routeId: 'x' })], 'rs', undefined],
    ['none that is switched off', [plugin('off', {}, false)], 'rs', undefined],
  ])('finds %s', (_name, plugins, subject, found) => {
    const scopes = compilePluginScopes(plugins);

    const has = (letter: string) => (subject.includes(letter) ? letter : undefined);
    const result = scopes('p', { routeId: has('r'), serviceId: has('s'), consumerId: has('c') });

    expect(result?.id).toBe(found);
  });
});
