/**
 * Where a request goes: config and snapshot in, decision out. Pure, total, and blind to the request:
 * no client can choose an address.
 */
import { formatAddress } from '../../catalog/address';
import {
  formatReference,
  type Lookup,
  type LookupResult,
  type Miss,
  type Reference,
} from '../../catalog/lookup';
import { meshHostname } from '../../catalog/service';
import type { SnapshotPort, SnapshotService } from '../../catalog/snapshot';
import { parseReference, sharesOf, type Config } from './config';
import { upstreamErrors, type UpstreamCode } from './errors';

/** What the plugin asks of a snapshot. */
export type ServiceLookup = Pick<Lookup<SnapshotService>, 'find'>;

/** `target`: Kong sets it to the target's host by itself, which costs no call. */
export type HostHeader =
  | { readonly type: 'target' }
  | { readonly type: 'set'; readonly value: string }
  /** `otherwise` for a client that sent none. */
  | { readonly type: 'preserve'; readonly otherwise: string };

export interface Rejection {
  readonly code: UpstreamCode;
  readonly message: string;
  readonly remedy: string;
  readonly reason: Reason;
  readonly service: string;
  readonly candidates?: readonly string[];
  readonly ports?: readonly string[];
}

export type Reason =
  | Miss['reason']
  | 'no-address'
  | 'no-weight'
  | 'no-snapshot'
  | 'stale-snapshot'
  | 'invalid-config'
  | 'internal-error';

export type Decision =
  | Rewrite
  | Split
  | { readonly kind: 'reject'; readonly rejection: Rejection }
  /** The Kong service's own target stays: past the mesh, as the user chose. */
  | { readonly kind: 'pass'; readonly rejection: Rejection };

export interface Rewrite {
  readonly kind: 'rewrite';
  readonly host: string;
  readonly port: number;
  readonly hostHeader: HostHeader;
  /** The reference that was taken: of the service, of one of several, or of the fallback. */
  readonly service: string;
  /** Where it is the fallback: why the service itself was not taken. */
  readonly insteadOf?: Reason | 'unavailable';
  /** Those of several services that have no address, whose shares the others get. */
  readonly leftOut?: readonly Rejection[];
}

/** Each request goes to one of them, by weight. */
export interface Split {
  readonly kind: 'split';
  readonly shares: readonly Share[];
  readonly leftOut?: readonly Rejection[];
}

export interface Share {
  /** Above zero. */
  readonly weight: number;
  readonly decision: Rewrite;
}

type Candidate =
  | { readonly usable: true; readonly decision: Rewrite; readonly unavailable: boolean }
  | { readonly usable: false; readonly rejection: Rejection };

type Weighed = Candidate & { readonly weight: number };

/**
 * A service that has no address or no healthy endpoint leaves its share to the others. The fallback is
 * taken where that leaves none; where the mesh calls all of them unavailable, those of the user's
 * choice stay, since the mesh may know better by now.
 * @param lookup undefined while no snapshot has been read.
 * @param distrust why outbound ports may be those of other services by now.
 */
export function decide(
  config: Config,
  lookup: ServiceLookup | undefined,
  distrust?: string,
): Decision {
  const chosen = sharesOf(config)
    .filter(({ weight }) => weight > 0)
    .map(({ reference, weight }): Weighed => ({
      ...evaluate(config, reference, lookup, distrust),
      weight,
    }));
  const usable = chosen.flatMap((one) => (one.usable ? [one] : []));
  const leftOut = chosen.flatMap((one) => (one.usable ? [] : [one.rejection]));
  const ready = split(
    usable.filter(({ unavailable }) => !unavailable),
    leftOut,
  );
  if (ready) return ready;
  const fallback =
    config.fallback === undefined
      ? undefined
      : evaluate(config, parseReference(config.fallback), lookup, distrust);
  const stays = split(usable, leftOut);
  if (stays) {
    const better = fallback?.usable === true && !fallback.unavailable;
    return better ? { ...fallback.decision, insteadOf: 'unavailable' } : stays;
  }
  const rejection = rejectionOfAll(leftOut, config);
  return fallback?.usable === true
    ? { ...fallback.decision, insteadOf: rejection.reason }
    : refuse(rejection, config);
}

function split(
  candidates: readonly Extract<Weighed, { usable: true }>[],
  leftOut: readonly Rejection[],
): Rewrite | Split | undefined {
  const [first, ...others] = candidates;
  if (!first) return undefined;
  const missing = leftOut.length > 0 ? { leftOut } : {};
  if (others.length === 0) return { ...first.decision, ...missing };
  const shares = candidates.map(({ decision, weight }) => ({ decision, weight }));
  return { kind: 'split', shares, ...missing };
}

/** What is not the mesh's word on a service: nothing may go past the mesh for it. */
const ownFailures: readonly Reason[] = ['no-snapshot', 'stale-snapshot', 'no-weight'];

