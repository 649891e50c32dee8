import type { GatewayDataplane } from '../../../../catalog/gateway';
import { outboundKey } from '../../../../catalog/gateway';
import {
  planDataplanes,
  type PlanInputs,
} from '../../../../daemon/targets/dataplane/plan-dataplanes';
import type { PlanAround } from '../../../../daemon/targets/dataplane/dataplane-target';
import { listenerKey, type DataplaneMemory } from '../../../../daemon/targets/dataplane/settings';
import {
  gateway,
  memory,
  need,
  outbound,
  settings as settingsOf,
  type SettingsParts,
} from './build';

interface Case extends Partial<PlanInputs>, PlanAround {
  readonly settings?: SettingsParts;
  readonly memory?: Partial<DataplaneMemory>;
}

function plan({ settings, memory: remembered, ...inputs }: Case = {}) {
  const {
    inUse,
    ledger,
    kongUnread,
    services,
    published,
    remembered: places,
    ...rest
  } = inputs as Case;
  const around = {
    ...(inUse ? { inUse } : {}),
    ...(ledger ? { ledger } : {}),
    ...(kongUnread === undefined ? {} : { kongUnread }),
    ...(services ? { services } : {}),
    ...(published ? { published } : {}),
    ...(places ? { remembered: places } : {}),
  };
  const all = { observed: [gateway()], needs: [], nowMs: 1_000_000, around, ...rest };
  return planDataplanes(all, settingsOf(settings), memory(remembered));
}

function heardOf(...dataplanes: readonly GatewayDataplane[]): Set<string> {
  return new Set(
    dataplanes.flatMap(({ name, outbounds }) =>
      outbounds.map((one) => listenerKey(name, outboundKey(one))),
    ),
  );
}

const codes = (failures: readonly { code: string; severity: string }[]): readonly string[] =>
  failures.map(({ code, severity }) => `${severity} ${code}`);

describe('what is planned', () => {
  it('adds an outbound, and the gateway has it afterwards', () => {
    const { plan: planned } = plan({ needs: [need('orders')] });

    expect(planned.expanding).toEqual([
      {
        dataplane: 'kong-01',
        op: 'add-outbound',
        what: 'outbound 127.0.0.1:30000 to MeshService orders:8080',
      },
    ]);
    expect(planned.gateway.outbounds).toEqual([outbound(30_000, 'orders')]);
    expect(planned.failures).toEqual([]);
  });

  it('is nothing where the Dataplane has it and the sidecar was heard', () => {
    const present = gateway([outbound(30_000, 'orders')]);

    const { plan: planned } = plan({
      observed: [present],
      needs: [need('orders')],
      memory: { heard: heardOf(present) },
    });

    expect(planned).toMatchObject({
      expanding: [],
      contracting: [],
      awaiting: false,
      unsettled: false,
      failures: [],
    });
  });

  it('awaits what is on the Dataplane already and was not heard yet', () => {
    const present = gateway([outbound(30_000, 'orders'), outbound(9_000, 'billing')]);

    const { plan: planned } = plan({
      observed: [present],
      needs: [need('orders'), need('billing')],
    });

    expect(planned.awaiting).toBe(true);
    expect(planned.unsettled).toBe(true);
    expect(planned.steps).toMatchObject([{ add: [], await: [outbound(30_000, 'orders')] }]);
  });

  it('leaves out what stays silent, and says so', () => {
    const present = gateway([outbound(30_000, 'orders'), outbound(30_001, 'billing')]);
    const silent = heardOf(gateway([outbound(30_000, 'orders')]));

    const { plan: planned } = plan({
      observed: [present],
      needs: [need('orders'), need('billing')],
      memory: { silent },
    });

    expect(planned.gateway.outbounds).toEqual([outbound(30_001, 'billing')]);
    expect(codes(planned.failures)).toEqual(['warning DATAPLANE_LISTENER_MISSING']);
  });

  it('keeps a late listener that the snapshot of the daemon before led to', () => {
    const present = gateway([outbound(30_000, 'orders'), outbound(30_001, 'billing')]);

    const { plan: planned } = plan({
      observed: [present],
      needs: [need('orders'), need('billing')],
      memory: { silent: heardOf(present) },
      published: new Map([[30_000, 'MeshService/orders//:8080']]),
    });

    expect(planned.gateway.outbounds).toEqual([outbound(30_000, 'orders')]);
  });

  it('creates a missing Dataplane only where it is told the address', () => {
    const settings = { service: 'kong', config: { create: { address: '10.0.0.1' } } };

    const { plan: planned } = plan({ observed: [], needs: [need('orders')], settings });

    expect(planned.expanding.map(({ op }) => op)).toEqual(['create', 'add-outbound']);
    expect(planned.steps).toMatchObject([{ create: true, address: '10.0.0.1' }]);
  });

  it.each([
    ['after it was seen a moment ago: not created', 999_000, 'warning DATAPLANE_ABSENT', 0],
    ['after it was gone for long: created', 979_000, undefined, 1],
  ])('%s', (_name, atMs, code, changes) => {
    const seen = new Map([['kong-01', { atMs, dataplane: gateway([outbound(30_000, 'orders')]) }]]);
    const settings = { config: { create: { address: '10.0.0.1' } } };

    const { plan: planned } = plan({ observed: [], settings, memory: { seen } });

    expect(codes(planned.failures)).toEqual(code === undefined ? [] : [code]);
    expect(planned.expanding).toHaveLength(changes);
    expect(planned.gateway.outbounds).toHaveLength(changes === 0 ? 1 : 0);
  });
});

