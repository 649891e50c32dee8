/** What a snapshot takes over from the one before it must be what it would have made itself. */
import { createCatalog } from '../../catalog/catalog';
import type { Gateway } from '../../catalog/gateway';
import type { MeshService } from '../../catalog/service';
import { formatSnapshot, parseSnapshot, toSnapshot } from '../../catalog/snapshot';
import { gateway, meshService, outboundTo } from './build';
import fc from '../support/property';

const forms: readonly Gateway[] = [
  gateway(),
  gateway({ transparentProxy: true }),
  gateway({ environment: 'kubernetes', transparentProxy: true }),
  gateway({ zone: 'east' }),
];

const made = (services: readonly MeshService[], of: Gateway) =>
  toSnapshot(createCatalog('default', services, of));

it('is the same, whatever was made before, of which services and for which gateway', () => {
  const pool = ['a', 'b', 'c', 'd'].flatMap((name) =>
    ['1', '2'].map((vip) => meshService(name, { vips: [`241.0.0.${vip}`] })),
  );
  const leading = [outboundTo('a', 1), outboundTo('a', 2), outboundTo('b', 1), outboundTo('b', 3)];
  const looks = fc.array(
    fc.record({
      services: fc.subarray(pool),
      of: fc
        .tuple(fc.constantFrom(...forms), fc.shuffledSubarray(leading))
        .map(([form, outbounds]) => ({ ...form, outbounds })),
    }),
    { minLength: 2, maxLength: 6 },
  );

  fc.assert(
    fc.property(looks, (all) => {
      for (const { services, of } of all) {
        const remembered = made(services, of);
        const afresh = made(structuredClone(services), structuredClone(of));

        expect(remembered).toEqual(afresh);
        expect(formatSnapshot(remembered)).toBe(formatSnapshot(afresh));
      }
    }),
  );
});

it('takes over what is made of the very same services', () => {
  const [a, b] = [meshService('a'), meshService('b')];
  const first = made([a, b], forms[2]!);

  const next = made([a, meshService('b', { vips: ['241.0.0.9'] })], forms[2]!);

  expect(next.services[0]).toBe(first.services[0]);
  expect(next.services[1]).not.toEqual(first.services[1]);
  expect(next.hash).not.toBe(first.hash);
});

it('takes over what has the outbounds that it had, where others move', () => {
  const services = [meshService('a'), meshService('b')];
  const leading = (b: number) => gateway({ outbounds: [outboundTo('a', 1), outboundTo('b', b)] });
  const first = made(services, leading(2));

  const next = made(services, leading(3));

  expect(next.services[0]).toBe(first.services[0]);
  expect(next.services[1]?.ports[0]?.addresses).toEqual({
    ...first.services[1]?.ports[0]?.addresses,
    outbound: '127.0.0.1:3',
  });
});

it('has the hash of all that it says', () => {
  const hashes = forms.flatMap((form) =>
    [
      [meshService('a'), meshService('b')],
      [meshService('a')],
      [meshService('a'), meshService('b', { vips: ['241.0.0.9'] })],
      [meshService('a'), meshService('b', { availability: 'unavailable' })],
    ].map((services) => made(services, form)),
  );

  for (const { hash } of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  for (const one of hashes) {
    const { hash: own, ...said } = one;
    for (const { hash, ...other } of hashes) {
      expect(hash === own).toBe(JSON.stringify(other) === JSON.stringify(said));
    }
  }
});

it.each([[[]], [['a']], [['a', 'b']]])('reads back as it is printed, with %j', (names) => {
  const snapshot = made(
    names.map((name) => meshService(name)),
    forms[0]!,
  );
  const text = formatSnapshot(snapshot);

  expect(parseSnapshot(text, 'test')).toEqual(snapshot);
  // One line a service, and one to begin and to end with.
  expect(text.split('\n')).toHaveLength(names.length + 3);
});
