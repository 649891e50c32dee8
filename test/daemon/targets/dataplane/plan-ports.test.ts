import type { GatewayDataplane, Outbound } from '../../../../catalog/gateway';
import { commonGateway, outboundKey } from '../../../../catalog/gateway';
import { indexOutbounds } from '../../../../catalog/outbound-index';
import type { OutboundNeed } from '../../../../daemon/translate/translation';
import { isOwn } from '../../../../daemon/targets/dataplane/outbound-form';
import { ledgerWith } from '../../../../daemon/targets/dataplane/port-memory';
import {
  planPorts,
  type PortInputs,
  type PortPlan,
} from '../../../../daemon/targets/dataplane/plan-ports';
import { gateway, need, outbound, room, roomOf } from './build';
import fc from '../../../support/property';

const none = new Set<number>();

function plan(
  dataplanes: readonly GatewayDataplane[],
  needs: readonly OutboundNeed[],
  parts: Partial<PortInputs> & { range?: typeof room } = {},
): PortPlan {
  const { range = room, held = none, ...rest } = parts;
  const byName = new Map(needs.map(({ service }) => [service.name, service]));
  const services = [...byName.values()];
  const ledger = ledgerWith(undefined, dataplanes, held, range);
  const known = { taken: none, held, ledger, services, remembered: new Map<string, number>() };
  return planPorts({ dataplanes, needs, room: range, mayDeal: true, ...known, ...rest });
}

/** The gateways after the additions were written. */
function written(dataplanes: readonly GatewayDataplane[], ports: PortPlan): GatewayDataplane[] {
  return dataplanes.map((dataplane) => ({
    ...dataplane,
    outbounds: [...dataplane.outbounds, ...(ports.additions.get(dataplane.name) ?? [])],
  }));
}

function additionsOf(ports: PortPlan, name = 'kong-01'): readonly number[] {
  return (ports.additions.get(name) ?? []).map(({ port }) => port);
}

describe('one gateway', () => {
  it('gives new needs the first free ports, in the order of their names', () => {
    const ports = plan([gateway()], [need('orders'), need('billing')]);

    expect(ports.additions.get('kong-01')).toEqual([
      outbound(30_000, 'billing'),
      outbound(30_001, 'orders'),
    ]);
  });

  it('keeps what is there and goes on behind it: a gap was given to somebody before', () => {
    const present = gateway([outbound(30_000, 'orders'), outbound(30_002, 'cart')]);

    const ports = plan([present], [need('orders'), need('cart'), need('billing'), need('zoo')]);

    expect(additionsOf(ports)).toEqual([30_003, 30_004]);
  });

  it("uses the user's outbound to the same port as it is", () => {
    const users = { ...outbound(9_999, 'orders'), address: '127.0.0.9' };

    const ports = plan([gateway([users])], [need('orders')]);

    expect(ports.additions.size).toBe(0);
    expect(ports.serving).toEqual([users]);
  });

  it('uses an outbound by tag for the MeshService made from it', () => {
    const tagged = outbound(30_003, { type: 'tags', tags: { 'kuma.io/service': 'orders' } });
    const wanted = need('orders', { ports: [{ port: 8080, tag: 'orders' }] });

    const ports = plan([gateway([tagged])], [wanted]);

    expect(ports.serving).toEqual([tagged]);
  });

  it('does not take a subset by version for the service', () => {
    const subset = outbound(30_000, {
      type: 'tags',
      tags: { 'kuma.io/service': 'orders', version: 'v2' },
    });
    const wanted = need('orders', { ports: [{ port: 8080, tag: 'orders' }] });

    expect(additionsOf(plan([gateway([subset])], [wanted]))).toEqual([30_001]);
  });

  it.each([
    ['at the same address', '127.0.0.1', [30_001]],
    ['at any address', '0.0.0.0', [30_001]],
    ['at another address', '127.0.0.2', [30_000]],
  ])("leaves the port of a user's outbound %s alone or not", (_name, address, expected) => {
    const subset = { type: 'tags', tags: { 'kuma.io/service': 'x', version: 'v' } } as const;
    const users = { ...outbound(30_000, subset), address };

    expect(additionsOf(plan([gateway([users])], [need('orders')]))).toEqual(expected);
  });

  it('skips ports of other processes and such that something points at', () => {
    const ports = plan([gateway()], [need('orders')], {
      taken: new Set([30_000]),
      held: new Set([30_001]),
    });

    expect(additionsOf(ports)).toEqual([30_002]);
  });

  it('says which needs find no port, and places the others', () => {
    const ports = plan([gateway()], [need('a'), need('b'), need('c')], {
      range: roomOf(30_000, 30_001),
    });

    expect(additionsOf(ports)).toEqual([30_000, 30_001]);
    expect(ports.unplaced).toMatchObject([{ name: 'c' }]);
  });
});

