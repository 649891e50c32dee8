/** The daemon looks at the plugin server by itself, and says of it what is so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createStatusWorld, meshService } from '../../../bench/support/status-world';
import { watchPluginServer } from '../../../daemon/cli/watch-plugin-server';
import { Config } from '../../../daemon/config/schema';
import { systemClock } from '../../../daemon/reconcile/clock';
import { createStatus, type Status } from '../../../daemon/status/status';
import { TranslateRules } from '../../../daemon/translate/rules';
import { version } from '../../../daemon/version';
import { meshUpstreamClass } from '../../../plugin-server/info';
import { startPluginServer, type PluginServer } from '../../../plugin-server/server';
import { until } from '../../support/until';

const kong = `_format_version: '3.0'
services:
  - name: orders
    host: orders.internal
    routes:
      - name: orders
        paths: [/orders]
        plugins: [{ name: mesh-upstream, config: { service: orders } }]
`;
const hash = 'a'.repeat(64);
let folder: string;
let socket: string;
let status: Status;
let served: string;
let ending: AbortController;
let watching: Promise<void>;
let server: PluginServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-plugin-'));
  socket = join(folder, 'mesh-upstream.socket');
  served = hash;
  ending = new AbortController();
  status = createStatus({
    identity: { version, mesh: 'default', source: 'kuma' },
    listen: null,
    clock: systemClock,
  });
  const world = createStatusWorld({ services: [meshService('orders')], kong });
  const seen = await world.pass();
  status.record({
    ...seen,
    report: { ...seen.report, snapshot: { file: '/catalog.json', written: false } },
    marks: { ...seen.marks, snapshotHash: hash },
  });
});
afterEach(async () => {
  ending.abort();
  await watching;
  await server?.close(0);
  server = undefined;
  await rm(folder, { recursive: true });
});

/** Looks every few milliseconds. */
function watch(env: Record<string, string> = { KONG_MESHD_SOCKET: socket }) {
  const config = Config.parse({ sources: [{ file: { path: 'none' } }] });
  const clock = {
    ...systemClock,
    sleep: (_ms: number, signal: AbortSignal) => systemClock.sleep(20, signal),
  };
  const settings = { rules: TranslateRules.parse({}) } as never;
  const plugin = watchPluginServer(config, { env, clock, settings }, status);
  watching = plugin.run(ending.signal);
  return plugin;
}

async function serve(): Promise<void> {
  server = await startPluginServer({
    socket,
    plugins: [meshUpstreamClass()],
    log: { write: () => undefined, limited: () => undefined },
    snapshots: () => [{ file: '/catalog.json', hash: served }],
  });
}

const codes = () => status.board.pluginServerFindings.map(({ failure }) => failure.code);

it('finds one that is not there, and the return of it', async () => {
  watch();
  await until(() => expect(codes()).toEqual(['KM605']));
  const down = status.board.pluginServer;

  await serve();
  await until(() => expect(codes()).toEqual([]));

  expect(down).toMatchObject({ socket, problem: 'ENOENT' });
  expect(status.board.pluginServer).toEqual({ socket, version, snapshotHash: hash });
});

it('finds one that was there and died', async () => {
  await serve();
  watch();
  await until(() => expect(status.board.pluginServer).toMatchObject({ version }));

  await server?.close(0);

  await until(() => expect(codes()).toEqual(['KM605']));
  expect(status.board.pluginServerFindings).toMatchObject([{ failure: { severity: 'error' } }]);
});

it('finds one that answers by another snapshot than the one that was written', async () => {
  served = 'b'.repeat(64);
  await serve();
  watch();

  await until(() => expect(codes()).toEqual(['KM611']));
});

it('says nothing where nobody knows of any, until Kong has said', async () => {
  const plugin = watch({});
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = status.board.pluginServer;

  plugin.learn(socket);
  await until(() => expect(codes()).toEqual(['KM605']));

  expect(before).toBeUndefined();
});
