/** The services behind the mesh, each of which says who it is; they come, go and get namesakes. */
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { register, type Registration } from '../../../sandbox/services/register';
import { startService, type Service } from '../../../sandbox/services/service';

export interface Backends {
  /** Names of those that are in the mesh. */
  readonly present: ReadonlySet<string>;
  /** Names that have a copy in another zone. */
  readonly namesakes: ReadonlySet<string>;
  come(name: string): Promise<void>;
  go(name: string): Promise<void>;
  /** A service of the same display name in another zone, synced by the global control plane. */
  addNamesake(name: string): Promise<void>;
  removeNamesake(name: string): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  readonly service: Service;
  readonly registration: Registration;
}

const otherZone = 'zone-b';

export function openBackends(controlPlane: ControlPlane): Backends {
  const running = new Map<string, Running>();
  const namesakes = new Set<string>();

  async function start(name: string): Promise<void> {
    const service = await startService({ name });
    running.set(name, { service, registration: register(controlPlane, service, { mode: 'api' }) });
  }

  async function end(name: string): Promise<void> {
    const found = running.get(name);
    running.delete(name);
    found?.registration.unregister();
    await found?.service.stop();
  }

  return {
    get present() {
      return new Set([...running.keys()].filter((name) => !name.endsWith(otherZone)));
    },
    namesakes,
    async come(name) {
      if (!running.has(name)) await start(name);
    },
    go: end,
    async addNamesake(name) {
      if (namesakes.has(name)) return;
      namesakes.add(name);
      const tag = remoteName(name);
      await start(tag);
      controlPlane.world.store.write({
        type: 'MeshService',
        mesh: 'default',
        name: `${name}-x7k2`,
        labels: {
          'kuma.io/display-name': name,
          'kuma.io/mesh': 'default',
          'kuma.io/origin': 'global',
          'kuma.io/zone': otherZone,
        },
        fields: {
          spec: {
            selector: { dataplaneTags: { 'kuma.io/service': tag } },
            ports: [{ name: '8080', port: 8080, targetPort: 8080, appProtocol: 'http' }],
            state: 'Available',
          },
        },
      });
    },
    async removeNamesake(name) {
      if (!namesakes.delete(name)) return;
      controlPlane.delete('MeshService', `${name}-x7k2`);
      await end(remoteName(name));
    },
    async stop() {
      await Promise.all([...running.values()].map(({ service }) => service.stop()));
    },
  };
}

/** Who a copy in the other zone says it is. */
export function remoteName(name: string): string {
  return `${name}-in-${otherZone}`;
}
