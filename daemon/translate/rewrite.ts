/** What a link changes in a Kong service, field by field; everything else stays as the user wrote it. */
import type { Entity, Json, JsonObject } from '../kong/model';
import type { TranslateRules } from './rules';

/**
 * The service with other values for some fields, and with the defaults of linked services where the
 * user set nothing. The very same object where that changes nothing.
 */
export function rewriteService(
  service: Entity,
  fields: { readonly host: string; readonly port?: number },
  rules: TranslateRules,
): Entity {
  const next: Record<string, Json> = { ...service.fields };
  for (const [field, value] of Object.entries(rules.linked)) {
    if (next[field] === undefined || next[field] === null) next[field] = value;
  }
  Object.assign(next, fields);
  if (sameValues(service.fields, next)) return service;
  return {
    ...service,
    fields: next,
    // What is written here comes from the mesh: it is no secret any more, and must be readable.
    secrets: service.secrets.filter(([field]) => !Object.hasOwn(fields, field ?? '')),
  };
}

/** Whether the host is an IP address rather than a name. */
export function isIpLiteral(host: string): boolean {
  return host.includes(':') || /^\d+(\.\d+){3}$/.test(host);
}

const plainProtocols: Readonly<Record<string, string>> = {
  https: 'http',
  grpcs: 'grpc',
  wss: 'ws',
  tls: 'tcp',
  tls_passthrough: 'tcp',
};

/** The protocol that a service with TLS of its own should have towards the sidecar. */
export function plainTwin(service: Entity): { protocol: string; plain: string } | undefined {
  const protocol = service.fields['protocol'];
  if (typeof protocol !== 'string') return undefined;
  const plain = plainProtocols[protocol];
  return plain === undefined ? undefined : { protocol, plain };
}

/** Kong's own Host for a service: the port only where it is not the default one of the protocol. */
export function kongHost(host: string, port: number, protocol: unknown): string {
  const standard = protocol === 'https' || protocol === 'grpcs' ? 443 : 80;
  return port === standard ? host : `${host}:${port}`;
}

function sameValues(before: JsonObject, after: JsonObject): boolean {
  const fields = Object.keys(after);
  return (
    fields.length === Object.keys(before).length &&
    fields.every((field) => before[field] === after[field])
  );
}
