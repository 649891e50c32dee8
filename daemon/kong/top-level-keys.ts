/** The keys a configuration may have at its top, beside the entity types that are read here. */
import { nearest } from '../../catalog/nearest';
import { entityTypes } from './model';
import { entryOf, type MapNode } from './source-tree';

/** Kong takes both in a document and in each entity, and does nothing with them. */
export const commentKeys: ReadonlySet<string> = new Set(['_comment', '_ignore']);

/** Keys about the file itself, as decK and Kong define them. */
const headerKeys: ReadonlySet<string> = new Set([
  ...commentKeys,
  '_format_version',
  '_info',
  '_plugin_configs',
  '_workspace',
  '_transform',
  '_konnect',
]);

/** Entity types of Kong, of its Enterprise edition, of Konnect and of decK that are not read here. */
const unmanagedKinds: ReadonlySet<string> = new Set([
  ...['filter_chains', 'workspaces', 'parameters', 'clustering_data_planes'],
  ...['acme_storage', 'oauth2_tokens', 'oauth2_authorization_codes', 'sessions'],
  ...['ratelimiting_metrics', 'response_ratelimiting_metrics', 'session_metadatas'],
  ...['partials', 'licenses', 'custom_plugins', 'cloned_plugins', 'custom_entities'],
  ...['service_packages', 'ai_models', 'consumer_group_plugins', 'plugin_schemas'],
  ...['mtls_auth_credentials', 'header_cert_auth_credentials', 'degraphql_routes'],
  ...[
    'graphql_ratelimiting_advanced_cost_decoration',
    'jwt_signer_jwks',
    'oic_issuers',
    'oic_jwks',
  ],
  ...['rbac_roles', 'rbac_users', 'rbac_user_roles', 'rbac_role_entities', 'rbac_role_endpoints'],
  ...['admins', 'developers', 'applications', 'application_instances', 'document_objects'],
  ...['files', 'legacy_files', 'event_hooks', 'keyring_meta', 'keyring_keys', 'group_rbac_roles'],
  ...['login_attempts', 'audit_objects', 'audit_requests', 'vault_auth_vaults'],
  ...['consumer_reset_secrets', 'credentials', 'workspace_entity_counters', 'vaults_beta'],
]);

export type KeyKind = 'header' | 'unmanaged' | 'unknown';

/** @param key one that is no entity type. */
export function keyKind(key: string): KeyKind {
  if (headerKeys.has(key)) return 'header';
  return unmanagedKinds.has(key) ? 'unmanaged' : 'unknown';
}

/** The key that was most likely meant. */
export function similarKey(key: string): string | undefined {
  return nearest(key, [...entityTypes, ...headerKeys, ...unmanagedKinds], 1)[0];
}

/** What a mapping is that is clearly no Kong configuration, for the sentence that refuses it. */
export function foreignFormat(root: MapNode): string | undefined {
  const kind = entryOf(root, 'kind')?.value;
  if (entryOf(root, 'apiVersion') && kind?.kind === 'scalar' && typeof kind.value === 'string') {
    return `a Kubernetes ${/^\w+$/.test(kind.value) ? kind.value : 'resource'}`;
  }
  if (entryOf(root, 'openapi') ?? entryOf(root, 'swagger')) return 'an OpenAPI document';
  const type = entryOf(root, 'type')?.value;
  if (entryOf(root, 'mesh') && type?.kind === 'scalar') return 'a resource of Kuma';
  return undefined;
}

/** Those of them that may stand inside an entity. */
const nestedKinds: ReadonlySet<string> = new Set([
  ...['filter_chains', 'mtls_auth_credentials', 'header_cert_auth_credentials'],
  ...['degraphql_routes', 'graphql_ratelimiting_advanced_cost_decoration'],
]);

/** Whether a list under this key in an entity holds entities of their own that are not read here. */
export function isUnmanagedChild(key: string): boolean {
  return nestedKinds.has(key);
}
