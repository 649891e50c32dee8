/** The services of a large mesh, as a snapshot holds them. */
import type { Snapshot, SnapshotService } from '../../catalog/snapshot';

const zones = 100;

export function manySnapshot(count: number, revision = 0): Snapshot {
  const hash = revision.toString(16).padStart(64, '0');
  const services = Array.from({ length: count }, (_, index) => serviceOf(index, revision));
  return { version: 1, mesh: 'default', zone: 'zone-00', hash, services };
}

/** `svc-00000`: the names of `manySnapshot`. */
export function nameOf(index: number): string {
  return `svc-${String(index).padStart(5, '0')}`;
}

function serviceOf(index: number, revision: number): SnapshotService {
  const name = nameOf(index);
  const zone = `zone-${String(index % zones).padStart(2, '0')}`;
  const hostname = `${name}.svc.${zone}.mesh.local`;
  const [high, low] = [(index >> 8) & 255, index & 255];
  return {
    kind: 'MeshService',
    name,
    zone,
    hostnames: [hostname, `${name}.svc.mesh.local`],
    availability: 'available',
    ports: [
      {
        port: 8080,
        name: 'http',
        protocol: 'http',
        tag: name,
        auto: 'service-ip',
        addresses: {
          'service-ip': `241.${String(revision % 200)}.${String(high)}.${String(low)}:8080`,
          mesh: `${hostname}:8080`,
        },
      },
    ],
  };
}