describe('several gateways', () => {
  const other = { name: 'kong-02', address: '10.0.0.2' };

  it('have one port map', () => {
    const ports = plan([gateway(), gateway([], other)], [need('orders')]);

    expect(ports.additions.get('kong-01')).toEqual([outbound(30_000, 'orders')]);
    expect(ports.additions.get('kong-02')).toEqual([outbound(30_000, 'orders')]);
  });

  it('give what one has to the other', () => {
    const ports = plan(
      [gateway([outbound(30_004, 'orders')]), gateway([], other)],
      [need('orders')],
    );

    expect(additionsOf(ports)).toEqual([]);
    expect(additionsOf(ports, 'kong-02')).toEqual([30_004]);
  });

  it('take a new common port where the place is another one on the other side', () => {
    const first = gateway([outbound(30_000, 'orders')]);
    const second = gateway([outbound(30_000, 'billing')], other);

    const ports = plan([first, second], [need('orders'), need('billing')]);

    expect(ports.additions.get('kong-01')).toEqual([
      outbound(30_001, 'billing'),
      outbound(30_002, 'orders'),
    ]);
    expect(ports.additions.get('kong-02')).toEqual(ports.additions.get('kong-01'));
  });

  it('settle on the common one after a conflict', () => {
    const first = gateway([outbound(30_000, 'orders'), outbound(30_002, 'orders')]);
    const second = gateway([outbound(30_002, 'orders')], other);

    const ports = plan([first, second], [need('orders')]);

    expect(ports.additions.size).toBe(0);
    expect(ports.serving).toEqual([outbound(30_002, 'orders')]);
  });

  it("do not get copies of a user's outbound", () => {
    const first = gateway([outbound(9_000, 'orders')]);

    const ports = plan([first, gateway([], other)], [need('orders')]);

    expect(additionsOf(ports)).toEqual([30_000]);
    expect(additionsOf(ports, 'kong-02')).toEqual([30_000]);
  });

  it('do not spread to a place that another process has', () => {
    const dataplanes = [gateway([outbound(30_000, 'orders')]), gateway([], other)];

    const ports = plan(dataplanes, [need('orders')], { taken: new Set([30_000]) });

    expect(additionsOf(ports, 'kong-02')).toEqual([30_001]);
  });
});

describe('laws', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
  const needs = fc.subarray([...names]).map((some) => some.map((name) => need(name)));
  const target = fc.oneof(
    fc.constantFrom(...names).map((name) => outbound(0, name).target),
    fc.constantFrom(...names).map((name) => ({
      type: 'tags' as const,
      tags: { 'kuma.io/service': name, version: 'v1' },
    })),
  );
  const present: fc.Arbitrary<Outbound[]> = fc.uniqueArray(
    fc.record({
      address: fc.constantFrom('127.0.0.1', '127.0.0.2'),
      port: fc.integer({ min: 29_998, max: 30_024 }),
      target,
    }),
    { selector: ({ address, port }) => `${address}:${port}`, maxLength: 8 },
  );
  const range = roomOf(30_000, 30_031);
  const gateways = fc
    .array(present, { minLength: 1, maxLength: 3 })
    .map((sides) => sides.map((outbounds, at) => gateway(outbounds, { name: `kong-0${at}` })));
  const blocked = fc.uniqueArray(fc.integer({ min: 30_000, max: 30_005 }), { maxLength: 4 });

  test('every need is served, on a port of its own, within the range, on every gateway', () => {
    fc.assert(
      fc.property(gateways, needs, blocked, (dataplanes, wanted, ports) => {
        const taken = new Set(ports);
        const planned = plan(dataplanes, wanted, { taken, range });
        const after = written(dataplanes, planned);
        const { outbounds } = commonGateway('universal', after);
        const services = wanted.map(({ service }) => service);
        const index = indexOutbounds(outbounds, services);

        expect(planned.unplaced).toEqual([]);
        expect(wanted.every((one) => index.find(one.service, one.port))).toBe(true);
        for (const { outbounds } of after) {
          const places = outbounds.map(({ address, port }) => `${address}:${port}`);
          expect(new Set(places).size).toBe(places.length);
        }
        for (const added of planned.additions.values()) {
          expect(added.every((one) => isOwn(one, range) && !taken.has(one.port))).toBe(true);
        }
      }),
    );
  });

  test('a plan that was written needs nothing more, whatever was forgotten since', () => {
    fc.assert(
      fc.property(gateways, needs, blocked, (dataplanes, wanted, ports) => {
        const first = plan(dataplanes, wanted, { held: new Set(ports), range });

        const again = plan(written(dataplanes, first), wanted, { range });

        expect(again.additions.size).toBe(0);
      }),
    );
  });

  test('ports in use stay where they are when other needs come and go', () => {
    fc.assert(
      fc.property(gateways, needs, needs, (dataplanes, wanted, others) => {
        const after = written(dataplanes, plan(dataplanes, wanted, { range }));
        const before = plan(after, wanted, { range });
        const both = plan(after, [...others, ...wanted], { range });

        const keys = new Set(both.serving.map(outboundKey));

        expect(before.serving.every((one) => keys.has(outboundKey(one)))).toBe(true);
      }),
    );
  });

  test('the order of needs does not matter, nor do repetitions', () => {
    fc.assert(
      fc.property(gateways, needs, (dataplanes, wanted) => {
        const reversed = [...wanted].reverse();

        expect(plan(dataplanes, [...reversed, ...wanted], { range })).toEqual(
          plan(dataplanes, wanted, { range }),
        );
      }),
    );
  });
});

test('1,000 needs are placed on three gateways', () => {
  const wanted = Array.from({ length: 1_000 }, (_, at) => need(`svc-${at}`));
  const dataplanes = ['a', 'b', 'c'].map((name) => gateway([], { name }));

  const ports = plan(dataplanes, wanted, { range: roomOf(30_000, 30_999) });

  expect(ports.unplaced).toEqual([]);
  expect(new Set(additionsOf(ports, 'c')).size).toBe(1_000);
});
