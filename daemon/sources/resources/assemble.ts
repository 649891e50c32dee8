/** From the resources of one mesh to one observation, whatever they were read from. */
import type { ControlPlaneFacts } from '../../../catalog/control-plane';
import type { Failure } from '../../../catalog/error';
import type { GatewayDataplane } from '../../../catalog/gateway';
import { hashOf } from '../../../catalog/catalog';
import { serviceKey, type MeshService } from '../../../catalog/service';
import type { Observation } from '../source';
import type { ExternalService } from './external-service';
import { legacyExternalServices, legacyServices } from './legacy-services';
import type { ServicesMode } from './mesh';
import { selectGateways, type GatewaySelection } from './select-gateways';
import type { ServiceInsight } from './service-insight';

export interface MeshResources {
  readonly mesh: string;
  readonly mode: ServicesMode;
  /** `MeshService`, `MeshMultiZoneService` and `MeshExternalService`, already mapped. */
  readonly services: readonly MeshService[];
  readonly insights: readonly ServiceInsight[];
  readonly externalServices: readonly ExternalService[];
  readonly dataplanes: readonly GatewayDataplane[];
  readonly failures: readonly Failure[];
  readonly controlPlane?: ControlPlaneFacts;
}

/**
 * Sorted throughout, so that the same resources in any order give the same observation.
 * @param seal for a source that gives most services again: nothing is done for those that stayed.
 */
export function assemble(
  resources: MeshResources,
  selection: GatewaySelection,
  seal: (parts: ObservationParts) => Observation = sealObservation,
): Observation {
  const { mesh, mode, insights, externalServices, controlPlane } = resources;
  const served = mode !== 'Exclusive';
  return seal({
    mesh,
    services: [
      ...withExactTags(resources.services),
      ...legacyServices(mesh, insights),
      ...legacyExternalServices(mesh, externalServices, insights, { served }),
    ],
    gateways: selectGateways(resources.dataplanes, selection),
    failures: resources.failures,
    ...(controlPlane ? { controlPlane } : {}),
  });
}

export type ObservationParts = Pick<
  Observation,
  'mesh' | 'services' | 'gateways' | 'failures' | 'upstream' | 'controlPlane'
>;

/** Puts the parts in their fixed order and gives them their revision. */
export function sealObservation(parts: ObservationParts): Observation {
  const services = sortBy(parts.services, serviceKey, ({ resource }) => resource);
  const gateways = sortBy(parts.gateways, ({ name }) => name);
  const failures = sortBy(
    parts.failures,
    ({ entity }) => entity ?? '',
    ({ code }) => code,
    ({ message }) => message,
  );
  const { upstream = [], controlPlane } = parts;
  const content = {
    ...{ mesh: parts.mesh, services, gateways, failures },
    ...(upstream.length > 0 ? { upstream } : {}),
    ...(controlPlane ? { controlPlane } : {}),
  };
  return Object.freeze({ ...content, revision: hashOf(content) });
}

/**
 * Where several MeshServices select the same `kuma.io/service` value, it stands for the one of that
 * name alone: an alias of two services would make the value useless as a reference.
 */
function withExactTags(services: readonly MeshService[]): readonly MeshService[] {
  const owners = new Map<string, string>();
  for (const { name, ports } of services) {
    for (const { tag } of ports) if (tag === name) owners.set(tag, name);
  }
  return services.map((service) => {
    const foreign = service.ports.some(
      ({ tag }) => (owners.get(tag ?? '') ?? service.name) !== service.name,
    );
    if (!foreign) return service;
    return { ...service, ports: service.ports.map(({ tag: _tag, ...port }) => port) };
  });
}

function sortBy<T>(values: readonly T[], ...keys: ((value: T) => string)[]): readonly T[] {
  const keyed = values.map((value) => ({
    value,
    key: keys.map((key) => key(value)).join('\u0000'),
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return Object.freeze(keyed.map(({ value }) => value));
}
