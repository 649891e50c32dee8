import type { ConfigView, KongEntity } from '../config-view';
import { credentialFields } from '../entities/credential-schemas';
import type { EntityStore } from './entity-store';

/** The store's content as the proxy reads it: copied, so that later writes do not show. */
export function makeView(store: EntityStore, hash: string): ConfigView {
  const list = (type: string): readonly KongEntity[] => [...store.of(type).after()];
  return {
    hash,
    services: list('services'),
    routes: list('routes'),
    plugins: list('plugins'),
    upstreams: list('upstreams'),
    targets: list('targets'),
    consumers: list('consumers'),
    // Kong's open-source edition has none (seen: `/consumer_groups` is 404).
    consumerGroups: [],
    certificates: list('certificates'),
    snis: list('snis'),
    caCertificates: list('ca_certificates'),
    credentials: Object.fromEntries(
      Object.keys(credentialFields).map((type) => [type, list(type)]),
    ),
  };
}
