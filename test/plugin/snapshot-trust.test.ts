import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createCatalog } from '../../catalog/catalog';
import { formatSnapshot, toSnapshot, type SnapshotParts } from '../../catalog/snapshot';
import type { MeshService } from '../../catalog/service';
import { createHandler } from '../../plugin/mesh-upstream/handler';
import { watchSnapshot, type SnapshotWatch } from '../../plugin/mesh-upstream/snapshot-watch';
import { gateway, meshService, outboundTo } from '../catalog/build';
import { fakePdk } from './support/fake-pdk';

let folder: string;
let file: string;
const open: SnapshotWatch[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshot-trust-'));
  file = join(folder, 'catalog.json');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await rm(folder, { recursive: true });
});

async function put(services: readonly MeshService[], parts: SnapshotParts = {}): Promise<void> {
  const outbounds = services.map(({ resource }, index) => outboundTo(resource, 30_000 + index));
  const catalog = createCatalog('default', services, gateway({ outbounds }));
  await writeFile(`${file}.new`, formatSnapshot(toSnapshot(catalog, parts)));
  await rename(`${file}.new`, file);
}

async function watching(): Promise<SnapshotWatch> {
  const watch = watchSnapshot(file, { rereadMs: 3_600_000, log: () => undefined });
  open.push(watch);
  await watch.firstRead;
  return watch;
}

async function ask(watch: SnapshotWatch, config: Record<string, unknown> = {}) {
  const { kong, calls } = fakePdk();
  const options = { watch: () => watch, log: () => undefined };
  await createHandler({ service: 'pay', ...config }, options).access(kong);
  const [call] = calls;
  return call?.method === 'exit' ? (call.args[1] as { reason: string }).reason : call?.args;
}

const secondsAgo = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
const pay = meshService('pay');

it('a snapshot that a daemon should renew and does not is not relied on for outbound ports', async () => {
  await put([pay], { trustSeconds: 60, renewed: true });
  await utimes(file, secondsAgo(61), secondsAgo(61));
  const watch = await watching();

  const old = await ask(watch);
  const passing = await ask(watch, { on_missing: 'passthrough' });
  const byName = await ask(watch, { address: 'mesh' });
  await utimes(file, new Date(), new Date());
  await watch.refresh();

  expect([old, passing]).toEqual(['stale-snapshot', 'stale-snapshot']);
  expect(byName).toEqual(['pay.svc.mesh.local', 8080]);
  expect(await ask(watch)).toEqual(['127.0.0.1', 30_000]);
});

it.each<[string, SnapshotParts]>([
  ['that nobody promised to renew', { trustSeconds: 60 }],
  ['of a mesh where nobody gives out ports', {}],
])('a snapshot %s is relied on however old it is', async (_, parts) => {
  await put([pay], parts);
  await utimes(file, secondsAgo(86_400), secondsAgo(86_400));

  expect(await ask(await watching())).toEqual(['127.0.0.1', 30_000]);
});

it('a snapshot that cannot be read any more is relied on for its time, and no longer', async () => {
  await put([pay], { trustSeconds: 1 });
  const watch = await watching();
  await rm(file);
  await watch.refresh();
  const soon = await ask(watch);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await watch.refresh();

  expect([soon, await ask(watch)]).toEqual([['127.0.0.1', 30_000], 'stale-snapshot']);
});

it('a reference stays with its service, by what the snapshot says', async () => {
  const [a, b] = ['zone-a', 'zone-b'].map((zone) =>
    meshService('pay', { zone, resource: `pay-${zone}` }),
  );
  const bindings = new Map([['pay', 'MeshService/pay//zone-b']]);
  await put([a!, b!], { bindings });
  const watch = await watching();
  const both = await ask(watch);
  await put([a!], { bindings });
  await watch.refresh();

  expect([both, await ask(watch)]).toEqual([['127.0.0.1', 30_001], 'moved-service']);
});

it('a reference stays with its service by itself where the snapshot knows of none', async () => {
  const [a, b] = ['zone-a', 'zone-b'].map((zone) =>
    meshService('pay', { zone, resource: `pay-${zone}` }),
  );
  await put([b!]);
  const watch = await watching();
  const alone = await ask(watch);
  await put([a!, b!]);
  await watch.refresh();
  const both = await ask(watch);
  await put([a!]);
  await watch.refresh();

  expect([alone, both, await ask(watch)]).toEqual([
    ['127.0.0.1', 30_000],
    ['127.0.0.1', 30_001],
    'moved-service',
  ]);
});
