import { setTimeout as wait, setImmediate as turn } from 'node:timers/promises';
import { METHOD_NOT_ALLOWED, ok } from './answer';
import type { Answer } from './answer';
import type { Flavour } from './flavour';
import { isObject, parseBody } from './go-json';
import { kindByType } from './kinds';
import { labelsFor } from './labels';
import { normaliseFields } from './normalise';
import type { Json, Labels, ResourceBody, StoredResource } from './resource';
import { invalidResource, notFound, StdError } from './std-error';
import { violationsOfUpdate } from './validate-dataplane';
import { validateResource } from './validate-resource';
import type { Address } from './validate-resource';
import type { World } from './views';

export interface WriteContext {
  readonly world: World;
  /** What clients and seeds wrote, as they wrote it: another version reads it anew. */
  readonly written: Map<string, ResourceBody>;
  /** How long a PUT takes from its read to its commit. 0 is one turn of the event loop. */
  readonly commitMs: number;
}

/**
 * `PUT`: creates (201) or replaces (200). There is no precondition a client could give; but whoever writes
 * the same resource within the commit window of another write loses with 409, as under parallel PUTs upstream.
 * @throws StdError 400 as recorded, 405 on a global control plane, 409.
 */
export async function putResource(
  address: Address,
  text: string,
  context: WriteContext,
): Promise<Answer> {
  const { kind, mesh, name } = address;
  const { store, place } = context.world;
  if (kind.readOnly) return METHOD_NOT_ALLOWED;
  refuseOnGlobal(address, context);
  const body = parseBody(text, kind.type);
  const { flavour } = context.world;
  validateResource(body, address, { ...place, flavour });
  const before = store.get(kind.type, mesh, name);
  if (before && kind.type === 'Dataplane' && flavour.gatewayBlock) refuseUpdate(body);
  await (context.commitMs === 0 ? turn() : wait(context.commitMs, undefined, { ref: false }));
  if (store.get(kind.type, mesh, name)?.version !== before?.version) throw conflict();
  writeResource({ ...body, type: kind.type, name, ...(mesh ? { mesh } : {}) }, context);
  return { status: before ? 200 : 201, body: warningsFor(kind.type, body, flavour) };
}

/** `DELETE`. @throws StdError 404 the second time, 405 on a global control plane. */
export function deleteResource(address: Address, context: WriteContext): Answer {
  const { kind, mesh, name } = address;
  if (kind.readOnly) return METHOD_NOT_ALLOWED;
  refuseOnGlobal(address, context);
  if (!context.world.store.delete(kind.type, mesh, name))
    throw notFound('Could not delete a resource');
  return ok({});
}

/** Stores a body as the control plane keeps it, without validating: what PUT, proxies and seeds have in common. */
export function writeResource(
  body: ResourceBody,
  { world, written }: WriteContext,
  labels?: Labels,
): StoredResource {
  const { place, flavour } = world;
  const kind = kindByType(body.type);
  const mesh = kind.scope === 'mesh' ? (body.mesh ?? 'default') : '';
  const own: Labels = isObject(body.labels) ? body.labels : {};
  written.set(`${body.type}/${mesh}/${body.name}`, body);
  return world.store.write({
    type: body.type,
    ...(mesh ? { mesh } : {}),
    name: body.name,
    labels: labels ?? labelsFor(kind, mesh, { name: body.name, own }, { ...place, flavour }),
    fields: normaliseFields(body.type, body, { zone: place.zone, flavour }),
  });
}

function refuseOnGlobal({ kind }: Address, { world }: WriteContext): void {
  if (!kind.zoneOnly || world.place.mode === 'zone') return;
  throw new StdError(405, 'Method not allowed', ZONE_ONLY);
}

function refuseUpdate(body: Json): void {
  const violations = violationsOfUpdate(body);
  if (violations.length > 0) throw invalidResource(violations, 'Failed to update a resource');
}

function conflict(): StdError {
  return new StdError(409, 'Could not update a resource', 'resource conflict');
}

function warningsFor(type: string, body: Json, { tags }: Flavour): Json {
  const spec = body['spec'];
  if (type === 'MeshService' && !tags && isObject(spec) && selectsByTags(spec)) {
    return { warnings: [noSelector(String(body['name']))] };
  }
  if (type !== 'MeshTrafficPermission' || !isObject(spec) || spec['from'] === undefined) return {};
  return { warnings: [FROM_IS_DEPRECATED] };
}

function selectsByTags({ selector }: Json): boolean {
  return isObject(selector) && selector['dataplaneTags'] !== undefined;
}

function noSelector(name: string): string {
  return (
    `MeshService resource '${name}' has no selector, so it matches no data plane proxies. ` +
    "Set 'spec.selector.dataplaneRef' or 'spec.selector.dataplaneLabels'. The " +
    "'spec.selector.dataplaneTags' selector was removed, migrate it to 'dataplaneLabels'."
  );
}

// The API's own wording, as recorded.
const FROM_IS_DEPRECATED =
  "'from' field is deprecated and will be removed in 3.0, use 'rules' with MeshIdentity (spiffeId) instead";
const ZONE_ONLY =
  "On global control plane you can not modify dataplane resources with 'kumactl apply' or via the HTTP API. " +
  "You can still use 'kumactl' or the HTTP API to modify them on the zone control plane.\n";
