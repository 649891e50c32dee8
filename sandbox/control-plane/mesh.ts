import { isObject } from './go-json';
import type { ResourceStore } from './store';

/** The CA backend a mesh issues certificates from; undefined without mTLS. */
export function enabledBackendOf(store: ResourceStore, mesh: string): string | undefined {
  const mtls = store.get('Mesh', '', mesh)?.fields['mtls'];
  const backend = isObject(mtls) ? mtls['enabledBackend'] : undefined;
  return typeof backend === 'string' && backend !== '' ? backend : undefined;
}

/** `meshServices.mode` of a mesh; Disabled where it is unset, as upstream up to 2.14. */
export function meshServicesModeOf(store: ResourceStore, mesh: string): string {
  const meshServices = store.get('Mesh', '', mesh)?.fields['meshServices'];
  const mode = isObject(meshServices) ? meshServices['mode'] : undefined;
  return typeof mode === 'string' ? mode : 'Disabled';
}
