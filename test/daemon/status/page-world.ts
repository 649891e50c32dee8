/** A gateway with everything that made the picture unclear once. */
import {
  createStatusWorld,
  meshService,
  type StatusWorld,
} from '../../../bench/support/status-world';
import type { MeshService } from '../../../catalog/service';

const long = `a-service-with-${'a-very-'.repeat(8)}long-name`;
const down: Partial<MeshService> = {
  availability: 'unavailable',
  endpoints: { total: 2, healthy: 0 },
};
const numbered = [10, 2, 1].map((n) => `svc-${n}`);
export const sharing = Array.from({ length: 26 }, (_, index) => `pay-${index + 1}`);

const linked = (name: string, reference: string): string =>
  `  - { name: ${name}, host: x, tags: ['mesh:${reference}'], routes: [{ name: ${name}, paths: [/${name}] }] }`;
const plugged = (name: string, config: string): string =>
  `      - { name: ${name}, paths: [/${name}], plugins: [{ name: mesh-upstream, config: ${config} }] }`;

export function busyWorld(): StatusWorld {
  const names = ['payments', 'orders', 'users', 'old', long, ...numbered];
  const services = [
    ...names.map((name) => meshService(name)),
    meshService('carts', down),
    meshService('search', { endpoints: { total: 3, healthy: 1 } }),
    meshService('orders', { kind: 'LegacyService', hostnames: [] }),
  ];
  const kong = [
    "_format_version: '3.0'",
    'services:',
    ...sharing.map((name) => linked(name, 'payments.svc')),
    ...[...numbered, long, 'search'].map((name) => linked(name, name)),
    linked('lost', 'lots'),
    linked('gone', 'nowhere'),
    '  - { name: crm, host: crm.internal, routes: [{ name: crm, paths: [/crm] }] }',
    '  - name: shop',
    '    host: shop.internal',
    '    routes:',
    plugged('shop-orders', '{ service: orders.svc }'),
    plugged('shop-users', '{ service: users }'),
    plugged('shop-carts', '{ service: carts, fallback: old }'),
    '',
  ].join('\n');
  return createStatusWorld({ services, kong });
}
