/** The other process of `pass-world.ts`. */
import { pluginInfo } from '../../plugin-server/info';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { startWorld, type World } from '../../sandbox/world';
import type { WorldCounts, WorldPlaces, WorldRequest } from './pass-world';

async function main(services: number): Promise<void> {
  const world = await startWorld({
    pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
    controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0 },
    sidecar: { listenMs: 50, closeMs: 50 },
    workers: 1,
  });
  world.controlPlane.seed({ services });
  process.on('message', (request: WorldRequest) => {
    if (request.op === 'counts') send(counts(world));
    else if (request.op === 'move') {
      move(world, request.service, request.port);
      send({});
    } else {
      void world.stop().then(() => process.disconnect());
    }
  });
  send({ kumaUrl: world.controlPlane.url, kongUrl: world.admin.url } satisfies WorldPlaces);
}

function counts({ controlPlane, admin }: World): WorldCounts {
  const kong = admin.requests.counts();
  return {
    kuma: controlPlane.requests.count(),
    kong: Object.values(kong).reduce((sum, count) => sum + count, 0),
    pushes: kong['POST /config'] ?? 0,
  };
}

function move({ controlPlane }: World, service: string, port: number): void {
  const tags = { 'kuma.io/service': service, 'kuma.io/protocol': 'http' };
  const networking = { address: '10.0.0.1', inbound: [{ port, tags }] };
  const labels = { 'kuma.io/workload': service };
  const name = `${service}-1`;
  controlPlane.put({ type: 'Dataplane', mesh: 'default', name, labels, networking });
}

function send(message: object): void {
  process.send?.(message);
}

void main(Number(process.argv[2] ?? '100'));
