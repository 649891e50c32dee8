/**
 * Reference → service. Ambiguity is an error that lists the candidates, never a silent choice: a
 * wrong service is worse than none.
 */
import {
  bindingKey,
  boundAmong,
  isBoundForm,
  identityName,
  noBindings,
  parseServiceKey,
  type Bindings,
} from './bindings';
import {
  aliasesOf,
  exactAliasesOf,
  fullReference,
  kindRank,
  type Referable,
  type ReferablePort,
} from './service';

/** How a user names a mesh service: a reference of `aliasesOf`, and a port where it has several. */
export interface Reference {
  readonly service: string;
  readonly port?: number | string;
}

export type LookupResult<S extends Referable> =
  | { readonly found: true; readonly service: S; readonly port: S['ports'][number] }
  | { readonly found: false; readonly miss: Miss };

export type Miss =
  | { readonly reason: 'unknown-service' }
  | { readonly reason: 'ambiguous-service'; readonly candidates: readonly string[] }
  /** The service that the reference stood for is gone; others of its name are there. */
  | {
      readonly reason: 'moved-service';
      readonly bound: string;
      readonly candidates: readonly string[];
    }
  | { readonly reason: 'port-needed'; readonly ports: readonly string[] }
  | { readonly reason: 'unknown-port'; readonly ports: readonly string[] };

export interface Lookup<S extends Referable> {
  readonly size: number;
  /**
   * In constant time, whatever the number of services. Case matters only between services whose names
   * differ in nothing else; a trailing dot never does.
   */
  find(reference: Reference): LookupResult<S>;
}

/**
 * A reference that was resolved before stays with its service. Where a new one names several, the
 * mesh's own resources win over the Service or tag they were made from, and the gateway's own zone wins
 * over others (as in the mesh's own DNS). What is then left must be one.
 */
export function createLookup<S extends Referable>(
  services: readonly S[],
  options: { readonly zone?: string | undefined; readonly bindings?: Bindings } = {},
): Lookup<S> {
  const { zone, bindings = noBindings } = options;
  const byAlias = indexOf(services);
  return {
    size: services.length,
    find(reference) {
      const known = byAlias.get(normaliseReference(reference.service));
      if (known === undefined) return { found: false, miss: { reason: 'unknown-service' } };
      const named = spelledAs(reference.service, Array.isArray(known) ? known : [known]);
      const bound = parseServiceKey(bindings.get(bindingKey(reference.service)) ?? '');
      const meant = bound ? boundAmong(bound, named, zone) : named;
      if (bound && meant.length === 0) return moved(identityName(bound), named);
      const narrowed = meant.length > 1 ? narrow(meant, zone) : meant;
      const form = bound && meant.filter((service) => isBoundForm(bound, service));
      const candidates = narrowed.length > 1 && form?.length === 1 ? form : narrowed;
      const [service, ...others] = candidates;
      if (!service || others.length > 0) return ambiguous(candidates);
      return findPort(service, reference);
    },
  };
}

const indexes = new WeakMap<readonly Referable[], ReadonlyMap<string, Referable | Referable[]>>();

const aliases = new WeakMap<Referable, readonly string[]>();

/** Once for each object, for lists of which the next one has most objects again. */
function knownAliasesOf(service: Referable): readonly string[] {
  let known = aliases.get(service);
  if (!known) {
    known = aliasesOf(service);
    aliases.set(service, known);
  }
  return known;
}

/**
 * Once for each list that cannot change: a pass resolves before and after its outbounds are planned. What
 * is no such list is looked at once, as by the plugin: nothing is kept of it.
 */
function indexOf<S extends Referable>(services: readonly S[]): ReadonlyMap<string, S | S[]> {
  const known = indexes.get(services) as ReadonlyMap<string, S | S[]> | undefined;
  if (known) return known;
  const lasts = Object.isFrozen(services);
  const byAlias = new Map<string, S | S[]>();
  for (const service of services) {
    for (const alias of lasts ? knownAliasesOf(service) : aliasesOf(service)) {
      const named = byAlias.get(alias);
      if (named === undefined) byAlias.set(alias, service);
      else if (Array.isArray(named)) named.push(service);
      else byAlias.set(alias, [named, service]);
    }
  }
  if (lasts) indexes.set(services, byAlias);
  return byAlias;
}

