/** A plugin server that is gone while nobody writes anything. */
import { eventually } from '../../../sandbox/eventually';
import type { Trial } from '../vocabulary';

/** Nothing is to be done, and the page must not stay green. */
export const pluginServerDownUnasked: Trial = {
  mayRefuse: ['/orders'],
  change: 'nothing',
  looksAtPlugin: true,
  async begin(world) {
    const shows = (wanted: string): Promise<true> =>
      eventually(
        `the status page says ${wanted}`,
        async () => (await world.daemon.state())?.verdict === wanted || undefined,
        20_000,
      );
    await world.pluginServer.stop();
    const noticed = shows('errors').then(
      () => [],
      (error: unknown) => [String(error)],
    );
    return {
      async end() {
        await noticed;
        await world.startPluginServer();
        // It is looked at every five seconds: until then the finding stands.
        await shows('fine');
      },
      check: () => noticed,
    };
  },
};
