/** Envoy's counters of clusters, as the control plane hands them on, and what rose between two looks. */

/** What one cluster has counted since its proxy started. */
export interface Counters {
  readonly requests: number;
  /** Sent bytes: a request over a TCP connection that is open already raises nothing else. */
  readonly bytes: number;
  /** It has spoken HTTP: then a request always raises `requests`, and bytes alone are housekeeping. */
  readonly http: boolean;
}
export type ClusterCounters = ReadonlyMap<string, Counters>;

const line =
  /^cluster\.(.+)\.(upstream_rq_total|upstream_cx_total|upstream_cx_tx_bytes_total|upstream_cx_http[123]_total): (\d+)$/;

/** Clusters by which a sidecar talks to itself, to its control plane, to collectors and to its own application. */
const own =
  /^(ads_cluster|access_log_sink|_?kuma_|system_|probe|plugins?_|tracing_|mesh(trace|metric|accesslog)|ext_authz|opentelemetry|localhost_\d|inbound_|self_inbound|self_.*_inbound_)/;

const none: Counters = { requests: 0, bytes: 0, http: false };

export function readCounters(text: string): ClusterCounters {
  const counters = new Map<string, Counters>();
  for (const row of text.split('\n')) {
    const [, cluster, name, value] = line.exec(row.trim()) ?? [];
    if (cluster === undefined || name === undefined || own.test(cluster)) continue;
    const count = Number(value);
    const { requests, bytes, http } = counters.get(cluster) ?? none;
    counters.set(cluster, {
      requests: requests + (/_(rq|cx)_total$/.test(name) ? count : 0),
      bytes: bytes + (name === 'upstream_cx_tx_bytes_total' ? count : 0),
      http: http || (name.startsWith('upstream_cx_http') && count > 0),
    });
  }
  return counters;
}

/** Of several gateways behind one address any may have taken the request. */
export function sumCounters(all: readonly ClusterCounters[]): ClusterCounters {
  const sum = new Map<string, Counters>();
  for (const [cluster, { requests, bytes, http }] of all.flatMap((one) => [...one])) {
    const known = sum.get(cluster) ?? none;
    sum.set(cluster, {
      requests: known.requests + requests,
      bytes: known.bytes + bytes,
      http: known.http || http,
    });
  }
  return sum;
}

/** Names of the clusters whose counters rose; undefined where a proxy has begun to count anew meanwhile. */
export function risen(
  before: ClusterCounters,
  after: ClusterCounters,
): readonly string[] | undefined {
  const fell = [...before].some(([cluster, { requests, bytes }]) => {
    const now = after.get(cluster);
    return now !== undefined && (now.requests < requests || now.bytes < bytes);
  });
  if (fell) return undefined;
  return [...after]
    .filter(([cluster, { requests, bytes, http }]) => {
      const past = before.get(cluster) ?? none;
      return requests > past.requests || (!http && bytes > past.bytes);
    })
    .map(([cluster]) => cluster)
    .sort();
}

/** What a transparent proxy, or a MeshPassthrough, sends on to addresses that are none of the mesh. */
export function isPassthrough(cluster: string): boolean {
  return /^(outbound_passthrough_|meshpassthrough_|self_.*passthrough)/.test(cluster);
}
