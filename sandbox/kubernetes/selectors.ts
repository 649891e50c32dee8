/** `labelSelector` and `fieldSelector`, as far as clients of the stand-in use them. */
import type { KubeObject } from './kube-object';
import type { ResourceType } from './resource-types';
import { badRequest } from './status';

export type Selector = (object: KubeObject) => boolean;

/** Fields that can be selected by, beside the name and the namespace. */
const fields: Readonly<Record<string, readonly string[]>> = {
  services: ['spec.clusterIP', 'spec.type'],
  pods: ['status.podIP', 'status.phase', 'spec.nodeName', 'spec.serviceAccountName'],
};

export function selectorOf(type: ResourceType, query: URLSearchParams): Selector {
  const labels = requirements(
    query.get('labelSelector'),
    (key) => (object) => object.metadata.labels?.[key],
  );
  const selected = requirements(query.get('fieldSelector'), (key) => {
    if (!['metadata.name', 'metadata.namespace', ...(fields[type.plural] ?? [])].includes(key)) {
      throw badRequest(`field label not supported: ${key}`);
    }
    return (object) => valueAt(object, key);
  });
  return (object) => [...labels, ...selected].every((holds) => holds(object));
}

/** Equality, inequality and existence; sets are not needed here and refused. */
function requirements(
  text: string | null,
  reader: (key: string) => (object: KubeObject) => string | undefined,
): readonly Selector[] {
  if (!text) return [];
  return text.split(',').map((part): Selector => {
    const match = /^(!?)([\w./-]+)(?:(==|=|!=)([\w.-]*))?$/.exec(part.trim());
    if (!match) throw badRequest(`unable to parse requirement: ${part}`);
    const [, not, key = '', operator, value] = match;
    const read = reader(key);
    if (operator === undefined) return (object) => (read(object) === undefined) === (not === '!');
    if (operator === '!=') return (object) => read(object) !== value;
    return (object) => read(object) === value;
  });
}

function valueAt(object: KubeObject, path: string): string | undefined {
  const value = path
    .split('.')
    .reduce<unknown>(
      (at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key],
      object,
    );
  return typeof value === 'string' ? value : undefined;
}
