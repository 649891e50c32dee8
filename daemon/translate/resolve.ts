/** From a wish to an address, or to the reason why there is none. */
import {
  formsFor,
  isHeadless,
  type Address,
  type AddressChoice,
  type AddressForm,
} from '../../catalog/address';
import type { Catalog } from '../../catalog/catalog';
import type { Details } from '../../catalog/error';
import type { Gateway } from '../../catalog/gateway';
import { formatReference } from '../../catalog/lookup';
import { fullReference, type MeshService, type MeshServicePort } from '../../catalog/service';
import { abridged } from './abridged';
import type { TranslateCode } from './errors';
import type { KongIndex } from './kong-index';
import type { LinkWish } from './link-claim';
import type { Suggester } from './suggest';

export type Resolution = Resolved | Unresolved;

export interface Resolved {
  readonly found: true;
  readonly service: MeshService;
  readonly port: MeshServicePort;
  readonly address: Address;
  /** Why this address form, in one clause. */
  readonly reason: string;
}

export interface Unresolved {
  readonly found: false;
  readonly code: TranslateCode;
  /** All that the texts of the code need, except for the effect. */
  readonly details: Details;
  /** Known where only the port or the address is missing. */
  readonly service?: MeshService;
  readonly port?: MeshServicePort;
}

export interface ResolveContext {
  readonly catalog: Catalog;
  readonly suggester: Suggester;
  readonly index: Pick<KongIndex, 'hasUpstream'>;
}

export function resolve(wish: LinkWish, context: ResolveContext): Resolution {
  const { catalog } = context;
  const result = wish.lookUp(catalog);
  if (!result.found) return missed(result.miss, wish, context.suggester);
  const { service, port } = result;
  const known = { service, port };
  const address = catalog.choose(service, port, wish.choice);
  if (!address) {
    const forms = wish.choice === 'auto' ? formsFor(catalog.gateway) : [wish.choice];
    // An outbound would do: where one can be had, it is what is missing.
    if (!forms.includes('outbound') && isHeadless(service)) {
      return { ...known, found: false, code: 'LINK_HEADLESS', details: { reference: wish.text } };
    }
    return { ...known, ...noAddress(wish, catalog.gateway) };
  }
  if (address.form === 'mesh' && context.index.hasUpstream(address.host)) {
    return { ...known, found: false, code: 'LINK_SHADOWED', details: { host: address.host } };
  }
  return {
    ...known,
    found: true,
    address,
    reason: reasonFor(address, wish.choice, catalog.gateway),
  };
}

/** What a message says instead of a list: `orders.shop:8080`. */
export function resolvedName(resolution: Resolved): string {
  const { service, port } = resolution;
  return formatReference({ service: fullReference(service), port: port.port });
}

function missed(
  miss: Exclude<ReturnType<LinkWish['lookUp']>, { found: true }>['miss'],
  wish: LinkWish,
  suggester: Suggester,
): Unresolved {
  const reference = wish.text;
  switch (miss.reason) {
    case 'unknown-service': {
      const near = wish.secret ? [] : suggester.suggest(wish.names.at(-1) ?? '');
      const hint = near.length === 0 ? '' : `Did you mean ${near.join(' or ')}? `;
      return { found: false, code: 'LINK_UNKNOWN_SERVICE', details: { reference, hint } };
    }
    case 'ambiguous-service': {
      const details = { reference, candidates: abridged(miss.candidates) };
      return { found: false, code: 'LINK_AMBIGUOUS_SERVICE', details };
    }
    case 'moved-service': {
      const details = { reference, bound: miss.bound, candidates: abridged(miss.candidates) };
      return { found: false, code: 'LINK_SERVICE_GONE', details };
    }
    case 'port-needed': {
      // A service without any port is as good as none: nothing could be named.
      const details = { reference, ports: abridged(miss.ports) };
      return { found: false, code: 'LINK_PORT_NEEDED', details };
    }
    case 'unknown-port': {
      const details = { reference, ports: abridged(miss.ports) };
      return { found: false, code: 'LINK_UNKNOWN_PORT', details };
    }
  }
}

function noAddress(wish: LinkWish, gateway: Gateway): Unresolved {
  const details = {
    reference: wish.text,
    form: wish.choice === 'auto' ? 'usable' : wish.choice,
    hint: remedyFor(wish.choice === 'auto' ? formsFor(gateway)[0] : wish.choice, gateway),
  };
  return { found: false, code: 'LINK_NO_ADDRESS', details };
}

function remedyFor(form: AddressForm | undefined, gateway: Gateway): string {
  if (form === 'outbound') {
    return gateway.environment === 'kubernetes'
      ? 'A Pod has no outbounds of its own: use address auto, service-ip or mesh.'
      : "The gateway's Dataplane needs an outbound for it; the daemon adds it where it keeps the outbounds (gateway.outbounds).";
  }
  if (form === 'service-ip') {
    return 'Check that the mesh gives the service a VIP (its status) or Kubernetes a ClusterIP.';
  }
  return 'Check that a HostnameGenerator of the mesh matches the service.';
}

function reasonFor(address: Address, choice: AddressChoice, gateway: Gateway): string {
  if (choice !== 'auto') return `the link asks for ${choice}`;
  switch (address.form) {
    case 'outbound':
      return gateway.transparentProxy
        ? 'no address of the service itself is known, but the sidecar has an outbound for it'
        : "without transparent proxying only the sidecar's outbounds are reachable";
    case 'service-ip':
      return gateway.environment === 'kubernetes'
        ? 'the sidecar takes traffic to the IP of the service, and no DNS is involved'
        : 'transparent proxying takes traffic to the VIP, and no DNS is involved';
    case 'mesh':
      return 'the service has no IP of its own, so its mesh host name must do';
  }
}
