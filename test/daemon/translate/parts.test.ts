import * as z from 'zod';

import { translateErrors } from '../../../daemon/translate/errors';
import { isPlaceholder, placeholderHost } from '../../../daemon/translate/placeholder';
import { isIpLiteral, kongHost } from '../../../daemon/translate/rewrite';
import { ExposeRule, TranslateRules } from '../../../daemon/translate/rules';
import { createSuggester } from '../../../daemon/translate/suggest';
import { parseReference } from '../../../daemon/translate/link-claim';
import { catalogFrom } from './catalog-file';
import fc from '../../support/property';

describe('parseReference', () => {
  it.each([
    ['name', 'orders', { service: 'orders' }],
    ['port number', 'orders:8080', { service: 'orders', port: '8080' }],
    ['port name', 'orders.shop.west:http', { service: 'orders.shop.west', port: 'http' }],
    ['spaces around', ' orders : 80 ', { service: 'orders', port: '80' }],
    ['empty', '', undefined],
    ['port alone', ':80', undefined],
    ['empty port', 'orders:', undefined],
    ['two ports', 'orders:80:90', undefined],
  ])('%s', (_, text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });
});

describe('placeholderHost', () => {
  it.each([
    ['plain', 'orders', 'orders.mesh.invalid'],
    ['mixed case, underscores', 'Orders_API', 'orders-api.mesh.invalid'],
    ['dots', 'orders.v2', 'orders-v2.mesh.invalid'],
    ['odd ends', '-~orders~-', 'orders.mesh.invalid'],
    ['nothing left', '注文', 'service.mesh.invalid'],
    ['too long', 'a'.repeat(100), `${'a'.repeat(63)}.mesh.invalid`],
    ['cut at a dash', `${'a'.repeat(62)}-b`, `${'a'.repeat(62)}.mesh.invalid`],
  ])('%s', (_, name, expected) => {
    expect(placeholderHost(name)).toBe(expected);
  });

  it('is a legal DNS name whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const host = placeholderHost(name);
        expect(host).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.mesh\.invalid$/);
        expect(isPlaceholder(host)).toBe(true);
      }),
    );
  });
});

describe('kongHost', () => {
  it.each([
    ['default port', 'orders.mesh', 80, 'http', 'orders.mesh'],
    ['other port', 'orders.mesh', 8080, 'http', 'orders.mesh:8080'],
    ['no protocol', '127.0.0.1', 30000, undefined, '127.0.0.1:30000'],
    ['https', 'orders.mesh', 443, 'https', 'orders.mesh'],
    ['http on 443', 'orders.mesh', 443, 'http', 'orders.mesh:443'],
  ])('%s', (_, host, port, protocol, expected) => {
    expect(kongHost(host, port, protocol)).toBe(expected);
  });
});

describe('isIpLiteral', () => {
  it.each([
    ['10.0.0.1', true],
    ['::1', true],
    ['[2001:db8::1]', true],
    ['orders.mesh', false],
    ['1.2.3', false],
  ])('%s', (host, expected) => {
    expect(isIpLiteral(host)).toBe(expected);
  });
});

describe('createSuggester', () => {
  const { services } = catalogFrom({
    services: [
      { kind: 'MeshService', name: 'orders', namespace: 'shop', ports: [{ port: 80 }] },
      { kind: 'MeshService', name: 'order-history', namespace: 'shop', ports: [{ port: 80 }] },
      { kind: 'LegacyService', name: 'cart', ports: [{ port: 80, tag: 'cart_shop_svc_80' }] },
    ],
  });

  it.each([
    ['near name', 'ordrs', ['orders.shop']],
    ['near full reference', 'orders.shoq', ['orders.shop']],
    ['near tag', 'cart_shop_svc_8', ['cart_shop_svc_80']],
    ['nothing near', 'payments', []],
  ])('%s', (_, text, expected) => {
    expect(createSuggester(services).suggest(text)).toEqual(expected);
  });
});

describe('ExposeRule', () => {
  const valid = { match: { name: '*' }, routes: [{ name: '{name}', paths: ['/{name}'] }] };

  it('fills in what is left out', () => {
    expect(ExposeRule.parse(valid)).toEqual({
      ...valid,
      link: 'plugin',
      service: { name: '{name}' },
      plugins: [],
    });
  });

  it.each([
    ['no condition', { ...valid, match: {} }],
    ['no route', { ...valid, routes: [] }],
    ['a route without a name', { ...valid, routes: [{ paths: ['/'] }] }],
    ['an unknown key', { ...valid, prot: 80 }],
    ['an unknown condition', { ...valid, match: { team: 'a' } }],
    ['a host in the service', { ...valid, service: { host: 'x' } }],
    ['TLS towards the sidecar', { ...valid, service: { protocol: 'https' } }],
    ['a service in a route', { ...valid, routes: [{ name: 'r', service: 'x' }] }],
    ['a value that is no JSON', { ...valid, routes: [{ name: 'r', paths: [new Date()] }] }],
  ])('refuses %s', (_, rule) => {
    expect(ExposeRule.safeParse(rule).success).toBe(false);
  });

  it('can be printed as a JSON Schema', () => {
    const schema = z.toJSONSchema(TranslateRules, { io: 'input' });

    expect(Object.keys(schema.properties ?? {})).toContain('expose');
  });
});

describe('translateErrors', () => {
  it.each(Object.keys(translateErrors.specs))('%s says what to do', (code) => {
    const { message, remedy } = translateErrors.specs[code as keyof typeof translateErrors.specs];

    expect(message).toMatch(/\.$/);
    expect(remedy).not.toBe('');
  });
});
