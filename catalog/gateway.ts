/** The gateway as the mesh sees it: its Dataplane, and what its sidecar can do for Kong. */

/** A port on which the gateway's sidecar listens for one mesh service. */
export interface Outbound {
  readonly address: string;
  readonly port: number;
  readonly target: OutboundTarget;
}

export type OutboundTarget =
  | { readonly type: 'tags'; readonly tags: Readonly<Record<string, string>> }
  | {
      readonly type: 'backendRef';
      readonly kind: string;
      /** By resource name, or else by labels. */
      readonly name?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly port: number;
    };

/** One Dataplane that stands for a gateway, as observed. */
export interface GatewayDataplane {
  readonly mesh: string;
  readonly name: string;
  readonly zone?: string;
  readonly address: string;
  /** Has the gateway block of 2.x. */
  readonly delegated: boolean;
  /** Has neither a gateway block nor inbounds: the gateway of 3.x, where nothing marks it. */
  readonly plain?: boolean;
  /** The identity policies name: `kuma.io/service` of the gateway, where it has one. */
  readonly service?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly transparentProxy: boolean;
  readonly outbounds: readonly Outbound[];
}

/**
 * What address choice needs to know of all gateways that share one Kong config: an outbound counts
 * only if every one of them has it.
 */
export interface Gateway {
  readonly environment: 'universal' | 'kubernetes';
  readonly transparentProxy: boolean;
  readonly zone?: string;
  readonly outbounds: readonly Outbound[];
}

/** A sidecar with inbounds and a builtin gateway are none: Kong does not run behind them. */
export function isGateway({
  delegated,
  plain,
}: Pick<GatewayDataplane, 'delegated' | 'plain'>): boolean {
  return delegated || plain === true;
}

/** The common ground of several Dataplanes behind one Kong config. */
export function commonGateway(
  environment: Gateway['environment'],
  dataplanes: readonly GatewayDataplane[],
): Gateway {
  const [first, ...others] = dataplanes;
  if (!first) {
    return { environment, transparentProxy: environment === 'kubernetes', outbounds: [] };
  }
  // Of gateways in several zones none is the own one: a namesake elsewhere must not win by chance.
  const zone = others.every((other) => other.zone === first.zone) ? first.zone : undefined;
  const shared = others.map((other) => new Set(other.outbounds.map(outboundKey)));
  return {
    environment,
    transparentProxy: dataplanes.every((dataplane) => dataplane.transparentProxy),
    ...(zone === undefined ? {} : { zone }),
    outbounds: first.outbounds.filter((outbound) =>
      shared.every((keys) => keys.has(outboundKey(outbound))),
    ),
  };
}

/** Equal for outbounds that listen at the same place and lead to the same target. */
export function outboundKey(outbound: Outbound): string {
  return `${outbound.address}:${outbound.port}>${targetKey(outbound.target)}`;
}

/** Equal for targets that lead to the same endpoints. */
export function targetKey(target: OutboundTarget): string {
  if (target.type === 'tags') return `tags:${sorted(target.tags)}`;
  return `ref:${target.kind}:${target.name ?? sorted(target.labels)}:${target.port}`;
}

/** `MeshService orders:8080`, `kuma.io/service orders`. */
export function describeTarget(target: OutboundTarget): string {
  if (target.type === 'tags') {
    const { 'kuma.io/service': service, ...others } = target.tags;
    const further = Object.entries(others).map(([key, value]) => `, ${key} ${value}`);
    return `kuma.io/service ${service ?? ''}${further.join('')}`;
  }
  const { kind, name, labels, port } = target;
  if (name !== undefined) return `${kind} ${name}:${port}`;
  const { 'kuma.io/display-name': named, ...others } = labels;
  const home = others['kuma.io/zone'];
  const zone = home === undefined ? '' : ` of zone ${home}`;
  return `${kind} ${named ?? JSON.stringify(labels)}:${port}${zone}`;
}

function sorted(record: Readonly<Record<string, string>>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
