/** Services by `namespace/name`. */
import { listDifference } from '../../../catalog/list-difference';
import { upstreamForAnnotation } from '../../kubernetes/upstream-steps';
import type { ServiceView } from '../../kubernetes/views';

const keys = new WeakMap<ServiceView, string>();

/** `namespace/name`, put together once for each object. */
export function keyOf(service: ServiceView): string {
  let key = keys.get(service);
  if (key === undefined) {
    key = `${service.namespace}/${service.name}`;
    keys.set(service, key);
  }
  return key;
}

/** Where nobody asks, nothing is put into order. */
export function indexOnce(
  services: readonly ServiceView[],
): (key: string) => ServiceView | undefined {
  let byKey: ReadonlyMap<string, ServiceView> | undefined;
  return (key) => {
    byKey ??= new Map(services.map((service) => [keyOf(service), service]));
    return byKey.get(key);
  };
}

export interface ServiceIndex {
  readonly byKey: ReadonlyMap<string, ServiceView>;
  /** Those that bear our mark. */
  readonly marked: ReadonlySet<ServiceView>;
  /** Those that went or came since the call before. */
  readonly changed: readonly ServiceView[];
}

/**
 * An index brought up to date from one list to the next: of thousands of
 * Services one changed, and in their lists those that stayed are in one order.
 */
export function followIndex(): (services: readonly ServiceView[]) => ServiceIndex {
  const marked = new Set<ServiceView>();
  const byKey = new Map<string, ServiceView>();
  let last: readonly ServiceView[] = [];
  return (services) => {
    const { gone, come } = listDifference(last, services);
    for (const service of gone) {
      byKey.delete(keyOf(service));
      marked.delete(service);
    }
    for (const service of come) {
      byKey.set(keyOf(service), service);
      if (service.annotations[upstreamForAnnotation] !== undefined) marked.add(service);
    }
    last = services;
    return { byKey, marked, changed: [...gone, ...come] };
  };
}
