import { expose } from '../../../plugin-server/metrics/exposition';
import { metricList, type MetricSpec } from '../../../plugin-server/metrics/metric-list';
import { samplesOf, type ServerState } from '../../../plugin-server/metrics/samples';
import { createCounters } from '../../../plugin-server/counters';
import { eventually, startSampleServer, type SampleServer } from '../support/sample-server';
import { command } from '../support/raw-client';
import { parseExposition, valueOf } from './scrape';

const idle: ServerState = {
  version: '1.2.3',
  counters: createCounters(),
  counts: { instances: 0, events: 0, connections: 0 },
  decisions: [{ result: 'sent', reason: '', service: 'orders', count: 0 }],
  snapshots: [],
  process: { cpuSeconds: 1.5, residentBytes: 50_000_000, startedAt: 1_700_000_000.25, node: 'v20' },
};
const prefix = 'kong_meshd_plugin_server_';

describe('the exposition', () => {
  it('has every metric of the list with just its labels, and no other', () => {
    const file = '/var/lib/kong-meshd/catalog.json';
    const samples = parseExposition(
      expose(
        samplesOf({
          ...idle,
          snapshots: [{ file, ageMs: 1500, inUse: { hash: 'abc', services: 7 } }],
        }),
      ),
    );

    const labelsByName = Object.fromEntries(
      samples.map(({ name, labels }) => [name, Object.keys(labels)]),
    );
    const declared = Object.entries<MetricSpec>(metricList).map(([name, { labels }]) => [
      name,
      labels,
    ]);
    expect(labelsByName).toEqual(Object.fromEntries(declared));
    expect(valueOf(samples, `${prefix}snapshot_age_seconds`, { file })).toBe(1.5);
    expect(valueOf(samples, `${prefix}snapshot_info`, { file, hash: 'abc' })).toBe(1);
  });

  it('names counters by the conventions', () => {
    for (const [name, { type, help }] of Object.entries<MetricSpec>(metricList)) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      expect(help).toMatch(/^[A-Z1].*\.$/);
    }
  });

  it('escapes what a path may hold', () => {
    const file = 'a "quoted" \\ path\nof two lines';
    const samples = parseExposition(
      expose(samplesOf({ ...idle, snapshots: [{ file, ageMs: 0 }] })),
    );

    expect(valueOf(samples, `${prefix}snapshot_age_seconds`, { file })).toBe(0);
    expect(valueOf(samples, `${prefix}snapshot_info`)).toBeUndefined();
  });

  it('counts as misses what the snapshot does not have, whatever became of the request', () => {
    const decisions = [
      { result: 'sent', reason: '', count: 100 },
      { result: 'rejected', reason: 'unknown-service', count: 3 },
      { result: 'fallback', reason: 'unknown-service', count: 4 },
      { result: 'passthrough', reason: 'no-address', count: 5 },
      { result: 'fallback', reason: 'unavailable', count: 6 },
      { result: 'rejected', reason: 'no-snapshot', count: 7 },
    ] as const;
    const samples = parseExposition(expose(samplesOf({ ...idle, decisions })));
    const missed = (reason: string) => valueOf(samples, `${prefix}lookup_misses_total`, { reason });

    expect(['unknown-service', 'no-address', 'unknown-port'].map(missed)).toEqual([7, 5, 0]);
    expect(['unavailable', 'no-snapshot'].map(missed)).toEqual([undefined, undefined]);
  });
});

describe('what was chosen', () => {
  it('is counted by service, whatever the reason, and in total by result', () => {
    const decisions = [
      { result: 'sent', reason: '', service: 'orders', count: 90 },
      { result: 'sent', reason: '', service: 'orders-v2:8080', count: 10 },
      { result: 'fallback', reason: 'unavailable', service: 'orders', count: 2 },
      { result: 'fallback', reason: 'no-address', service: 'orders', count: 3 },
      { result: 'rejected', reason: 'no-weight', count: 4 },
    ] as const;
    const samples = parseExposition(expose(samplesOf({ ...idle, decisions })));
    const chosen = (service: string, result: string) =>
      valueOf(samples, `${prefix}chosen_total`, { service, result });

    expect(chosen('orders', 'sent')).toBe(90);
    expect(chosen('orders-v2:8080', 'sent')).toBe(10);
    expect(chosen('orders', 'fallback')).toBe(5);
    expect(samples.filter(({ name }) => name === `${prefix}chosen_total`)).toHaveLength(3);
    const sent = { result: 'sent', reason: '' };
    expect(valueOf(samples, `${prefix}decisions_total`, sent)).toBe(100);
  });
});

describe('what the server counts', () => {
  let sample: SampleServer;
  afterEach(() => sample.stop());

  function valuesOf(...names: string[]): readonly (number | undefined)[] {
    const { counters, counts } = sample.server;
    const samples = parseExposition(expose(samplesOf({ ...idle, counters, counts: counts() })));
    return names.map((name) => {
      const [metric, cause] = name.split(' ');
      return valueOf(samples, `${prefix}${metric}`, cause === undefined ? {} : { cause });
    });
  }

  it('are events and their calls, an exit among them', async () => {
    sample = await startSampleServer();
    const { client, id } = await sample.instance({
      behaviour: 'set_target_then_host',
      host: '127.0.0.1',
      port: 80,
      value: 'orders.mesh',
    });
    const { id: exits } = await sample.instance({ behaviour: 'exit' }, client);

    await client.event(id);
    await client.event(exits);

    expect(
      valuesOf(
        'events_total',
        'events_running',
        'pdk_calls_total',
        'instances',
        'instances_started_total',
        'connections',
        'refused_calls_total',
      ),
    ).toEqual([2, 0, 3, 2, 2, 1, 0]);
  });

  it('are handlers that fail, hang, and are left behind', async () => {
    sample = await startSampleServer({ limits: { handlerMs: 50, abandonedMs: 50 } });
    const { client, id: throws } = await sample.instance({ behaviour: 'throw' });
    const { client: other, id: hangs } = await sample.instance({ behaviour: 'hang' });
    const { client: third, id: waits } = await sample.instance({
      behaviour: 'header_then_set_target',
    });

    await client.event(throws);
    await other.event(hangs);
    third.send(command.event, [
      [1, waits],
      [2, 'access'],
    ]);
    await third.untilClosed();
    await eventually(() => expect(sample.server.counts().events).toBe(0));

    expect(
      valuesOf(
        'event_failures_total failed',
        'event_failures_total slow',
        'event_failures_total abandoned',
      ),
    ).toEqual([1, 1, 1]);
  });

  it('are calls it refuses and connections it closes', async () => {
    sample = await startSampleServer();
    const client = await sample.connect();

    await client.event(1);
    const second = await sample.connect();
    await expect(second.start('other', {})).rejects.toThrow('closed');
    const third = await sample.connect();
    third.socket.write(Buffer.alloc(4, 0xff));
    await third.untilClosed();

    expect(valuesOf('refused_calls_total', 'bad_connections_total')).toEqual([2, 1]);
  });
});
