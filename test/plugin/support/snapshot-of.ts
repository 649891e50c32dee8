import type { Snapshot, SnapshotPort, SnapshotService } from '../../../catalog/snapshot';

/** A service with one reachable port, changed where a test says so. */
export function serviceOf(
  name: string,
  changes: Partial<SnapshotService> = {},
  port: Partial<SnapshotPort> = {},
): SnapshotService {
  const hostname = `${name}.svc.mesh.local`;
  return {
    kind: 'MeshService',
    name,
    hostnames: [hostname],
    availability: 'available',
    ports: [
      {
        port: 8080,
        name: 'http',
        protocol: 'http',
        auto: 'outbound',
        addresses: { outbound: '127.0.0.1:30001', mesh: `${hostname}:8080` },
        ...port,
      },
    ],
    ...changes,
  };
}

export function snapshotOf(services: readonly SnapshotService[], zone?: string): Snapshot {
  const hash = JSON.stringify(services).length.toString(16).padStart(64, '0');
  const head = { version: 1 as const, mesh: 'default', ...(zone === undefined ? {} : { zone }) };
  return { ...head, hash, services: [...services] };
}
