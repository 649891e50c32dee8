/** A sync that is over has its new links at work: the plugin server serves what was written. */
import { join } from 'node:path';

import { readSnapshot } from '../../../catalog/snapshot';
import { meshUpstreamClass } from '../../../plugin-server/info';
import { startPluginServer, type PluginServer } from '../../../plugin-server/server';
import { openShop, type Shop } from './support/shop';

let shop: Shop;
let socket: string;
let server: PluginServer | undefined;

beforeEach(async () => {
  shop = await openShop();
  socket = join(shop.world.folder, 'seen.socket');
  shop.env = { KONG_MESHD_SOCKET: socket };
});
afterEach(async () => {
  await server?.close(0);
  server = undefined;
  await shop.stop();
});

/** @param served the hash of the snapshot that is served at each look. */
async function serve(served: () => Promise<string> | string): Promise<{ looks: number }> {
  const seen = { looks: 0 };
  let hash = 'a'.repeat(64);
  server = await startPluginServer({
    socket,
    plugins: [meshUpstreamClass()],
    log: { write: () => undefined, limited: () => undefined },
    snapshots: () => {
      seen.looks++;
      const now = hash;
      void Promise.resolve(served()).then((next) => (hash = next));
      return [{ file: shop.world.snapshot, hash: now }];
    },
  });
  return seen;
}

it('waits until the plugin server follows, and says nothing then', async () => {
  let looks = 0;
  const seen = await serve(async () =>
    ++looks < 4 ? 'b'.repeat(64) : (await readSnapshot(shop.world.snapshot)).hash,
  );

  const { code, err } = await shop.run('sync');

  expect([code, err]).toEqual([0, '']);
  expect(seen.looks).toBeGreaterThan(4);
});

it('names a plugin server that stays on another snapshot, after a bounded time', async () => {
  await serve(() => 'b'.repeat(64));

  const { code, err } = await shop.run('sync');

  expect(code).toBe(0);
  expect(err).toMatch(
    /^warning KM611 plugin server\n.* answers by the snapshot bbbbbbbbbbbb, and not yet by /,
  );
});

it('waits for nobody where no plugin server answers', async () => {
  const { code, err } = await shop.run('sync');

  expect([code, err]).toEqual([0, '']);
});
