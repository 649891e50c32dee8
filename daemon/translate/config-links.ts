/** Config-time links: the mesh address goes into the Kong service, or a host that fails closed. */
import { formatAddress } from '../../catalog/address';
import type { Entity } from '../kong/model';
import type { TranslateContext } from './context';
import { nameOf } from './kong-index';
import type { LinkClaim } from './link-claim';
import { linkOf, outcomeOf, remedyOf, reportForm, reportUnresolved, resolveWish } from './outcome';
import { placeholderHost } from './placeholder';
import type { Resolution } from './resolve';
import { rewriteService } from './rewrite';

/** Makes the service fail closed: Kong answers 503 unless a plugin sends the request elsewhere. */
export function closeHost(service: Entity, context: TranslateContext): void {
  const host = placeholderHost(nameOf(service));
  context.edits.set(service.id, rewriteService(service, { host }, context.rules));
}

/**
 * Writes the address of the link into the service. Without one it keeps the last good address where
 * that is safe, and fails closed otherwise: never the host that the user wrote, which is past the mesh.
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
    const { host, port } = resolution.address;
    context.edits.set(service.id, rewriteService(service, { host, port }, context.rules));
    context.links.push(linkOf(claim, wish, outcomeOf(resolution, claim)));
    return resolution;
  }
  const stale = isAboutReference(resolution)
    ? context.lastGood.addressFor(service.id, wish)
    : undefined;
  if (stale) {
    const effect = `its last address ${formatAddress(stale)} stays in use`;
    reportUnresolved(resolution, effect, service, context);
    const { host, port } = stale;
    context.edits.set(service.id, rewriteService(service, { host, port }, context.rules));
    const { code } = resolution;
    const outcome = { state: 'stale', code, address: { host, port }, reason: remedyOf(resolution) };
    context.links.push(linkOf(claim, wish, outcome as { state: 'stale' } & typeof outcome));
    return resolution;
  }
  reportUnresolved(resolution, 'Kong answers 503 for this service', service, context);
  closeHost(service, context);
  context.links.push(linkOf(claim, wish, outcomeOf(resolution, claim)));
  return resolution;
}

/** Where the service is known and has no address, an old address is known to be none of its own. */
function isAboutReference(resolution: Resolution): boolean {
  return !resolution.found && resolution.port === undefined;
}