describe('the grace time', () => {
  const present = gateway([outbound(30_000, 'orders')]);
  const key = listenerKey('kong-01', outboundKey(outbound(30_000, 'orders')));

  it('starts when an outbound is first seen without a need', () => {
    const planned = plan({ observed: [present] });

    expect(planned.plan.contracting).toEqual([]);
    expect(planned.plan.unsettled).toBe(true);
    expect(planned.memory.unneededSince).toEqual(new Map([[key, 1_000_000]]));
  });

  it.each([
    ['before its end', 74_999, 0],
    ['at its end', 75_000, 1],
  ])('%s', (_name, passedMs, count) => {
    const unneededSince = new Map([[key, 1_000_000 - passedMs]]);

    const { plan: planned } = plan({ observed: [present], memory: { unneededSince } });

    expect(planned.contracting).toHaveLength(count);
  });

  it('starts anew after the outbound was needed again', () => {
    const unneededSince = new Map([[key, 0]]);

    const planned = plan({
      observed: [present],
      needs: [need('orders')],
      memory: { unneededSince },
    });

    expect(planned.plan.contracting).toEqual([]);
    expect(planned.memory.unneededSince.size).toBe(0);
  });

  it('never ends for what something is still led to', () => {
    const unneededSince = new Map([[key, 0]]);
    const inUse = [{ host: '127.0.0.1', port: 30_000 }];

    const { plan: planned } = plan({ observed: [present], inUse, memory: { unneededSince } });

    expect(planned.contracting).toEqual([]);
  });

  it("does not exist for the user's outbounds", () => {
    const users = gateway([
      outbound(9_000, 'orders'),
      outbound(30_000, { type: 'tags', tags: { 'kuma.io/service': 'x', version: 'v1' } }),
    ]);

    const planned = plan({
      observed: [users],
      settings: { config: { outbounds: { grace: '0s' } } },
    });

    expect(planned.plan.contracting).toEqual([]);
    expect(planned.memory.unneededSince.size).toBe(0);
  });

  it('gives no port away that something is still led to', () => {
    const inUse = [{ host: '127.0.0.1', port: 30_000 }];

    const { plan: planned } = plan({ needs: [need('billing')], inUse });

    expect(planned.gateway.outbounds).toEqual([outbound(30_001, 'billing')]);
  });
});

describe('identity', () => {
  const { mesh, name, address, delegated, labels, transparentProxy, outbounds } = gateway();
  const untagged = {
    ...{ mesh, name, address, delegated, labels, transparentProxy, outbounds },
    zone: 'zone-a',
    tags: {},
  };

  it.each([
    ['enforce', 'kong-old', [{ op: 'set-service', before: 'kong-old', after: 'kong' }], []],
    ['enforce', undefined, [{ op: 'set-service', after: 'kong' }], []],
    ['observe', 'kong-old', [], ['warning DATAPLANE_SERVICE_DIFFERS']],
    ['enforce', 'kong', [], []],
  ])('%s with %s', (align, found, changes, failures) => {
    const observed = [found === undefined ? untagged : gateway([], { service: found })];

    const { plan: planned } = plan({ observed, settings: { service: 'kong', config: { align } } });

    expect(planned.expanding).toMatchObject(changes);
    expect(codes(planned.failures)).toEqual(failures);
  });

  it('sets the workload label, and no tag on a Dataplane without tags', () => {
    const observed = [untagged];

    const { plan: planned } = plan({
      observed,
      settings: { service: 'kong', config: { workload: 'kong' } },
    });

    expect(planned.expanding).toMatchObject([{ op: 'set-label', after: 'kong' }]);
  });

  it('reports a workload label that differs where it only observes', () => {
    const settings = { config: { workload: 'kong', align: 'observe' } };

    expect(codes(plan({ settings }).plan.failures)).toEqual(['warning DATAPLANE_WORKLOAD_DIFFERS']);
  });
});

