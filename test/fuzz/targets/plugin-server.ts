/** Connections of the plugin server, in memory: any bytes, and what others still get afterwards. */
import type { SnapshotService } from '../../../catalog/snapshot';
import { formatSnapshot } from '../../../catalog/snapshot';
import { createHandler } from '../../../plugin/mesh-upstream/handler';
import { readServiceTable, wholeSource } from '../../../plugin/mesh-upstream/service-table';
import { createCommands } from '../../../plugin-server/commands';
import { serveConnection } from '../../../plugin-server/connection';
import { createCounters } from '../../../plugin-server/counters';
import { createEvents } from '../../../plugin-server/events';
import { createInstances } from '../../../plugin-server/instances';
import type { Log } from '../../../plugin-server/log';
import {
  toPluginClass,
  type PluginClass,
  type PluginObject,
} from '../../../plugin-server/plugin-class';
import * as sample from '../../plugin-server/support/sample-plugin';
import { FuzzedClient } from '../fuzzed-client';
import { must, type Target } from '../target';
import { streamOf } from '../wire';

const limits = { handlerMs: 10_000, abandonedMs: 120_000 };
const quiet: Log = { write: () => undefined, limited: () => undefined };

export const pluginServer: Target = {
  name: 'plugin-server',
  weight: 8,
  form: 'bytes',
  generate: streamOf,
  async open() {
    const classes = await servedClasses();
    return {
      async run(input) {
        const instances = createInstances();
        const counters = createCounters();
        const events = createEvents(limits, quiet, counters);
        const parts = { classes, instances, events, log: quiet, counters };
        const commands = createCommands({ ...parts, handsOver: () => false, snapshots: () => [] });
        const open = (): FuzzedClient =>
          new FuzzedClient((socket) => {
            serveConnection(socket, { commands, log: quiet, counters });
          });
        const client = open();
        await client.send(input);
        await mustServe(open());
        // Much later everything that this client left behind must go, and nothing may break.
        const now = performance.now();
        for (const afterMs of [limits.handlerMs + 1, limits.abandonedMs * 2]) {
          events.sweep(now + afterMs);
          instances.sweep(now + afterMs);
          await new Promise(setImmediate);
        }
        events.sweep(now + limits.abandonedMs * 9);
        must(events.size === 0, 'an event is never given up');
        client.mustBeAnswered();
        return client.answers > 0;
      },
      close: () => Promise.resolve(),
    };
  },
};

async function servedClasses(): Promise<ReadonlyMap<string, PluginClass>> {
  const services = ['orders', 'billing'].map((name): SnapshotService => ({
    kind: 'MeshService',
    name,
    hostnames: [`${name}.mesh`],
    availability: 'available',
    ports: [{ port: 80, auto: 'outbound', addresses: { outbound: '127.0.0.1:30001' } }],
  }));
  const text = formatSnapshot({ version: 1, mesh: 'default', hash: 'x', services });
  const current = await readServiceTable(wholeSource(Buffer.from(text)), 'catalog.json');
  const watch = (): any => ({ current, firstRead: Promise.resolve() });
  const sampleClass = toPluginClass(sample, 'sample');
  const mesh: PluginClass = {
    ...sampleClass,
    name: 'mesh-upstream',
    phases: ['access'],
    create: (config) => createHandler(config, { watch, log: () => undefined }) as PluginObject,
  };
  return new Map([sampleClass, mesh].map((each) => [each.name, each]));
}

/** What a gateway gets on a connection of its own, whatever happens on others. */
async function mustServe(client: FuzzedClient): Promise<void> {
  const config = JSON.stringify({ service: 'orders', address: 'auto', host_header: 'mesh' });
  const id = await client.start('mesh-upstream', config);
  must(id !== undefined, 'another connection gets no instance');
  const calls = await client.event(id);
  must(calls[0] === 'kong.service.set_target 127.0.0.1 30001', 'another connection gets no answer');
  client.mustBeAnswered();
}
