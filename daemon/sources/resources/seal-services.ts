/**
 * Order and revision of an observation of which most is what it was a moment ago. A digest is worked
 * out once for each object: of 5,000 services one changed, and nothing is done for the others.
 */
import { createHash } from 'node:crypto';

import { hashOf } from '../../../catalog/catalog';
import { serviceKey, type MeshService } from '../../../catalog/service';
import { sealObservation, type ObservationParts } from '../resources/assemble';
import type { Observation } from '../source';

interface Marks {
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
      marks = { key: `${serviceKey(service)}\u0000${service.resource}`, digest };
      known.set(service, marks);
    }
    return marks;
  }

  return ({ services, ...rest }) => {
    const marked = services.map((service) => ({ service, ...marksOf(service) }));
    marked.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const { revision, ...sealed } = sealObservation({ ...rest, services: [] });
    return Object.freeze({
      ...sealed,
      services: Object.freeze(marked.map(({ service }) => service)),
      revision: hashOf([revision, ...marked.map(({ digest }) => digest)]),
    });
  };
}
