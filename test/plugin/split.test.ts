import { Buffer } from 'node:buffer';

import { createLookup } from '../../catalog/lookup';
import { formatSnapshot, type SnapshotService } from '../../catalog/snapshot';
import { readConfig, type Config } from '../../plugin/mesh-upstream/config';
import { createDecisionCounts } from '../../plugin/mesh-upstream/decision-counts';
import { createHandler, type Handler } from '../../plugin/mesh-upstream/handler';
import { decide } from '../../plugin/mesh-upstream/rewrite';
import { readServiceTable, wholeSource } from '../../plugin/mesh-upstream/service-table';
import fc from '../support/property';
import { fakePdk, type FakePdk } from './support/fake-pdk';
import { serviceOf, snapshotOf } from './support/snapshot-of';

type State = 'ready' | 'unavailable' | 'missing' | 'no-address';

const noAddress = { addresses: {}, auto: undefined } as never;

function portOf(name: string): number {
  return 30_000 + (Number(name.replace(/\D/g, '')) || 99);
}

/** A service at an address of its own, or none where it is missing. */
function serviceIn(name: string, state: State): readonly SnapshotService[] {
  if (state === 'missing') return [];
  if (state === 'no-address') return [serviceOf(name, {}, noAddress)];
  const availability = state === 'ready' ? 'available' : 'unavailable';
  const outbound = `127.0.0.1:${portOf(name)}`;
  return [serviceOf(name, { availability }, { addresses: { outbound } })];
}

function configOf(raw: object): Config {
  const read = readConfig(raw);
  if (!read.ok) throw new Error(read.cause);
  return read.config;
}

async function handlerOn(
  raw: object,
  states: Readonly<Record<string, State>>,
  log: (level: string, message: string, fields?: object) => void = () => undefined,
): Promise<{ handler: Handler; counts: ReturnType<typeof createDecisionCounts> }> {
  const services = Object.entries(states).flatMap(([name, state]) => serviceIn(name, state));
  const text = formatSnapshot(snapshotOf(services));
  const table = await readServiceTable(wholeSource(Buffer.from(text)), 'test');
  const counts = createDecisionCounts();
  const watch = () => ({ current: table, firstRead: Promise.resolve() });
  return { handler: createHandler(raw, { watch, counts, log, env: {} }), counts };
}

async function targetsOf(
  handler: Handler,
  requests: number,
  results: Parameters<typeof fakePdk>[0] = {},
): Promise<{ ports: number[]; fake: FakePdk }> {
  const fake = fakePdk(results);
  for (let n = 0; n < requests; n++) await handler.access(fake.kong);
  const targets = fake.calls.filter(({ method }) => method === 'setTarget');
  return { ports: targets.map(({ args }) => args[1] as number), fake };
}

const canary = {
  services: [
    { service: 's1', weight: 90 },
    { service: 's2', weight: 10 },
  ],
};
const both = { s1: 'ready', s2: 'ready' } as const;

describe('requests shared by weight', () => {
  it('go 90 to 10 within 1 % over 100,000, and are counted by service', async () => {
    const { handler, counts } = await handlerOn(canary, both);
    const { kong } = fakePdk();
    const silent = { ...kong, service: { ...kong.service, setTarget: async () => undefined } };
    for (let n = 0; n < 100_000; n++) handler.prepared()?.count();
    await handler.access(silent);

    const chosen = Object.fromEntries(
      counts.all().map(({ service, count }) => [service ?? '', count]),
    );
    expect(chosen['s1']).toBeGreaterThan(89_900);
    expect(chosen['s2']).toBeGreaterThan(9_900);
    expect((chosen['s1'] ?? 0) + (chosen['s2'] ?? 0)).toBe(100_001);
  });

  it.each<[string, object, number]>([
    ['by weight alone: none beyond target and Host', {}, 2],
    ['by header: one', { hash_on: 'header', hash_on_header: 'X-User' }, 3],
    ['by cookie: one', { hash_on: 'cookie', hash_on_cookie: 'session' }, 3],
    ['by client IP: one', { hash_on: 'ip' }, 3],
    ['by consumer: one', { hash_on: 'consumer' }, 3],
  ])('cost calls of Kong %s', async (_name, sticky, expected) => {
    const { handler } = await handlerOn({ ...canary, ...sticky }, both);
    const { fake } = await targetsOf(handler, 1, { getConsumer: () => ({ id: 'c-1' }) });

    expect(fake.calls).toHaveLength(expected);
    expect(handler.prepared() === undefined).toBe(expected > 2);
  });

  it('ask for no key where one service is left to choose from', async () => {
    const { handler } = await handlerOn({ ...canary, hash_on: 'ip' }, { s1: 'ready' });

    const { ports, fake } = await targetsOf(handler, 3);

    expect(ports).toEqual([30_001, 30_001, 30_001]);
    expect(fake.calls.filter(({ method }) => method === 'getForwardedIp')).toEqual([]);
    expect(handler.prepared()).toBeDefined();
  });

  it.each<[string, object, (key: string) => Parameters<typeof fakePdk>[0]]>([
    [
      'header',
      { hash_on: 'header', hash_on_header: 'X-User' },
      (key) => ({ getHeader: () => key }),
    ],
    [
      'cookie',
      { hash_on: 'cookie', hash_on_cookie: 'session' },
      (key) => ({ getHeader: () => `other=1; session=${key}; x=2` }),
    ],
    ['client IP', { hash_on: 'ip' }, (key) => ({ getForwardedIp: () => key })],
    ['consumer', { hash_on: 'consumer' }, (key) => ({ getConsumer: () => ({ id: key }) })],
  ])('stay with their %s, in every instance', async (_name, sticky, resultsOf) => {
    const half = canary.services.map((one) => ({ ...one, weight: 50 }));
    const first = await handlerOn({ services: half, ...sticky }, both);
    const second = await handlerOn({ services: half, ...sticky }, both);
    const seen = new Set<number>();

    for (let n = 0; n < 40; n++) {
      const one = await targetsOf(first.handler, 3, resultsOf(`key-${n}`));
      const other = await targetsOf(second.handler, 1, resultsOf(`key-${n}`));
      const ports = new Set([...one.ports, ...other.ports]);
      expect(ports.size).toBe(1);
      for (const port of ports) seen.add(port);
    }

    expect(seen.size).toBe(2);
  });

  it('go by weight alone where they have no key', async () => {
    const { handler } = await handlerOn(
      { ...canary, hash_on: 'cookie', hash_on_cookie: 'session' },
      both,
    );

    const { ports } = await targetsOf(handler, 1_000, { getHeader: () => 'sessions=1' });

    expect(ports.filter((port) => port === 30_002).length).toBeGreaterThan(90);
    expect(ports.filter((port) => port === 30_002).length).toBeLessThan(110);
  });

  it('tell once of a service whose share goes to the others', async () => {
    const lines: object[] = [];
    const { handler } = await handlerOn(canary, { s2: 'ready' }, (_level, _message, fields) =>
      lines.push(fields ?? {}),
    );

    const { ports } = await targetsOf(handler, 5);

    expect(ports).toEqual(Array(5).fill(30_002));
    expect(lines).toEqual([
      expect.objectContaining({ service: 's1', outcome: 'its share goes to the others' }),
    ]);
  });
});

