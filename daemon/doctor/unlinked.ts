/** Kong services that no link leads: what they dial is not the mesh's, or only by chance. */
import type { Entity } from '../kong/model';
import type { FactsView } from './view';

export interface Unlinked {
  readonly service: Entity;
  /** Lower case, without a trailing dot. */
  readonly host: string;
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Without those whose host stays inside this machine, names an upstream, or leads nowhere on purpose. */
export function unlinkedServices({ facts, entities }: FactsView): readonly Unlinked[] {
  const linked = new Set((facts.kong?.links ?? []).map(({ serviceId }) => serviceId));
  const upstreams = new Set(entities('upstreams').map(({ key }) => key.toLowerCase()));
  return entities('services').flatMap((service) => {
    const { host } = service.fields;
    if (linked.has(service.id) || typeof host !== 'string' || service.owner === 'mesh') return [];
    const name = host.toLowerCase().replace(/\.$/, '');
    if (loopback.test(name) || name.endsWith('.invalid') || upstreams.has(name)) return [];
    return [{ service, host: name }];
  });
}
