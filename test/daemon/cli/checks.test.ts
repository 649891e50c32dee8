/** The doctor beside the daemon goes by what the passes saw. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Failure } from '../../../catalog/error';
import { runChecks } from '../../../daemon/cli/checks';
import { compose } from '../../../daemon/cli/compose';
import { createLog } from '../../../daemon/cli/log';
import { Config } from '../../../daemon/config/schema';
import { routedCluster } from '../../support/routed-cluster';
import { until } from '../../support/until';

it('lists nothing of a cluster that the daemon watches, and knows its routes all the same', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checks-'));
  const api = await routedCluster();
  const config = Config.parse({
    sources: [{ kubernetes: { url: api.url, gateway: { namespace: 'kong' } } }],
    gateway: { environment: 'kubernetes' },
    plugin: { snapshot: join(folder, 'catalog.json') },
  });
  const context = await compose(config, {}, { isDaemon: true, readOnly: false });
  const ending = new AbortController();
  const stop = context.source.watch?.(() => undefined);
  const found: (readonly Failure[])[] = [];
  try {
    const observation = await context.source.observe(ending.signal);
    expect(context.source.cluster?.()?.routed).toHaveLength(3);
    // All watches are open before requests are counted.
    await until(() => expect(api.watches('services')).toHaveLength(1));
    const before = api.requests.length;
    let waits = 0;
    const clock = {
      now: () => performance.now(),
      async sleep() {
        waits += 1;
        if (waits > 1) ending.abort(new Error('enough'));
      },
    };

    await runChecks(
      config,
      { env: {}, clock },
      {
        recordChecks: (failures) => void found.push(failures),
        board: { findings: [] } as never,
      },
      createLog('silent'),
      { learn: () => undefined },
      () => observation,
      ending.signal,
    );

    const lists = api.requests.slice(before).filter((request) => !request.includes('watch='));
    expect(lists).toEqual([]);
    expect(found.flat().map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringContaining('Pod IPs of the Service')]),
    );
  } finally {
    stop?.();
    await api.stop();
    await rm(folder, { recursive: true });
  }
});
