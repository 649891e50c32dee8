import type { ControlPlane } from '../control-plane/control-plane';
import type { ProxyHandle } from '../control-plane/proxies';
import type { DataplaneSpec, Labels, Tags } from '../control-plane/resource';
import type { Service } from './service';

export interface RegisterOptions {
  /** Default `default`. */
  readonly mesh?: string;
  /**
   * `file`: the Dataplane comes with its proxy and goes after the deregistration delay. `api`: it is written
   * first and stays until it is deleted. Default `file`, as services on VMs mostly run.
   */
  readonly mode?: 'api' | 'file';
  /** The inbound's port, one for all instances of a service: the MeshService's port. Default 8080. */
  readonly port?: number;
  /** Default `http`. */
  readonly protocol?: string;
  /** Beside `kuma.io/service` and `kuma.io/protocol`. */
  readonly tags?: Tags;
  /** Beside `kuma.io/workload`. */
  readonly labels?: Labels;
}

/** A service that is in the mesh. */
export interface Registration {
  /** The Dataplane's name, `<service>-<instance>`. */
  readonly dataplane: string;
  readonly proxy: ProxyHandle;
  /** Its proxy stops: the Dataplane goes at once (`api`) or after the deregistration delay (`file`). */
  unregister(): void;
}

/** Gives a running service its Dataplane and connects its proxy. */
export function register(
  controlPlane: ControlPlane,
  service: Service,
  options: RegisterOptions = {},
): Registration {
  const { mesh = 'default', mode = 'file' } = options;
  const dataplane = `${service.name}-${service.instance}`;
  const spec = specOf(service, options);
  if (mode === 'api') controlPlane.put({ ...spec, type: 'Dataplane', mesh, name: dataplane });
  const proxy = controlPlane.connectProxy({ mesh, name: dataplane, mode, spec });
  return {
    dataplane,
    proxy,
    unregister: () => {
      proxy.disconnect();
      if (mode === 'api') controlPlane.delete('Dataplane', dataplane, mesh);
    },
  };
}

function specOf(service: Service, options: RegisterOptions): DataplaneSpec {
  const { port = 8080, protocol = 'http', tags = {}, labels = {} } = options;
  const inbound = {
    port,
    servicePort: service.port,
    serviceAddress: '127.0.0.1',
    protocol,
    tags: { 'kuma.io/service': service.name, 'kuma.io/protocol': protocol, ...tags },
  };
  return {
    labels: { 'kuma.io/workload': service.name, ...labels },
    networking: { address: '127.0.0.1', inbound: [inbound] },
  };
}