describe('what stands against it', () => {
  const exhausted = { ports: { first: 30_000, last: 30_000 } };
  const cases: [string, Case, readonly string[]][] = [
    ['no Dataplane', { observed: [] }, ['error DATAPLANE_MISSING']],
    [
      'none with the service',
      { observed: [], settings: { names: undefined, service: 'kong' } },
      ['error DATAPLANE_MISSING'],
    ],
    [
      'one of several missing',
      { settings: { names: ['kong-01', 'kong-02'] } },
      ['warning DATAPLANE_PARTLY_MISSING'],
    ],
    [
      'another mesh',
      { observed: [gateway([], { mesh: 'other' })] },
      ['error DATAPLANE_FOREIGN_MESH'],
    ],
    [
      'another zone than the one set',
      { settings: { config: { zone: 'zone-b' } } },
      ['error DATAPLANE_FOREIGN_ZONE'],
    ],
    [
      'another zone in the tag than in the label',
      { observed: [gateway([], { tags: { 'kuma.io/zone': 'zone-x' } })] },
      ['error DATAPLANE_FOREIGN_ZONE'],
    ],
    [
      'gateways of two zones',
      {
        observed: [gateway(), gateway([], { name: 'kong-02', zone: 'zone-b', tags: {} })],
        settings: { names: ['kong-01', 'kong-02'] },
      },
      ['error DATAPLANE_ZONES_DIFFER'],
    ],
    [
      'no delegated gateway',
      { observed: [gateway([], { delegated: false })] },
      ['error DATAPLANE_NOT_DELEGATED'],
    ],
    [
      'an invalid tag value',
      { settings: { service: 'kong gateway' } },
      ['error DATAPLANE_TAG_INVALID'],
    ],
    [
      'no port left',
      { needs: [need('a'), need('b')], settings: exhausted },
      ['warning DATAPLANE_PORTS_EXHAUSTED'],
    ],
    [
      "a user's outbound in the range",
      {
        observed: [
          gateway([
            outbound(30_000, { type: 'tags', tags: { 'kuma.io/service': 'x', version: 'v1' } }),
          ]),
        ],
      },
      ['warning DATAPLANE_RANGE_SHARED'],
    ],
    [
      'two outbounds at one place',
      { observed: [gateway([outbound(9_000, 'a'), outbound(9_000, 'b')])] },
      ['warning DATAPLANE_PORT_TWICE'],
    ],
    [
      'a service no outbound can lead to',
      { needs: [need('a', { kind: 'KubernetesService' })] },
      ['warning DATAPLANE_NO_FORM'],
    ],
    [
      'transparent proxying',
      { observed: [gateway([], { transparentProxy: true })], needs: [need('a')] },
      ['warning DATAPLANE_TRANSPARENT'],
    ],
    [
      'a file that owns the Dataplane, where something is to be written',
      { needs: [need('a')], memory: { fileOwned: new Map([['kong-01', 'evidence']]) } },
      ['error DATAPLANE_FILE_OWNED'],
    ],
    [
      'a file that owns the Dataplane, where nothing is to be written',
      { memory: { fileOwned: new Map([['kong-01', 'evidence']]) } },
      [],
    ],
    [
      'several gateways that belong to files',
      {
        observed: [gateway(), gateway([], { name: 'kong-02' })],
        settings: { names: ['kong-01', 'kong-02'], config: { owner: 'file' } },
      },
      ['error DATAPLANE_FILE_SEVERAL'],
    ],
  ];

  it.each(cases)('%s', (_name, one, expected) => {
    const { plan: planned } = plan(one);

    expect(codes(planned.failures)).toEqual(expected);
    // Nothing half-applied: an error leaves nothing to be done at all.
    if (expected.some((code) => code.startsWith('error'))) {
      expect(planned).toMatchObject({ expanding: [], contracting: [], steps: [] });
    }
  });
});
