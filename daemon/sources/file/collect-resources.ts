/** Sorts the resources of files by kind, as far as they concern the mesh services of one mesh. */
import * as z from 'zod';

import type { Failure } from '../../../catalog/error';
import type { GatewayDataplane } from '../../../catalog/gateway';
import type { MeshService as Service } from '../../../catalog/service';
import { sourceErrors } from '../errors';
import type { MeshResources } from '../resources/assemble';
import { Dataplane } from '../resources/dataplane';
import { ExternalService } from '../resources/external-service';
import { Mesh, type ServicesMode } from '../resources/mesh';
import { MeshExternalService } from '../resources/mesh-external-service';
import { MeshMultiZoneService } from '../resources/mesh-multi-zone-service';
import { MeshService } from '../resources/mesh-service';
import {
  entityOf,
  ignoredHostname,
  invalidResource,
  parseResource,
} from '../resources/parse-resource';
import { ServiceInsight } from '../resources/service-insight';
import type { LocatedResource } from './parse-file';

const Typed = z.looseObject({
  type: z.string(),
  name: z.string(),
  mesh: z.string().nullish(),
});

/** What does not fit is left out with its place; types that say nothing of services are passed over. */
export function collectResources(mesh: string, located: readonly LocatedResource[]): MeshResources {
  const services: Service[] = [];
  const insights: ServiceInsight[] = [];
  const externalServices: ExternalService[] = [];
  const dataplanes: GatewayDataplane[] = [];
  const failures: Failure[] = [];
  const seen = new Set<string>();
  let mode: ServicesMode = 'Disabled';

  /** One line a type: what reads it, and where its value goes. */
  const kinds: Readonly<
    Record<string, ((resource: unknown, at: LocatedResource) => void) | undefined>
  > = {
    MeshService: into(MeshService, (value) => services.push(value)),
    MeshMultiZoneService: into(MeshMultiZoneService, (value) => services.push(value)),
    MeshExternalService: into(MeshExternalService, (value) => services.push(value)),
    ServiceInsight: into(ServiceInsight, (value) => insights.push(value)),
    ExternalService: into(ExternalService, (value) => externalServices.push(value)),
    Dataplane: into(Dataplane, (value) => dataplanes.push(value)),
    Mesh: into(Mesh, (value) => {
      if (value.name === mesh) mode = value.mode;
    }),
  };

  function into<T>(schema: z.ZodType<T>, keep: (value: T) => void) {
    return (resource: unknown, at: LocatedResource): void => {
      const parsed = parseResource(schema, resource);
      const entity = entityOf((resource as { readonly type: string }).type, resource);
      if (!parsed.ok) {
        failures.push(invalidResource(entity, parsed, at.placeOf(parsed.field)));
        return;
      }
      keep(parsed.value);
      for (const ignored of parsed.ignored) {
        failures.push(ignoredHostname(entity, ignored, at.placeOf(ignored.field)));
      }
    };
  }

  for (const at of located) {
    const typed = Typed.safeParse(at.resource);
    if (!typed.success) {
      const place = at.placeOf([]);
      const cause = causeOf(at.resource);
      failures.push(sourceErrors.failure('MESH_FILE_NOT_A_RESOURCE', { cause }, { place }));
      continue;
    }
    const { type, name } = typed.data;
    const take = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (!take || (type !== 'Mesh' && (typed.data.mesh ?? mesh) !== mesh)) continue;
    const entity = `${type} ${name}`;
    if (seen.has(entity)) {
      const place = at.placeOf([]);
      failures.push(sourceErrors.failure('MESH_RESOURCE_DUPLICATE', {}, { entity, place }));
      continue;
    }
    seen.add(entity);
    take({ ...typed.data, mesh }, at);
  }
  return { mesh, mode, services, insights, externalServices, dataplanes, failures };
}

function causeOf(resource: unknown): string {
  if (typeof resource !== 'object' || resource === null) return 'it is no object';
  if ('apiVersion' in resource) return 'it has the form of a Kubernetes object';
  return 'type' in resource ? 'it has no name' : 'it has no type';
}
