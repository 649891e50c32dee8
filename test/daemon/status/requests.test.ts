import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { findPluginMetrics, readPluginMetrics } from '../../../daemon/cli/plugin-metrics';
import { readRequestCounts, recordRequests } from '../../../daemon/status/requests';
import { expose, type Samples } from '../../../plugin-server/metrics/exposition';
import { metricList } from '../../../plugin-server/metrics/metric-list';

const none = { sent: 0, fallback: 0, passthrough: 0, rejected: 0 };

/** As the plugin server itself writes it. */
function exposition(decisions: Samples['kong_meshd_plugin_server_decisions_total']): string {
  const empty = Object.fromEntries(Object.keys(metricList).map((name) => [name, []]));
  return expose({
    ...(empty as unknown as Samples),
    kong_meshd_plugin_server_decisions_total: decisions,
    kong_meshd_plugin_server_build_info: [{ labels: { version: '1.0.0', node: '20' }, value: 1 }],
  });
}

const text = exposition([
  { labels: { result: 'sent', reason: '' }, value: 40 },
  { labels: { result: 'rejected', reason: 'unknown-service' }, value: 2 },
  { labels: { result: 'rejected', reason: 'no-address' }, value: 3 },
]);

it('sums what the plugin server counted, over all reasons', () => {
  expect(readRequestCounts(text)).toEqual({ ...none, sent: 40, rejected: 5 });
});

it('takes no other program for a plugin server', () => {
  expect(readRequestCounts('up 1\n')).toBeUndefined();
});

it('keeps what came since the look before, and begins again with the server', () => {
  let series = recordRequests(undefined, { ...none, sent: 100 }, 0);
  series = recordRequests(series, { ...none, sent: 130, rejected: 1 }, 5_000);
  series = recordRequests(series, { ...none, sent: 4 }, 10_000);

  expect(series.samples).toEqual([
    { atMs: 5_000, counts: { ...none, sent: 30, rejected: 1 } },
    { atMs: 10_000, counts: { ...none, sent: 4 } },
  ]);
});

it('forgets what is older than five minutes', () => {
  let series = recordRequests(undefined, none, 0);
  for (let look = 1; look <= 200; look += 1) series = recordRequests(series, none, look * 5_000);

  expect(series.samples).toHaveLength(60);
  expect(series.samples[0]?.atMs).toBe(141 * 5_000);
});

it.each([
  [{ metrics: '10.0.0.5:9651' }, {}, { host: '10.0.0.5', port: 9651 }],
  [{ metrics: 'unix:/run/m.socket' }, {}, { socketPath: '/run/m.socket' }],
  [{}, { KONG_MESHD_METRICS: '0.0.0.0:9651' }, { host: '127.0.0.1', port: 9651 }],
  [{ metrics: 'a:1' }, { KONG_MESHD_METRICS: 'b:2' }, { host: 'a', port: 1 }],
  [{}, {}, undefined],
])('finds %j with %j at %j', (plugin, env, expected) => {
  expect(findPluginMetrics({ plugin: { snapshot: 's', ...plugin } }, env)).toEqual(expected);
});

describe('over HTTP', () => {
  let server: Server;
  let answer: string;
  const never = new AbortController().signal;

  beforeEach(async () => {
    server = createServer((_request, response) => void response.end(answer));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const target = () => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });

  it('reads the counters', async () => {
    answer = text;

    expect(await readPluginMetrics(target(), 1_000, never)).toMatchObject({ sent: 40 });
  });

  it('gives up on an answer without an end', async () => {
    answer = 'x'.repeat(3 * 1024 * 1024);

    expect(await readPluginMetrics(target(), 1_000, never)).toBeUndefined();
  });

  it('gives up where nobody listens', async () => {
    const gone = target();
    server.close();
    await new Promise((resolve) => server.once('close', resolve));

    expect(await readPluginMetrics(gone, 1_000, never)).toBeUndefined();
  });
});
