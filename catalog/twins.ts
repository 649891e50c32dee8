/** Which services of an observation are one service in several forms: a MeshService and its legacy tag. */
import { kindRank, serviceKey, type MeshService } from './service';

/**
 * For each service, by its key, the key of the form that stands for all of them: the mesh's own resource
 * before the Kubernetes Service and the tag that it was made from. One without a twin stands for itself.
 */
export function representatives(services: readonly MeshService[]): ReadonlyMap<string, string> {
  const known = new Map<string, MeshService[]>();
  for (const service of services) {
    for (const name of namesOf(service)) {
      const others = known.get(name);
      if (others) others.push(service);
      else known.set(name, [service]);
    }
  }
  return new Map(services.map((service) => [serviceKey(service), representative(service, known)]));
}

function representative(
  service: MeshService,
  known: ReadonlyMap<string, readonly MeshService[]>,
): string {
  const own = serviceKey(service);
  const rank = kindRank[service.kind];
  if (rank === 0) return own;
  const [best] = namesOf(service)
    .flatMap((name) => known.get(name) ?? [])
    .filter((other) => kindRank[other.kind] < rank && sameZone(service, other))
    .map((other) => `${kindRank[other.kind]} ${serviceKey(other)}`)
    .sort();
  return best?.slice(2) ?? own;
}

function namesOf({ name, namespace = '', ports }: MeshService): readonly string[] {
  const tags = ports.flatMap(({ tag }) => (tag === undefined ? [] : [`tag ${tag}`]));
  return [`name ${name} ${namespace}`, ...tags];
}

/** A tag is the same in all zones; of two Services in two zones neither is the other. */
function sameZone(a: MeshService, b: MeshService): boolean {
  return a.zone === undefined || b.zone === undefined || a.zone === b.zone;
}
