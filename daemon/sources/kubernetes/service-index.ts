/** Services by `namespace/name`. */
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
