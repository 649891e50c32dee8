/**
 * Order and revision of an observation of which most is what it was a moment ago. A digest is worked
 * out once for each object: of 5,000 services one changed, and nothing is done for the others. One that was
 * made anew with the same content is the object of the last time: whatever was made of it is still true.
 */
import { createHash } from 'node:crypto';

import { hashOf } from '../../../catalog/catalog';
import { listDifference } from '../../../catalog/list-difference';
import { serviceKey, type MeshService } from '../../../catalog/service';
import { sealObservation, type ObservationParts } from './assemble';
import type { Observation } from '../source';

interface Marks {
  readonly service: MeshService;
  /** What the observation is sorted by. */
  readonly key: string;
  readonly digest: string;
}

export type SealServices = (parts: ObservationParts) => Observation;

/** The same promise as of `sealObservation`, for services that are the same objects as before. */
export function createSeal(): SealServices {
  const known = new WeakMap<MeshService, Marks>();

  function marksOf(service: MeshService): Marks {
    let marks = known.get(service);
    if (!marks) {
      const digest = createHash('sha256').update(JSON.stringify(service)).digest('base64');
      marks = { service, key: `${serviceKey(service)}\u0000${service.resource}`, digest };
      const before = last.sorted[placeOf(marks, last.sorted)];
      if (before && compare(before, marks) === 0) marks = before;
      known.set(service, marks);
    }
    return marks;
  }

  let last: { services: readonly MeshService[]; sorted: readonly Marks[] } = {
    services: [],
    sorted: [],
  };

  /** Those that stayed are in order already: of a few that went or came the places are looked up. */
  function sort(services: readonly MeshService[]): readonly Marks[] {
    const { gone, come } = listDifference(last.services, services);
    let sorted: Marks[];
    if (gone.length + come.length > fewChanges) sorted = services.map(marksOf).sort(compare);
    else {
      sorted = [...last.sorted];
      for (const service of gone) sorted.splice(placeOf(marksOf(service), sorted), 1);
      for (const service of come) {
        const marks = marksOf(service);
        sorted.splice(placeOf(marks, sorted), 0, marks);
      }
    }
    last = { services, sorted };
    return sorted;
  }

  return ({ services, ...rest }) => {
    const marked = sort(services.map((service) => marksOf(service).service));
    const { revision, ...sealed } = sealObservation({ ...rest, services: [] });
    return Object.freeze({
      ...sealed,
      services: Object.freeze(marked.map(({ service }) => service)),
      revision: hashOf([revision, marked.map(({ digest }) => digest).join()]),
    });
  };
}

/** From here on to sort everything is less work. */
const fewChanges = 64;

function compare(a: Marks, b: Marks): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0;
}

/** Where it is, or where it belongs: before all that are not less. */
function placeOf(one: Marks, sorted: readonly Marks[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle] as Marks, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