/** Those that are called exactly so, where any of them is. */
function spelledAs<S extends Referable>(reference: string, named: readonly S[]): readonly S[] {
  if (named.length === 1) return named;
  const spelled = bindingKey(reference);
  const exact = named.filter((service) => exactAliasesOf(service).includes(spelled));
  return exact.length > 0 ? exact : named;
}

/** `orders`, `orders:8080`, `orders:http`: as messages print a reference. */
export function formatReference({ service, port }: Reference): string {
  return port === undefined ? service : `${service}:${port}`;
}

function narrow<S extends Referable>(known: readonly S[], zone: string | undefined): S[] {
  const candidates = withoutFarTwins(known, zone);
  const best = Math.min(...candidates.map((candidate) => kindRank[candidate.kind]));
  const ranked = candidates.filter((candidate) => kindRank[candidate.kind] === best);
  if (ranked.length === 1 || zone === undefined) return ranked;
  // A MeshMultiZoneService is of no zone: it stays beside the local MeshService, hence ambiguous.
  const local = ranked.filter(
    (candidate) => candidate.zone === zone || candidate.zone === undefined,
  );
  return local.length > 0 ? local : ranked;
}

/**
 * A Service of the gateway's cluster is nearer than a resource of another zone, and its own resource
 * comes a moment after it: until then its namesake elsewhere is not the one that is meant.
 */
function withoutFarTwins<S extends Referable>(
  candidates: readonly S[],
  zone: string | undefined,
): readonly S[] {
  const isFar = (candidate: S): boolean => candidate.zone !== undefined && candidate.zone !== zone;
  return zone !== undefined && candidates.some(({ kind }) => kind === 'KubernetesService')
    ? candidates.filter((candidate) => !isFar(candidate))
    : candidates;
}

function findPort<S extends Referable>(service: S, reference: Reference): LookupResult<S> {
  const ports: readonly ReferablePort[] = service.ports;
  const matched = matchPort(ports, reference);
  if (matched) return { found: true, service, port: matched };
  const reason = reference.port === undefined ? 'port-needed' : 'unknown-port';
  return { found: false, miss: { reason, ports: ports.map(formatPort) } };
}

function matchPort(
  ports: readonly ReferablePort[],
  reference: Reference,
): ReferablePort | undefined {
  if (reference.port !== undefined) {
    const wanted = String(reference.port);
    return (
      ports.find(({ port }) => String(port) === wanted) ?? ports.find(({ name }) => name === wanted)
    );
  }
  // A tag such as `orders_shop_svc_8080` names one port of its service by itself.
  const name = normaliseReference(reference.service);
  const tagged = ports.filter(
    ({ tag, servedAt }) =>
      tag?.toLowerCase() === name ||
      servedAt?.hostnames.some((hostname) => hostname.toLowerCase() === name),
  );
  if (tagged.length === 1) return tagged[0];
  return ports.length === 1 ? ports[0] : undefined;
}

function ambiguous(candidates: readonly Referable[]): LookupResult<never> {
  return {
    found: false,
    miss: { reason: 'ambiguous-service', candidates: namesOf(candidates) },
  };
}

function namesOf(services: readonly Referable[]): readonly string[] {
  return services.map((service) => `${fullReference(service)} (${service.kind})`).sort();
}

function moved(bound: string, named: readonly Referable[]): LookupResult<never> {
  const candidates = namesOf(named);
  return { found: false, miss: { reason: 'moved-service', bound, candidates } };
}

function formatPort({ port, name }: ReferablePort): string {
  return name === undefined || name === String(port) ? String(port) : `${port} (${name})`;
}

/** The form in which references are compared: lower case, without a trailing dot. */
export function normaliseReference(reference: string): string {
  const lower = reference.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
