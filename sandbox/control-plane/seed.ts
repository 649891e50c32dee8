/** Many services at once, as a large mesh has them. */
import type { ConnectProxyOptions, ProxyHandle } from './proxies';
import type { Json, ResourceBody } from './resource';

/** The part of a control plane that services are made with. */
export interface Seedbed {
  put(resource: ResourceBody): Json;
  get(type: string, name: string, mesh?: string): Json | undefined;
  connectProxy(options: ConnectProxyOptions): ProxyHandle;
}

export interface SeedOptions {
  /** How many services. Named `<prefix>-000`, with as many digits as the last one needs. */
  readonly services: number;
  /** Default `default`. Made where it does not exist. */
  readonly mesh?: string;
  readonly prefix?: string;
  /** Default 1. */
  readonly dataplanesPerService?: number;
  /** The inbound port of all of them. Default 8080. */
  readonly port?: number;
  readonly protocol?: string;
  /** Whether their proxies are connected. Default false. */
  readonly connected?: boolean;
}

/** Fills a mesh with services that have Dataplanes but no process behind them. Returns their names. */
export function seedServices(controlPlane: Seedbed, options: SeedOptions): readonly string[] {
  const { services, mesh = 'default', prefix = 'svc', dataplanesPerService = 1 } = options;
  const { port = 8080, protocol = 'http', connected = false } = options;
  if (!controlPlane.get('Mesh', mesh)) controlPlane.put({ type: 'Mesh', name: mesh });
  const digits = String(Math.max(services - 1, 0)).length;
  const names = Array.from(
    { length: services },
    (_, at) => `${prefix}-${String(at).padStart(digits, '0')}`,
  );
  let count = 0;
  for (const service of names) {
    for (let instance = 1; instance <= dataplanesPerService; instance++) {
      const name = `${service}-${instance}`;
      const tags = { 'kuma.io/service': service, 'kuma.io/protocol': protocol };
      const networking = { address: addressOf(count++), inbound: [{ port, protocol, tags }] };
      controlPlane.put({
        type: 'Dataplane',
        mesh,
        name,
        labels: { 'kuma.io/workload': service },
        networking,
      });
      if (connected) controlPlane.connectProxy({ mesh, name, mode: 'api' });
    }
  }
  return names;
}

function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}
