/** Observes a mesh through the REST API of a Kuma or Kong Mesh control plane, 2.6 to 3.0. */
import { traitsOf, type ControlPlaneFacts } from '../../../catalog/control-plane';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { sourceErrors } from '../errors';
import { assemble } from '../resources/assemble';
import { createSeal, type SealServices } from '../resources/seal-services';
import type { GatewaySelection } from '../resources/select-gateways';
import type { Observation, Source } from '../source';
import { createConnection, type ConnectionOptions } from './connection';
import { probe, type ControlPlane } from './control-plane';
import { withDeadline } from './deadline';
import { createMeshReader, type MeshRead } from './mesh-reader';

export type KumaSourceOptions = ConnectionOptions & {
  readonly mesh: string;
  readonly gateway?: GatewaySelection;
};

export interface KumaSource extends Source {
  /** Product and version of the control plane that answered last; undefined before and after errors. */
  controlPlane(): ControlPlane | undefined;
}

/** A look takes a handful of requests after one another; the lists are read at the same time. */
const requestsInTurn = 12;

/**
 * The API has no watch, so it is polled: a look at an unchanged mesh costs the transfer and a digest,
 * and gives the same observation object as before. Every failing request makes the whole look fail.
 */
export function createKumaSource(options: KumaSourceOptions): KumaSource {
  const { mesh, timeoutMs } = options;
  const selection = options.gateway ?? {};
  const connection = createConnection(options);
  const reader = createMeshReader(mesh, selection);
  const seal = createSeal();
  let controlPlane: ControlPlane | undefined;
  let last: Look | undefined;

  async function look(signal: AbortSignal): Promise<Observation> {
    await connection.refresh(signal);
    controlPlane ??= await probe(connection, signal);
    const read = await reader.read(connection, signal);
    // An upgrade may show in no error at all: it shows in what is served.
    if (last && last.legacyKinds !== read.legacyKinds) {
      controlPlane = await probe(connection, signal);
    }
    const facts = { version: controlPlane.version, legacyKinds: read.legacyKinds };
    const inputs = [read.mode, facts.version, facts.legacyKinds, ...Object.values(read.parts)];
    if (last && inputs.every((input, index) => input === last?.inputs[index])) {
      return last.observation;
    }
    const assembled = assembleParts(mesh, read, facts, selection, seal);
    // Times and counters that are not mapped move on their own: the mapped content decides.
    const same = last?.observation.revision === assembled.revision;
    last = {
      inputs,
      legacyKinds: read.legacyKinds,
      observation: same && last ? last.observation : assembled,
    };
    return last.observation;
  }

  return {
    name: 'kuma',
    controlPlane: () => controlPlane,
    async observe(signal) {
      const limitMs = timeoutMs * requestsInTurn;
      const expired = (): Error =>
        sourceErrors.error('KUMA_TIMEOUT', {
          url: connection.url,
          path: `mesh ${mesh} as a whole`,
          timeoutMs: limitMs,
        });
      try {
        return await withDeadline(signal, limitMs, expired, look);
      } catch (error) {
        // After an error another version may answer next: it is asked for again.
        controlPlane = undefined;
        throw error;
      }
    },
  };
}

interface Look {
  readonly inputs: readonly unknown[];
  readonly legacyKinds: boolean;
  readonly observation: Observation;
}

function assembleParts(
  mesh: string,
  { mode, parts }: MeshRead,
  controlPlane: ControlPlaneFacts,
  selection: GatewaySelection,
  seal: SealServices,
): Observation {
  const { version } = controlPlane;
  const traits = traitsOf(controlPlane);
  const unknown = traits.recognized
    ? []
    : [
        sourceErrors.failure('KUMA_VERSION_UNKNOWN', {
          version,
          like: traits.serviceTags ? '2.x' : '3.x',
        }),
      ];
  return assemble(
    {
      mesh,
      mode: traits.alwaysExclusive ? 'Exclusive' : mode,
      services: [...parts.meshServices.values, ...parts.multiZone.values, ...parts.external.values],
      insights: parts.insights.values,
      externalServices: parts.legacyExternal.values,
      dataplanes: distinct([...parts.dataplanes.values, ...parts.labelled.values]),
      failures: [...Object.values(parts).flatMap(({ failures }) => failures), ...unknown],
      controlPlane,
    },
    selection,
    seal,
  );
}

/** A Dataplane may be in both lists. */
function distinct(dataplanes: readonly GatewayDataplane[]): readonly GatewayDataplane[] {
  return [...new Map(dataplanes.map((one) => [one.name, one])).values()];
}
