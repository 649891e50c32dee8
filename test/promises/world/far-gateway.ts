/**
 * A second node of the same Kong, on another machine: the same configuration and the same loopback addresses,
 * which its own sidecar listens on. On this machine they are addresses of another range.
 */
import { pluginInfo } from '../../../plugin-server/info';
import { startGateway, type Gateway } from '../../../sandbox/gateway/gateway';
import type { PluginInfoDocument } from '../../../sandbox/gateway/plugin-client/plugin-info';
import { startSidecar, type Sidecar } from '../../../sandbox/sidecar/sidecar';
import type { World } from '../../../sandbox/world';

export interface FarGateway {
  readonly sidecar: Sidecar;
  readonly gateway: Gateway;
  /** Serves what the Kong of now has: its first node was restarted. */
  follow(): Promise<void>;
  stop(): Promise<void>;
}

const pace = { listenMs: 20, closeMs: 20, identityMs: 20, drainMs: 100, reconnectMs: 200 } as const;

export async function startFarGateway(sandbox: World, index: number): Promise<FarGateway> {
  const { controlPlane, socket } = sandbox;
  const hereOf = (address: string): string => address.replace(/^127\.83\.(\d+)\.1$/, '127.84.$1.1');
  controlPlane.put({
    type: 'Dataplane',
    mesh: 'default',
    name: 'kong-02',
    networking: {
      // Of nobody here: what goes on there is known from the control plane alone.
      address: '192.0.2.2',
      gateway: { type: 'DELEGATED', tags: { 'kuma.io/service': 'kong' } },
    },
  });
  const sidecar = startSidecar({ controlPlane, name: 'kong-02', mode: 'api', ...pace, hereOf });
  const start = (): Promise<Gateway> =>
    startGateway({
      feed: sandbox.admin.feed,
      pluginServer: { socketPath: socket, info: pluginInfo() as unknown as PluginInfoDocument },
      resolve: { 'crm.internal': `127.83.${index}.2` },
      hereOf,
    });
  let gateway = await start();
  return {
    sidecar,
    get gateway() {
      return gateway;
    },
    async follow() {
      await gateway.stop();
      gateway = await start();
    },
    async stop() {
      await gateway.stop();
      await sidecar.stop();
    },
  };
}
