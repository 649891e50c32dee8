/** From a claim to what is known of it: resolved once, reported once, its outbounds asked for. */
import { formsFor, type AddressChoice } from '../../catalog/address';
import {
  meshHostname,
  serviceKey,
  type MeshService,
  type MeshServicePort,
} from '../../catalog/service';
import type { Entity } from '../kong/model';
import { report, type TranslateContext } from './context';
import { translateErrors } from './errors';
import type { LinkClaim, LinkWish } from './link-claim';
import { resolve, type Resolution, type Resolved, type Unresolved } from './resolve';
import { kongHost } from './rewrite';
import type { LinkOutcome, ResolvedLink } from './translation';

/** Resolves a wish and asks for the outbound that it needs, whether there is one or not. */
export function resolveWish(wish: LinkWish, context: TranslateContext): Resolution {
  const resolution = resolve(wish, context);
  context.needs.add(resolution, wish.choice);
  context.references.add(wish, resolution);
  return resolution;
}

/** Reports a form that the user asked for and that cannot work where this gateway runs. */
export function reportForm(choice: AddressChoice, entity: Entity, context: TranslateContext): void {
  const { gateway } = context.catalog;
  const forms = formsFor(gateway);
  if (choice === 'auto' || forms.includes(choice)) return;
  const details = {
    form: choice,
    gateway:
      gateway.environment === 'kubernetes'
        ? 'gateway on Kubernetes'
        : `Universal gateway ${gateway.transparentProxy ? 'with' : 'without'} transparent proxying`,
    forms: forms.join(', '),
  };
  report(context, 'LINK_FORM_UNREACHABLE', details, entity);
}

/** @returns the sentence that was reported. */
export function reportUnresolved(
  { code, details }: Unresolved,
  effect: string,
  entity: Entity,
  context: TranslateContext,
): string {
  return report(context, code, { ...details, effect }, entity).message;
}

/** The remedy alone, for findings that speak of two services. */
export function remedyOf({ code, details }: Unresolved): string {
  return translateErrors.failure(code, details).remedy;
}

export function linkOf(
  claim: LinkClaim,
  wish: LinkWish,
  outcome: LinkOutcome,
  fallback?: ResolvedLink['fallback'],
): ResolvedLink {
  const { type, key, id, owner } = claim.entity;
  return {
    kind: claim.kind,
    time: claim.kind === 'plugin' ? 'request' : 'config',
    entity: { type, key, id, owner },
    ...(claim.service ? { serviceId: claim.service.id } : {}),
    ...(claim.route ? { routeId: claim.route.id } : {}),
    reference: wish.text,
    ...(claim.share
      ? { share: { weight: claim.share.weight, total: claim.share.total, group: id } }
      : {}),
    choice: wish.choice,
    outcome,
    ...(fallback ? { fallback } : {}),
  };
}

export function linkedOutcome(resolution: Resolved, claim: LinkClaim): LinkOutcome {
  const { service, port, address, reason } = resolution;
  const hostHeader =
    claim.kind === 'plugin'
      ? pluginHost(claim.hostHeader ?? 'mesh', service, port)
      : kongHost(address.host, address.port, claim.service?.fields['protocol']);
  return {
    state: 'linked',
    service: serviceKey(service),
    port: port.port,
    address,
    hostHeader,
    reason,
  };
}

export function unresolvedOutcome(
  { code, service, port }: Unresolved,
  reason: string,
): LinkOutcome {
  return {
    state: 'unresolved',
    code,
    ...(service ? { service: serviceKey(service) } : {}),
    ...(port ? { port: port.port } : {}),
    reason,
  };
}

/** What the plugin sets: the port only where it is not the default one. */
function pluginHost(wanted: string, service: MeshService, port: MeshServicePort): string | null {
  if (wanted === 'preserve') return null;
  if (wanted !== 'mesh') return wanted;
  const scheme = port.protocol === 'tls' ? 'https' : port.protocol;
  return kongHost(meshHostname(service, port), port.servedAt?.port ?? port.port, scheme);
}
