/** Changes to a Dataplane as it is right now, with everything else on it left as it is. Pure. */
import * as z from 'zod';

import {
  isGateway,
  outboundKey,
  type GatewayDataplane,
  type Outbound,
} from '../../../catalog/gateway';
import { Dataplane } from '../../sources/resources/dataplane';
import { entityOf } from './check-dataplane';
import type { DataplaneResource } from './dataplane-api';
import type { DataplaneStep } from './dataplane-target';
import { dataplaneErrors } from './errors';
import { isOwn, outboundResource, placeOf, type OutboundRoom } from './outbound-form';
import { collide } from './plan-ports';

export type Edits = Pick<DataplaneStep, 'add' | 'remove' | 'service' | 'workload' | 'plain'>;

export interface Edited {
  readonly resource: DataplaneResource;
  /** False: it has all of it already, and there is nothing to write. */
  readonly changed: boolean;
}

/** What the control plane adds to an answer and ignores in a request. */
const answerOnly = ['creationTime', 'modificationTime', 'kri'];

const Networking = z.looseObject({
  gateway: z.looseObject({ tags: z.record(z.string(), z.string()).nullish() }).nullish(),
  outbound: z.array(z.unknown()).nullish(),
  admin: z.object({ port: z.number().nullish() }).nullish(),
});
const Labels = z.record(z.string(), z.string()).nullish();

/**
 * @throws MeshdError DATAPLANE_CHANGED where somebody took a place or made it another kind of
 * Dataplane since it was planned, DATAPLANE_UNREADABLE where it has no known shape.
 */
export function editResource(
  name: string,
  resource: DataplaneResource,
  edits: Edits,
  room: OutboundRoom,
): Edited {
  const current = readResource(name, resource);
  if (!isGateway(current)) throw changed(name, 'it is no gateway any more');
  const networking = Networking.parse(resource['networking']);
  const outbound = editOutbounds(name, networking.outbound ?? [], current, edits, room);
  const { service, workload, plain } = edits;
  const found = networking.gateway?.tags ?? {};
  const newTag = service && found['kuma.io/service'] !== service.after;
  const tags = writable(newTag ? { ...found, 'kuma.io/service': service.after } : found);
  const labels = withoutRefused(Labels.parse(resource['labels']) ?? {}, plain);
  // With an empty block every later write is refused, its own content included.
  const block =
    plain === true && tags['kuma.io/service'] === undefined ? undefined : networking.gateway;
  const others = Object.fromEntries(
    Object.entries(networking).filter(([key]) => key !== 'gateway'),
  );
  const newLabel = workload && labels['kuma.io/workload'] !== workload.after;
  return {
    changed: outbound !== undefined || Boolean(newTag) || Boolean(newLabel),
    resource: {
      ...withoutAnswerOnly(resource),
      // Without its labels a Dataplane loses its identity.
      ...(Object.keys(labels).length > 0 || newLabel
        ? { labels: { ...labels, ...(newLabel ? { 'kuma.io/workload': workload.after } : {}) } }
        : {}),
      networking: {
        ...others,
        ...(block || newTag ? { gateway: { ...block, tags } } : {}),
        ...(outbound ? { outbound } : {}),
      },
    },
  };
}

/** Without what the control plane adds to an answer. */
export function withoutAnswerOnly(resource: DataplaneResource): DataplaneResource {
  return Object.fromEntries(Object.entries(resource).filter(([key]) => !answerOnly.includes(key)));
}

/** The label alone. @throws MeshdError as `editResource`. */
export function withWorkload(after: string): (name: string, resource: DataplaneResource) => Edited {
  const nowhere = { address: '', ports: { first: 0, last: 0 } };
  return (name, resource) =>
    editResource(
      name,
      resource,
      { add: [], remove: [], workload: { before: undefined, after } },
      nowhere,
    );
}

/** Reserved labels that 2.x gave or stored, and that 3.0 refuses in a write. */
const goneLabels = ['kuma.io/gateway', 'kuma.io/proxy-type', 'kuma.io/service'];

function withoutRefused(
  labels: Readonly<Record<string, string>>,
  plain: boolean | undefined,
): Readonly<Record<string, string>> {
  if (plain !== true) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !goneLabels.includes(key)));
}

/** The port of Envoy's admin interface, where the Dataplane sets one: no outbound may have it. */
export function adminPortOf(resource: DataplaneResource): number | undefined {
  return Networking.safeParse(resource['networking']).data?.admin?.port ?? undefined;
}

/**
 * A Dataplane may be without tags, but then the control plane shows the zone it added as the only one,
 * and refuses just that when it is put back.
 */
function writable(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (tags['kuma.io/service'] !== undefined) return tags;
  return Object.fromEntries(Object.entries(tags).filter(([key]) => key !== 'kuma.io/zone'));
}

/** @throws MeshdError DATAPLANE_UNREADABLE */
export function readResource(name: string, resource: DataplaneResource): GatewayDataplane {
  const parsed = Dataplane.safeParse(resource);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const cause = issue ? `${issue.path.join('.')}: ${issue.message}` : 'unknown';
  throw dataplaneErrors.error('DATAPLANE_UNREADABLE', { cause }, { entity: entityOf(name) });
}

/** A new one with all that a step says; the control plane adds zone and labels. */
export function newResource(
  mesh: string,
  { dataplane, address, add, service, workload, plain }: DataplaneStep,
  identity: { readonly service?: string | undefined; readonly workload?: string | undefined },
): DataplaneResource {
  const tag = service?.after ?? identity.service;
  const label = workload?.after ?? identity.workload;
  return {
    type: 'Dataplane',
    mesh,
    name: dataplane,
    ...(label === undefined ? {} : { labels: { 'kuma.io/workload': label } }),
    networking: {
      address,
      ...(plain === true
        ? {}
        : {
            gateway: {
              type: 'DELEGATED',
              ...(tag === undefined ? {} : { tags: { 'kuma.io/service': tag } }),
            },
          }),
      outbound: add.map(outboundResource),
    },
  };
}

/** @returns undefined where nothing is to be changed. */
function editOutbounds(
  name: string,
  entries: readonly unknown[],
  { outbounds }: GatewayDataplane,
  { add, remove }: Edits,
  room: OutboundRoom,
): readonly unknown[] | undefined {
  const leaving = new Set(remove.map(outboundKey));
  const present = new Set(outbounds.map(outboundKey));
  const kept = entries.filter((_, index) => {
    const outbound = outbounds[index];
    return !(outbound && leaving.has(outboundKey(outbound)) && isOwn(outbound, room));
  });
  const added = add.filter((outbound) => !present.has(outboundKey(outbound)));
  for (const outbound of added) refuseTaken(name, outbound, outbounds);
  if (kept.length === entries.length && added.length === 0) return undefined;
  return [...kept, ...added.map(outboundResource)];
}

function refuseTaken(name: string, outbound: Outbound, others: readonly Outbound[]): void {
  if (!others.some((other) => collide(other, outbound))) return;
  throw changed(name, `another outbound is at ${placeOf(outbound)} now`);
}

function changed(name: string, what: string): Error {
  return dataplaneErrors.error('DATAPLANE_CHANGED', { what }, { entity: entityOf(name) });
}
