/**
 * The annotations that keep Kong's controller on a Service. Those that were set from here bear a mark
 * with the names of the gateways that need them; all others are the user's or the control plane's.
 */
import { serviceUpstreamAnnotation } from './service-upstream';
import type { ServiceView } from './views';

/** Names the gateways for which the annotation was set, with commas in between. */
export const upstreamForAnnotation = 'kong-meshd.io/service-upstream';

export interface UpstreamStep {
  readonly op: 'annotate' | 'restore';
  readonly namespace: string;
  readonly name: string;
  /** The gateway on whose behalf. */
  readonly owner: string;
}

export interface UpstreamContext {
  readonly owner: string;
  /** Some kind of routes could not be read, so nothing is taken back. */
  readonly incomplete: boolean;
}

/**
 * @param services those that bear our mark, or all: of the others nothing is taken back.
 * @param wanting Services that a route of the gateway needs the annotation on.
 */
export function planUpstream(
  services: Iterable<ServiceView>,
  wanting: ReadonlySet<ServiceView>,
  { owner, incomplete }: UpstreamContext,
): readonly UpstreamStep[] {
  const steps: UpstreamStep[] = [];
  const plan = (op: UpstreamStep['op'], { namespace, name, annotations }: ServiceView): void => {
    if (upstreamChange(op, owner, annotations)) steps.push({ op, namespace, name, owner });
  };
  for (const service of wanting) plan('annotate', service);
  for (const service of incomplete ? [] : services) {
    if (service.annotations[upstreamForAnnotation] === undefined) continue;
    if (!wanting.has(service)) plan('restore', service);
  }
  return steps.sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

/**
 * As a JSON merge patch of the annotations, or undefined where there is nothing to do. What was written
 * by somebody else, whatever it says, stays as it is.
 */
export function upstreamChange(
  op: UpstreamStep['op'],
  owner: string,
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string | null>> | undefined {
  const value = annotations[serviceUpstreamAnnotation];
  const owners = (annotations[upstreamForAnnotation] ?? '').split(',').filter((one) => one !== '');
  if (op === 'annotate') {
    // Without a mark it is not ours: `true` needs nothing, and any other value is somebody's wish.
    if (value !== undefined && (owners.length === 0 || value !== 'true')) return undefined;
    if (value === 'true' && owners.includes(owner)) return undefined;
    const all = [...new Set([...owners, owner])].sort();
    return { [serviceUpstreamAnnotation]: 'true', [upstreamForAnnotation]: all.join(',') };
  }
  if (!owners.includes(owner)) return undefined;
  const others = owners.filter((one) => one !== owner);
  if (others.length > 0) return { [upstreamForAnnotation]: others.join(',') };
  return {
    [upstreamForAnnotation]: null,
    ...(value === 'true' ? { [serviceUpstreamAnnotation]: null } : {}),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
