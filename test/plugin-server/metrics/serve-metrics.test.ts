import { mkdtemp, rm, stat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseMetricsAddress, type MetricsAddress } from '../../../plugin-server/metrics/address';
import { serveMetrics, type MetricsServer } from '../../../plugin-server/metrics/serve-metrics';
import { serverState } from '../../../plugin-server/metrics/server-state';
import { eventually, startSampleServer, type SampleServer } from '../support/sample-server';
import { fetchPath, parseExposition, valueOf } from './scrape';

describe('an address for metrics', () => {
  it.each<[string, MetricsAddress]>([
    ['127.0.0.1:9651', { host: '127.0.0.1', port: 9651 }],
    ['[::1]:9651', { host: '::1', port: 9651 }],
    [':9651', { host: '0.0.0.0', port: 9651 }],
    ['unix:/run/kong-meshd/metrics.socket', { path: '/run/kong-meshd/metrics.socket' }],
  ])('may be %s', (text, address) => {
    expect(parseMetricsAddress(text)).toEqual(address);
  });

  it.each(['9651', '127.0.0.1', '127.0.0.1:70000', 'unix:relative', 'http://127.0.0.1:9651'])(
    'may not be %s',
    (text) => {
      expect(() => parseMetricsAddress(text)).toThrow(
        expect.objectContaining({ code: 'PLUGIN_SERVER_METRICS_ADDRESS' }),
      );
    },
  );
});

describe('the metrics server', () => {
  let folder: string;
  let sample: SampleServer;
  let metrics: MetricsServer | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugin-metrics-'));
    sample = await startSampleServer();
    metrics = undefined;
  });
  afterEach(async () => {
    await metrics?.close();
    await sample.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function serve(listen: MetricsAddress, hosts: readonly string[] = []): MetricsServer {
    metrics = serveMetrics({
      listen,
      hosts,
      state: () => serverState(sample.server, '1.2.3'),
      reachable: () => sample.server.reachable(),
      log: {
        write: (level, message, fields) => sample.lines.push({ level, message, fields }),
        limited: () => undefined,
      },
      retryMs: 20,
    });
    return metrics;
  }
  const portOf = (url: string): number => Number(new URL(url).port);

  it('serves the state of this moment', async () => {
    const port = portOf(await serve({ host: '127.0.0.1', port: 0 }).listening);
    const scrape = async () => fetchPath({ port, path: '/metrics', host: '127.0.0.1' });

    const before = await scrape();
    await sample.instance({ behaviour: 'none' });
    const after = parseExposition((await scrape()).body);

    expect([before.status, before.type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const name = 'kong_meshd_plugin_server_instances';
    expect([valueOf(parseExposition(before.body), name), valueOf(after, name)]).toEqual([0, 1]);
    expect(
      valueOf(after, 'kong_meshd_plugin_server_build_info', {
        version: '1.2.3',
        node: process.version,
      }),
    ).toBe(1);
    expect(valueOf(after, 'process_start_time_seconds')).toBeGreaterThan(1.7e9);
  });

  it('is alive while its socket leads to the server, and not when that is gone', async () => {
    const port = portOf(await serve({ host: '127.0.0.1', port: 0 }).listening);
    const live = async () => (await fetchPath({ port, path: '/livez', host: '127.0.0.1' })).status;

    const first = await live();
    await unlink(sample.server.socket);
    const gone = await live();
    const other = createServer().listen(sample.server.socket);
    await new Promise((resolve) => other.once('listening', resolve));
    const replaced = await live();
    await new Promise((resolve) => other.close(resolve));

    expect([first, gone, replaced]).toEqual([200, 503, 503]);
  });

  it('answers to its own names only', async () => {
    const port = portOf(await serve({ host: '127.0.0.1', port: 0 }, ['plugin-server']).listening);
    const statusFor = async (host: string) =>
      (await fetchPath({ host: '127.0.0.1', port, path: '/metrics', headers: { host } })).status;

    expect(await statusFor('plugin-server:9651')).toBe(200);
    expect(await statusFor('localhost')).toBe(200);
    expect(await statusFor('attacker.example')).toBe(421);
  });

  it('serves on a unix socket for its group, under any name', async () => {
    const socketPath = join(folder, 'metrics.socket');
    const url = await serve({ path: socketPath }).listening;

    const answer = await fetchPath({ socketPath, path: '/livez', headers: { host: 'whatever' } });
    const mode = (await stat(socketPath)).mode & 0o777;

    expect(url).toBe(`unix:${socketPath}`);
    expect([answer.status, mode]).toEqual([200, 0o660]);
  });

  it('says once that its port is taken, and takes it when it is free', async () => {
    const holder: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    const { listening } = serve({ host: '127.0.0.1', port });
    const warnings = () => sample.lines.filter(({ level }) => level === 'warn');
    await eventually(() => expect(warnings()).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 100));

    await new Promise((resolve) => holder.close(resolve));
    await listening;

    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatchObject({
      message: expect.stringContaining(`127.0.0.1:${port}: EADDRINUSE`),
      fields: { code: 'PLUGIN_SERVER_METRICS_BLOCKED' },
    });
    expect((await fetchPath({ host: '127.0.0.1', port, path: '/livez' })).status).toBe(200);
  });

  it('ends while its port is still taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    serve({ host: '127.0.0.1', port });

    await metrics?.close();
    await new Promise((resolve) => holder.close(resolve));
    await new Promise((resolve) => setTimeout(resolve, 60));

    await expect(fetchPath({ host: '127.0.0.1', port, path: '/livez' })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });
});
