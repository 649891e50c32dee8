/** Envoy's counters of clusters, as its admin interface prints them in `/stats`. */

/** Only what a request raises; a real one has some 80 more of each cluster, which stay at 0 or repeat these. */
const names = [
  'upstream_cx_connect_fail',
  'upstream_cx_http1_total',
  'upstream_cx_none_healthy',
  'upstream_cx_total',
  'upstream_cx_tx_bytes_total',
  'upstream_rq_completed',
  'upstream_rq_total',
] as const;
export type CounterName = (typeof names)[number];

/** The cluster that a transparent proxy sends through which is of no service of the mesh. */
export const passthroughCluster = 'outbound:passthrough:ipv4';

/** The proxy asks itself through this one whenever its counters are read. */
const adminCluster = 'kuma:envoy:admin';

export class Counters {
  readonly #clusters = new Map<string, Map<CounterName, number>>();

  constructor() {
    this.know('ads_cluster');
    this.know(adminCluster);
    this.know(passthroughCluster);
  }

  /** A cluster is printed from its configuration on, with zeros. */
  know(cluster: string): void {
    if (!this.#clusters.has(cluster)) {
      this.#clusters.set(cluster, new Map(names.map((name) => [name, 0])));
    }
  }

  add(cluster: string, name: CounterName, count = 1): void {
    this.know(cluster);
    const counters = this.#clusters.get(cluster);
    counters?.set(name, (counters.get(name) ?? 0) + count);
  }

  /** Lines `cluster.<name>.<counter>: <value>`, sorted; reading them is a request of its own. */
  text(): string {
    this.add('ads_cluster', 'upstream_cx_tx_bytes_total', 512);
    this.add(adminCluster, 'upstream_rq_total');
    const lines = [...this.#clusters].flatMap(([cluster, counters]) =>
      [...counters].map(([name, value]) => `cluster.${statName(cluster)}.${name}: ${value}`),
    );
    return `${[...lines, 'server.live: 1'].sort().join('\n')}\n`;
  }

  /** A process that starts again counts from 0. */
  clear(): void {
    for (const cluster of this.#clusters.keys()) {
      this.#clusters.set(cluster, new Map(names.map((name) => [name, 0])));
    }
  }
}

/** Envoy takes the colons out of names of clusters. */
function statName(cluster: string): string {
  return cluster.replaceAll(':', '_');
}
