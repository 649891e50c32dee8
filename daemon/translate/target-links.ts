/**
 * Config-time links on targets of an upstream: the mesh address goes into the target, and its weight,
 * other tags and all of the upstream stay the user's. A target that cannot take requests has weight 0;
 * the user's weight stands in the file, so it is there again as soon as the target can.
 */
import { formatAddress } from '../../catalog/address';
import { normaliseTarget } from '../kong/target-address';
import { entityKey, type Entity, type Json } from '../kong/model';
import { report, type TranslateContext } from './context';
import { nameOf } from './kong-index';
import type { LinkClaim, LinkWish } from './link-claim';
import {
  linkedOutcome,
  linkOf,
  reportForm,
  reportUnresolved,
  resolveWish,
  unresolvedOutcome,
} from './outcome';
import { placeholderHost } from './placeholder';
import type { Resolution, Unresolved } from './resolve';
import type { HostPort, LinkOutcome, LinkShare, ResolvedLink } from './translation';

/** Kong's own. */
const defaultWeight = 100;

export function linkTargets(claims: readonly LinkClaim[], context: TranslateContext): void {
  const byUpstream = new Map<string, LinkClaim[]>();
  for (const claim of claims) {
    const id = claim.entity.references['upstream']?.id ?? '';
    const known = byUpstream.get(id);
    if (known) known.push(claim);
    else byUpstream.set(id, [claim]);
  }
  for (const ofOne of byUpstream.values()) linkUpstream(ofOne, context);
}

/** @param claims of the targets of one upstream. */
function linkUpstream(claims: readonly LinkClaim[], context: TranslateContext): void {
  const linked = new Set(claims.map(({ entity }) => entity.id));
  const upstreamId = claims[0]?.entity.references['upstream']?.id;
  const all = context.index
    .ofType('targets')
    .filter(({ references }) => references['upstream']?.id === upstreamId);
  const plain = all.filter(({ id }) => !linked.has(id));
  const taken = new Set(plain.map(({ fields }) => placeOf(fields['target'])));
  const upstream = context.index.ofType('upstreams').find(({ id }) => id === upstreamId);
  const share = {
    group: upstreamId ?? '',
    total: all.reduce((sum, target) => sum + weightOf(target), 0),
  };
  let serving = plain.filter((target) => weightOf(target) > 0).length;
  for (const claim of claims) {
    const weight = weightOf(claim.entity);
    const serves = linkTarget(claim, { ...share, weight }, taken, upstream, context);
    if (serves && weight > 0) serving += 1;
  }
  if (serving > 0 || !upstream || share.total === 0) return;
  report(context, 'LINK_UPSTREAM_DOWN', {}, upstream);
}

/** @returns whether the target keeps the user's weight. */
function linkTarget(
  claim: LinkClaim,
  share: LinkShare,
  taken: Set<string>,
  upstream: Entity | undefined,
  context: TranslateContext,
): boolean {
  const { entity: target, wish } = claim;
  if (!wish) {
    context.edits.set(
      entityKey(target),
      rewriteTarget(target, closedPlace(target, 'target'), true),
    );
    return false;
  }
  const resolution = resolveTarget(wish, context);
  reportForm(wish.choice, target, context);
  const place = placeFor(resolution, target, wish, context);
  const address = place && formatAddress(place);
  const isTwice = address !== undefined && taken.has(placeOf(address));
  const add = (outcome: LinkOutcome): void => {
    const at = upstream ? { id: upstream.id, name: nameOf(upstream) } : undefined;
    context.links.push({ ...linkOf(claim, wish, outcome), share, ...(at ? { upstream: at } : {}) });
  };
  if (!place || address === undefined || isTwice) {
    const code = 'LINK_TARGET_TWICE';
    const reason = resolution.found
      ? report(context, code, { reference: wish.text, address: address ?? '' }, target).message
      : reportUnresolved(resolution, closedEffect, target, context);
    const name = wish.secret ? 'target' : (wish.names[0] ?? 'target');
    context.edits.set(entityKey(target), rewriteTarget(target, closedPlace(target, name), true));
    add(
      resolution.found
        ? { state: 'unresolved', code, reason }
        : unresolvedOutcome(resolution, reason),
    );
    return false;
  }
  taken.add(placeOf(address));
  if (!resolution.found) {
    const effect = `its last address ${address} stays in use`;
    const reason = reportUnresolved(resolution, effect, target, context);
    context.edits.set(entityKey(target), rewriteTarget(target, address, false));
    add({ state: 'stale', code: resolution.code, address: place, reason });
    return true;
  }
  const isDown = resolution.service.availability === 'unavailable';
  if (isDown) report(context, 'LINK_TARGET_DOWN', { reference: wish.text }, target);
  context.edits.set(entityKey(target), rewriteTarget(target, address, isDown));
  add(linkedOutcome(resolution, claim));
  return !isDown;
}

const closedEffect = 'the target has weight 0, and the others get its share';

/** Kong resolves hosts of targets by DNS alone: an upstream of that name takes nothing from them. */
function resolveTarget(wish: LinkWish, context: TranslateContext): Resolution {
  return resolveWish(wish, { ...context, index: { ...context.index, hasUpstream: () => false } });
}

/** A service that is gone has no place; what became ambiguous only keeps the one it had, where that is safe. */
function placeFor(
  resolution: Resolution,
  target: Entity,
  wish: LinkWish,
  { lastGood }: TranslateContext,
): HostPort | undefined {
  if (resolution.found) return resolution.address;
  return isGone(resolution) || resolution.port ? undefined : lastGood.addressFor(target.id, wish);
}

function isGone({ code }: Unresolved): boolean {
  return code === 'LINK_UNKNOWN_SERVICE' || code === 'LINK_SERVICE_GONE';
}

/** No name that resolves, and none that another target of the upstream has. */
export function closedPlace({ id }: Pick<Entity, 'id'>, name: string): string {
  return `${placeholderHost(`${name.slice(0, 40)}-${id.slice(0, 8)}`)}:80`;
}

/** Under the same id: a move is one update at Kong, and its health and hashing stay with it. */
export function rewriteTarget(target: Entity, address: string, isClosed: boolean): Entity {
  const fields: Record<string, Json> = { ...target.fields, target: address };
  if (isClosed) fields['weight'] = 0;
  const same =
    placeOf(target.fields['target']) === placeOf(address) &&
    fields['weight'] === target.fields['weight'];
  if (same) return target;
  return {
    ...target,
    fields,
    // What is written here comes from the mesh: it is no secret any more, and must be readable.
    secrets: target.secrets.filter(([field]) => field !== 'target' && field !== 'weight'),
  };
}

/** Name of the upstream that Kong sends the service's requests to, where there is one of that name. */
export function upstreamOf(service: Entity | undefined): string | undefined {
  const host = service?.fields['host'];
  return typeof host === 'string' ? host.toLowerCase() : undefined;
}

/** Whether a link is on a target that gets requests of the service. */
export function leadsUpstream({ upstream }: ResolvedLink, service: Entity | undefined): boolean {
  return upstream !== undefined && upstream.name.toLowerCase() === upstreamOf(service);
}

function weightOf({ fields: { weight } }: Entity): number {
  return typeof weight === 'number' ? weight : defaultWeight;
}

/** As Kong tells targets of an upstream apart. */
function placeOf(target: unknown): string {
  return typeof target === 'string' ? (normaliseTarget(target) ?? target) : '';
}
