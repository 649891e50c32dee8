import { createLookup, type Reference } from '../../catalog/lookup';
import { serviceKey, type MeshService } from '../../catalog/service';
import { legacyService, meshService } from './build';

const of = (zone: string, parts: Partial<MeshService> = {}): MeshService =>
  meshService('pay', { zone, hostnames: [], ...(parts as object) });

function find(
  services: readonly MeshService[],
  bound: MeshService | undefined,
  { zone, reference = 'pay' }: { zone?: string; reference?: string } = {},
) {
  const bindings = new Map(bound ? [[reference, serviceKey(bound)]] : []);
  const wanted: Reference = { service: reference };
  const result = createLookup(services, { zone, bindings }).find(wanted);
  return result.found ? serviceKey(result.service) : result.miss.reason;
}

describe('a reference that was resolved', () => {
  const [a, b] = [of('zone-a'), of('zone-b')];

  it.each<[string, readonly MeshService[], { zone?: string }]>([
    ['a namesake of another zone appears', [a, b], {}],
    ["a namesake of the gateway's own zone appears", [a, b], { zone: 'zone-b' }],
    ['a namesake of another namespace appears', [a, of('zone-a', { namespace: 'shop' })], {}],
    [
      'a multi-zone service of its name appears',
      [a, of('', { kind: 'MeshMultiZoneService', zone: undefined as never })],
      {},
    ],
    [
      'a Kubernetes Service of its name appears beside the gateway',
      [a, of('', { kind: 'KubernetesService', zone: undefined as never })],
      { zone: 'zone-b' },
    ],
  ])('stays with its service when %s', (_, services, options) => {
    expect(find(services, a, options)).toBe(serviceKey(a));
  });

  it.each<[string, readonly MeshService[]]>([
    ['of another zone', [b]],
    ['of another namespace', [of('zone-a', { namespace: 'shop' })]],
    ['of another kind', [of('', { kind: 'MeshExternalService', zone: undefined as never })]],
    ['by a tag that joins other zones', [b, legacyService('pay')]],
  ])('is refused when its service is gone and there is one %s', (_, services) => {
    expect(find(services, a)).toBe('moved-service');
  });

  it('is unknown while nothing of its name is there, and comes back with its service', () => {
    expect([find([], a), find([a, b], a)]).toEqual(['unknown-service', serviceKey(a)]);
  });

  it.each<[string, MeshService, readonly MeshService[], number]>([
    [
      'from a tag to the MeshService that is made from it',
      legacyService('pay'),
      [legacyService('pay'), a],
      1,
    ],
    [
      'from a Kubernetes Service to its MeshService',
      of('', { kind: 'KubernetesService', zone: undefined as never }),
      [a],
      0,
    ],
    ['back to the tag where no zone has a resource any more', a, [legacyService('pay')], 0],
  ])('follows its service %s', (_, bound, services, expected) => {
    expect(find(services, bound, { zone: 'zone-a' })).toBe(serviceKey(services[expected]!));
  });

  it('says what it stood for and what is there instead', () => {
    const bindings = new Map([['pay', serviceKey(a)]]);

    expect(createLookup([b], { bindings }).find({ service: 'pay' })).toEqual({
      found: false,
      miss: {
        reason: 'moved-service',
        bound: 'pay.zone-a',
        candidates: ['pay.zone-b (MeshService)'],
      },
    });
    expect(createLookup([b], { bindings }).find({ service: 'pay.zone-b' })).toMatchObject({
      found: true,
    });
  });
});

describe('names that differ in case only', () => {
  const services = ['Orders', 'orders'].map((name) => legacyService(name));

  it.each(['Orders', 'orders'])('mean the one that is spelled so: %s', (reference) => {
    expect(find(services, undefined, { reference })).toBe(`LegacyService/${reference}//`);
  });

  it('are ambiguous in a third spelling', () => {
    expect(find(services, undefined, { reference: 'ORDERS' })).toBe('ambiguous-service');
  });

  it('do not stand in for each other', () => {
    expect(find([services[0]!], services[1], { reference: 'orders' })).toBe('moved-service');
  });
});