describe('a config with several services', () => {
  it.each<[string, object]>([
    ['neither service nor services', {}],
    ['both', { service: 's1', ...canary }],
    ['no entry at all', { services: [] }],
    ['an entry without a weight', { services: [{ service: 's1' }] }],
    ['an entry without a service', { services: [{ weight: 1 }] }],
    ['a weight that is no whole number', { services: [{ service: 's1', weight: 0.5 }] }],
    ['a weight below zero', { services: [{ service: 's1', weight: -1 }] }],
    ['a port for all of them', { ...canary, port: '80' }],
    ['a header to hash without its name', { ...canary, hash_on: 'header' }],
    ['a cookie to hash without its name', { ...canary, hash_on: 'cookie' }],
  ])('is refused with %s, and closes the route', async (_name, raw) => {
    const { handler } = await handlerOn(raw, both);
    const { kong, calls } = fakePdk();

    await handler.access(kong);

    expect(readConfig(raw).ok).toBe(false);
    expect(calls).toMatchObject([
      { method: 'exit', args: [503, { reason: 'invalid-config' }, {}] },
    ]);
  });
});

describe('any assignment of weights and states', () => {
  const stateOf = fc.constantFrom<State>('ready', 'unavailable', 'missing', 'no-address');
  const shares = fc.array(fc.record({ weight: fc.nat({ max: 3 }), state: stateOf }), {
    minLength: 1,
    maxLength: 5,
  });

  it('leads to a service with weight that can be used, to the fallback, or to 503', () => {
    fc.assert(
      fc.property(shares, fc.option(stateOf), fc.boolean(), (made, fallback, stale) => {
        const names = made.map((_share, n) => `s${n + 1}`);
        const services = [
          ...made.flatMap(({ state }, n) => serviceIn(names[n] ?? '', state)),
          ...(fallback === null ? [] : serviceIn('other', fallback)),
        ];
        const config = configOf({
          services: made.map(({ weight }, n) => ({ service: names[n], weight })),
          ...(fallback === null ? {} : { fallback: 'other' }),
        });
        const isOf = (wanted: State) => (_name: string, n: number) =>
          (made[n]?.weight ?? 0) > 0 && made[n]?.state === wanted;
        const ready = names.filter(isOf('ready'));
        const unavailable = names.filter(isOf('unavailable'));
        const usable = [ready, fallback === 'ready' ? ['other'] : [], unavailable].find(
          (some) => some.length > 0,
        );
        const allowed = stale ? [] : (usable ?? (fallback === 'unavailable' ? ['other'] : []));

        const decision = decide(config, createLookup(services), stale ? 'it is old' : undefined);

        const chosen =
          decision.kind === 'split'
            ? decision.shares.map(({ decision: one }) => one)
            : decision.kind === 'rewrite'
              ? [decision]
              : [];
        expect(chosen.map(({ service }) => service).sort()).toEqual([...allowed].sort());
        for (const { service, port } of chosen) expect(port).toBe(portOf(service));
        if (allowed.length === 0) expect(decision.kind).toBe('reject');
      }),
    );
  });

  it('answers 503 where all have weight 0, and never goes past the mesh for it', () => {
    const services = [{ service: 's1', weight: 0 }];
    const raw = { services, on_missing: 'passthrough' };

    const decision = decide(configOf(raw), createLookup(serviceIn('s1', 'ready')));

    expect(decision).toMatchObject({ kind: 'reject', rejection: { reason: 'no-weight' } });
  });

  it('never goes past the mesh where a service may only be out of date', () => {
    const raw = {
      services: [
        { service: 's1', weight: 1 },
        { service: 's2', weight: 1 },
      ],
      on_missing: 'passthrough',
    };

    const decision = decide(configOf(raw), createLookup(serviceIn('s2', 'ready')), 'it is old');

    expect(decision).toMatchObject({ kind: 'reject', rejection: { reason: 'stale-snapshot' } });
  });
});