/** One speaks for all: the first, unless a failure of our own is among them. */
function rejectionOfAll(rejections: readonly Rejection[], config: Config): Rejection {
  const own = rejections.find(({ reason }) => ownFailures.includes(reason));
  const rejection = own ?? rejections[0];
  if (rejection) return rejection;
  const labels = sharesOf(config).map(({ reference }) => formatReference(reference));
  return rejectionOf('UPSTREAM_NO_WEIGHT', 'no-weight', abridged(labels).join(', '));
}

function refuse(rejection: Rejection, config: Config): Decision {
  const passes = config.on_missing === 'passthrough' && !ownFailures.includes(rejection.reason);
  return { kind: passes ? 'pass' : 'reject', rejection };
}

function evaluate(
  config: Config,
  reference: Reference,
  lookup: ServiceLookup | undefined,
  distrust: string | undefined,
): Candidate {
  const label = formatReference(reference);
  if (!lookup) return unusable('UPSTREAM_SNAPSHOT_MISSING', 'no-snapshot', label);
  const result: LookupResult<SnapshotService> = lookup.find(reference);
  if (!result.found) return { usable: false, rejection: missRejection(result.miss, label) };
  const { service, port } = result;
  const form = config.address === 'auto' ? port.auto : config.address;
  const address = form === undefined ? undefined : port.addresses[form];
  const target = address === undefined ? undefined : splitAddress(address);
  if (!target) {
    const details = { form: config.address === 'auto' ? 'usable' : config.address };
    return unusable('UPSTREAM_NO_ADDRESS', 'no-address', label, details);
  }
  if (form === 'outbound' && distrust !== undefined) {
    return unusable('UPSTREAM_SNAPSHOT_STALE', 'stale-snapshot', label, { cause: distrust });
  }
  const hostHeader = hostHeaderOf(config.host_header, service, port, target.host);
  return {
    usable: true,
    decision: { kind: 'rewrite', ...target, hostHeader, service: label },
    unavailable: service.availability === 'unavailable',
  };
}

/**
 * The mesh's host name with `:port` unless it is the default of the scheme: Kong's own rule for a
 * service's Host, which `setTarget` would otherwise lose.
 */
function meshHost(service: SnapshotService, port: SnapshotPort): string {
  const host = meshHostname(service, port);
  const number = port.servedAt?.port ?? port.port;
  const standard = port.protocol === 'tls' || port.protocol === 'https' ? 443 : 80;
  return number === standard ? host : formatAddress({ host, port: number });
}

function hostHeaderOf(
  wanted: string,
  service: SnapshotService,
  port: SnapshotPort,
  targetHost: string,
): HostHeader {
  const mesh = meshHost(service, port);
  if (wanted === 'preserve') return { type: 'preserve', otherwise: mesh };
  const value = wanted === 'mesh' ? mesh : wanted;
  return value === targetHost ? { type: 'target' } : { type: 'set', value };
}

function missRejection(miss: Miss, service: string): Rejection {
  switch (miss.reason) {
    case 'unknown-service':
      return rejectionOf('UPSTREAM_SERVICE_UNKNOWN', miss.reason, service);
    case 'ambiguous-service': {
      const candidates = abridged(miss.candidates);
      const details = { candidates: candidates.join(', ') };
      return {
        ...rejectionOf('UPSTREAM_SERVICE_AMBIGUOUS', miss.reason, service, details),
        candidates,
      };
    }
    case 'moved-service': {
      const candidates = abridged(miss.candidates);
      const details = { bound: miss.bound, candidates: candidates.join(', ') };
      return { ...rejectionOf('UPSTREAM_SERVICE_GONE', miss.reason, service, details), candidates };
    }
    case 'port-needed':
    case 'unknown-port': {
      const ports = abridged(miss.ports);
      const code = miss.reason === 'port-needed' ? 'UPSTREAM_PORT_NEEDED' : 'UPSTREAM_PORT_UNKNOWN';
      const details = { ports: ports.join(', ') || 'none' };
      return { ...rejectionOf(code, miss.reason, service, details), ports };
    }
  }
}

/** Rejections that no lookup gives: a broken config, no snapshot yet, a fault of the plugin. */
export function rejectionOf(
  code: UpstreamCode,
  reason: Reason,
  service: string,
  details: Readonly<Record<string, string>> = {},
): Rejection {
  const { message, remedy } = upstreamErrors.failure(code, { service, ...details });
  return { code, message, remedy, reason, service };
}

function unusable(
  code: UpstreamCode,
  reason: Reason,
  service: string,
  details?: Readonly<Record<string, string>>,
): Candidate {
  return { usable: false, rejection: rejectionOf(code, reason, service, details) };
}

/** An answer to a client must stay small, however many namesakes there are. */
function abridged(names: readonly string[]): readonly string[] {
  const limit = 10;
  return names.length <= limit
    ? names
    : [...names.slice(0, limit), `and ${names.length - limit} more`];
}

/** An IPv6 address keeps its brackets: Kong's balancer reads it as part of a URL. */
function splitAddress(address: string): { host: string; port: number } | undefined {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  const host = address.slice(0, colon);
  return host !== '' && port >= 1 && port <= 65535 ? { host, port } : undefined;
}
