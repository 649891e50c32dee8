/** The catalog: the frozen, indexed set of mesh services of one observation, with a content hash. */
import { createHash } from 'node:crypto';

import {
  addressesOf,
  preferredAddress,
  type Address,
  type AddressChoice,
  type Addresses,
} from './address';
import { claimAddresses, type SharedAddress } from './address-claims';
import { noBindings, type Bindings } from './bindings';
import type { Gateway, Outbound } from './gateway';
import { createLookup, type LookupResult, type Reference } from './lookup';
import { indexOutbounds, type AmbiguousOutbound } from './outbound-index';
import { keyOf, type MeshService, type MeshServicePort } from './service';

export interface Catalog {
  readonly mesh: string;
  /** Sorted by key, so that equal observations in any order give equal catalogs. */
  readonly services: readonly MeshService[];
  readonly gateway: Gateway;
  /** Equal for equal content, whatever the order it was observed in. Hex, 64 characters. */
  readonly hash: string;
  /** The services that references were resolved to before. */
  readonly bindings: Bindings;
  /** What could lead to several services and therefore counts for none of them. */
  readonly inexact: Inexact;
  find(reference: Reference): LookupResult<MeshService>;
  /** The outbounds that lead to it and to nothing else. */
  outboundsTo(service: MeshService): readonly Outbound[];
  /** All forms in which the gateway reaches this port. */
  addressesOf(service: MeshService, port: MeshServicePort): Addresses;
  /** The address of one form, or the one the environment prefers for `auto`. */
  choose(service: MeshService, port: MeshServicePort, choice: AddressChoice): Address | undefined;
}

export interface Inexact {
  readonly outbounds: readonly AmbiguousOutbound[];
  readonly addresses: readonly SharedAddress[];
}

/**
 * Builds a catalog. A label can make one resource pass for another: of several with one key the one
 * that bears the name itself stays, else the first by resource name, in whatever order they come.
 */
export function createCatalog(
  mesh: string,
  observed: readonly MeshService[],
  gateway: Gateway,
  bindings: Bindings = noBindings,
): Catalog {
  const services = isSorted(observed) ? frozen(observed) : Object.freeze(sortOnce(observed));
  const { zone } = gateway;
  // The indexes and the hash cost time that a caller who only walks the services need not pay.
  const lookup = lazily(() => createLookup(services, { zone, bindings }));
  // By all that was observed: what is left out of the catalog is there for the control plane.
  const outbounds = lazily(() => indexOutbounds(gateway.outbounds, observed, zone));
  const claims = lazily(() => claimAddresses(observed, zone));
  const hash = lazily(() => hashOf({ mesh, services, gateway }));
  return {
    mesh,
    services,
    gateway,
    get hash() {
      return hash();
    },
    bindings,
    get inexact() {
      return { outbounds: outbounds().ambiguous, addresses: claims().shared };
    },
    find: (reference) => lookup().find(reference),
    outboundsTo: (service) => outbounds().of(service),
    addressesOf: (service, port) => addressesOf(service, port, outbounds(), claims()),
    choose(service, port, choice) {
      const addresses = addressesOf(service, port, outbounds(), claims());
      return choice === 'auto' ? preferredAddress(addresses, gateway) : addresses[choice];
    },
  };
}

/** A source gives a frozen list: indexes that were made of it serve each catalog of it. */
function frozen(services: readonly MeshService[]): readonly MeshService[] {
  return Object.isFrozen(services) ? services : Object.freeze([...services]);
}

/** Sources sort already, and mostly each key is there once: then there is nothing to do. */
function isSorted(services: readonly MeshService[]): boolean {
  let before = '';
  for (const service of services) {
    const key = keyOf(service);
    if (key <= before) return false;
    before = key;
  }
  return true;
}

function sortOnce(services: readonly MeshService[]): readonly MeshService[] {
  const byKey = new Map<string, MeshService>();
  for (const service of services) {
    const key = keyOf(service);
    const known = byKey.get(key);
    if (!known || comesBefore(service, known)) byKey.set(key, service);
  }
  return [...byKey.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function comesBefore(a: MeshService, b: MeshService): boolean {
  if ((a.resource === a.name) !== (b.resource === b.name)) return a.resource === a.name;
  return a.resource < b.resource;
}

/** SHA-256 over JSON; callers give values whose key order is fixed by construction. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
