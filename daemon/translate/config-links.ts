/** Config-time links: the mesh address goes into the Kong service, or a host that fails closed. */
import { formatAddress } from '../../catalog/address';
import type { Entity } from '../kong/model';
import { report, type TranslateContext } from './context';
import { nameOf } from './kong-index';
import type { LinkClaim } from './link-claim';
import {
  linkedOutcome,
  linkOf,
  unresolvedOutcome,
  reportForm,
  reportUnresolved,
  resolveWish,
} from './outcome';
import { placeholderHost } from './placeholder';
import type { Resolution } from './resolve';
import { rewriteService } from './rewrite';
import type { HostPort } from './translation';

/** Makes the service fail closed: Kong answers 503 unless a plugin sends the request elsewhere. */
export function closeHost(service: Entity, context: TranslateContext): void {
  const { index } = context;
  const plain = placeholderHost(nameOf(service));
  const host = placeholderHost(nameOf(service), (name) => index.hasUpstream(name));
  if (host !== plain) report(context, 'PLACEHOLDER_TAKEN', { upstream: plain, host }, service);
  context.edits.set(service.id, rewriteService(service, { host }, context.rules));
}

/**
 * Writes the address of the link into the service. Without one it keeps the last good address where
 * that is safe, and fails closed otherwise: never the host that the user wrote, which is past the mesh.
 * A port that is known without an address says that the last one is gone for good.
 */
export function applyConfigLink(
  claim: LinkClaim,
  service: Entity,
  context: TranslateContext,
): Resolution | undefined {
  const { wish } = claim;
  if (!wish) {
    closeHost(service, context);
    return undefined;
  }
  const resolution = resolveWish(wish, context);
  reportForm(wish.choice, service, context);
  if (resolution.found) {
    writeAddress(service, resolution.address, context);
    context.links.push(linkOf(claim, wish, linkedOutcome(resolution, claim)));
    return resolution;
  }
  const stale = resolution.port ? undefined : context.lastGood.addressFor(service.id, wish);
  const effect = stale
    ? `its last address ${formatAddress(stale)} stays in use`
    : 'Kong answers 503 for this service';
  const reason = reportUnresolved(resolution, effect, service, context);
  if (stale) {
    writeAddress(service, stale, context);
    const { code } = resolution;
    context.links.push(linkOf(claim, wish, { state: 'stale', code, address: stale, reason }));
  } else {
    closeHost(service, context);
    context.links.push(linkOf(claim, wish, unresolvedOutcome(resolution, reason)));
  }
  return resolution;
}

function writeAddress(
  service: Entity,
  { host, port }: HostPort,
  { edits, rules }: TranslateContext,
): void {
  edits.set(service.id, rewriteService(service, { host, port }, rules));
}
