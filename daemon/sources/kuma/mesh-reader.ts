/** All lists of one mesh, read at the same time. */
import type { GatewayDataplane } from '../../../catalog/gateway';
import { sourceErrors } from '../errors';
import { Dataplane } from '../resources/dataplane';
import { ExternalService } from '../resources/external-service';
import type { ServicesMode } from '../resources/mesh';
import { MeshExternalService } from '../resources/mesh-external-service';
import { MeshMultiZoneService } from '../resources/mesh-multi-zone-service';
import { MeshService } from '../resources/mesh-service';
import { gatewayLabels, gatewayNames, type GatewaySelection } from '../resources/select-gateways';
import { ServiceInsight } from '../resources/service-insight';
import type { Connection } from './connection';
import { readMesh } from './control-plane';
import { createListReader, type Collected, type ListReader } from './list-reader';
import { createNamedReader } from './named-reader';

type Readers = ReturnType<typeof createReaders>;
type ValueOf<R> = R extends ListReader<infer T> ? T : never;
export type MeshParts = { readonly [K in keyof Readers]: Collected<ValueOf<Readers[K]>> };

export interface MeshRead {
  readonly mode: ServicesMode;
  readonly parts: MeshParts;
  /** Whether it has the kinds that went with `kuma.io/service`. */
  readonly legacyKinds: boolean;
}

export interface MeshReader {
  /** Complete, or rejects. A part that did not change is the same object as before. */
  read(connection: Connection, signal: AbortSignal): Promise<MeshRead>;
}

export function createMeshReader(mesh: string, selection: GatewaySelection): MeshReader {
  const readers = createReaders(mesh, selection);
  return {
    async read(connection, signal) {
      const [{ mode }, meshServices, multiZone, external, insights, legacyExternal, ...gateways] =
        await Promise.all([
          readMesh(connection, mesh, signal),
          readers.meshServices.read(connection, signal),
          readers.multiZone.read(connection, signal),
          readers.external.read(connection, signal),
          readers.insights.read(connection, signal),
          readers.legacyExternal.read(connection, signal),
          readers.dataplanes.read(connection, signal),
          readers.labelled.read(connection, signal),
        ]);
      // Every version has the one or the other: without both, something else answers below /meshes.
      if (meshServices.absent && insights.absent) {
        throw sourceErrors.error('KUMA_UNEXPECTED', {
          url: connection.url,
          path: `/meshes/${mesh}`,
          cause: 'it has neither meshservices nor service-insights',
        });
      }
      const [dataplanes, labelled] = gateways;
      return {
        mode,
        legacyKinds: !legacyExternal.absent,
        parts: {
          meshServices,
          multiZone,
          external,
          insights,
          legacyExternal,
          dataplanes,
          labelled,
        },
      };
    },
  };
}

function labelFilters(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [`filter[labels.${key}]`, value]),
  );
}

function createReaders(mesh: string, selection: GatewaySelection) {
  const names = gatewayNames(selection);
  const labels = names ? undefined : gatewayLabels(selection);
  const listed = (filter: Readonly<Record<string, string>>): ListReader<GatewayDataplane> =>
    createListReader({
      type: 'Dataplane',
      mesh,
      list: 'dataplanes',
      filter,
      required: true,
      resource: Dataplane,
    });
  return {
    meshServices: createListReader({
      type: 'MeshService',
      mesh,
      list: 'meshservices',
      resource: MeshService,
    }),
    multiZone: createListReader({
      type: 'MeshMultiZoneService',
      mesh,
      list: 'meshmultizoneservices',
      resource: MeshMultiZoneService,
    }),
    external: createListReader({
      type: 'MeshExternalService',
      mesh,
      list: 'meshexternalservices',
      resource: MeshExternalService,
    }),
    insights: createListReader({
      type: 'ServiceInsight',
      mesh,
      list: 'service-insights',
      filter: { type: 'internal,external' },
      resource: ServiceInsight,
    }),
    legacyExternal: createListReader({
      type: 'ExternalService',
      mesh,
      list: 'external-services',
      resource: ExternalService,
    }),
    dataplanes:
      (names ?? selection.labels)
        ? createNamedReader(mesh, names ?? [])
        : listed({ gateway: 'delegated' }),
    // Nothing marks the gateway of 3.x: it is found by its labels.
    labelled: labels ? listed(labelFilters(labels)) : createNamedReader(mesh, []),
  };
}
