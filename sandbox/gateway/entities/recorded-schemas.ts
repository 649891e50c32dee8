import caCertificates from './schemas/ca_certificates.json';
import certificates from './schemas/certificates.json';
import consumers from './schemas/consumers.json';
import keySets from './schemas/key_sets.json';
import keys from './schemas/keys.json';
import pluginAcl from './schemas/plugin-acl.json';
import pluginBasicAuth from './schemas/plugin-basic-auth.json';
import pluginCors from './schemas/plugin-cors.json';
import pluginHttpLog from './schemas/plugin-http-log.json';
import pluginJwt from './schemas/plugin-jwt.json';
import pluginKeyAuth from './schemas/plugin-key-auth.json';
import pluginOpentelemetry from './schemas/plugin-opentelemetry.json';
import pluginPreFunction from './schemas/plugin-pre-function.json';
import pluginPrometheus from './schemas/plugin-prometheus.json';
import pluginProxyCache from './schemas/plugin-proxy-cache.json';
import pluginRateLimiting from './schemas/plugin-rate-limiting.json';
import pluginRequestTermination from './schemas/plugin-request-termination.json';
import pluginRequestTransformer from './schemas/plugin-request-transformer.json';
import pluginResponseTransformer from './schemas/plugin-response-transformer.json';
import plugins from './schemas/plugins.json';
import routes from './schemas/routes.json';
import services from './schemas/services.json';
import snis from './schemas/snis.json';
import targets from './schemas/targets.json';
import upstreams from './schemas/upstreams.json';
import vaults from './schemas/vaults.json';
import type { SchemaDocument } from './schema';

/** The schemas of a real Kong 3.9.1 as its `/schemas/<type>` printed them. */
export const recordedEntitySchemas = {
  services,
  routes,
  upstreams,
  targets,
  plugins,
  consumers,
  certificates,
  snis,
  ca_certificates: caCertificates,
  vaults,
  key_sets: keySets,
  keys,
} as unknown as Readonly<Record<string, SchemaDocument>>;

/** The plugin schemas as `/schemas/plugins/<name>` printed them. */
export const recordedPluginSchemas = {
  acl: pluginAcl,
  'basic-auth': pluginBasicAuth,
  cors: pluginCors,
  'http-log': pluginHttpLog,
  jwt: pluginJwt,
  'key-auth': pluginKeyAuth,
  opentelemetry: pluginOpentelemetry,
  'pre-function': pluginPreFunction,
  prometheus: pluginPrometheus,
  'proxy-cache': pluginProxyCache,
  'rate-limiting': pluginRateLimiting,
  'request-termination': pluginRequestTermination,
  'request-transformer': pluginRequestTransformer,
  'response-transformer': pluginResponseTransformer,
} as unknown as Readonly<Record<string, SchemaDocument>>;
