/** Envoy's counters of clusters, as the control plane hands them on, and what rose between two looks. */

/** By cluster, the sum of its counters of requests, connections and bytes. */
export type ClusterCounters = ReadonlyMap<string, number>;

/** Bytes count too: a request of a TCP cluster over a connection that is open raises nothing else. */
const line =
  /^cluster\.(.+)\.(?:upstream_rq_total|upstream_cx_total|upstream_cx_tx_bytes_total): (\d+)$/;

/** Clusters by which a sidecar talks to the control plane and to itself. */
const own = /^(ads_cluster|access_log_sink|kuma_|_kuma|meshtrace|probe|system_)/;

export function readCounters(text: string): ClusterCounters {
  const counters = new Map<string, number>();
  for (const row of text.split('\n')) {
    const [, cluster, value] = line.exec(row.trim()) ?? [];
    if (cluster === undefined || own.test(cluster)) continue;
    counters.set(cluster, (counters.get(cluster) ?? 0) + Number(value));
  }
  return counters;
}

/** Names of the clusters whose counters rose. */
export function risen(before: ClusterCounters, after: ClusterCounters): readonly string[] {
  return [...after]
    .filter(([cluster, value]) => value > (before.get(cluster) ?? 0))
    .map(([cluster]) => cluster)
    .sort();
}

export function isPassthrough(cluster: string): boolean {
  return cluster.includes('passthrough');
}

/** Whether the cluster is that of a service: by its tag, or by the parts of its name. */
export function isClusterOf(
  cluster: string,
  service: { readonly name: string; readonly namespace?: string; readonly tags: readonly string[] },
): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const text = `_${plain(cluster)}_`;
  if (service.tags.some((tag) => text.includes(`_${plain(tag)}_`))) return true;
  return [service.name, ...(service.namespace === undefined ? [] : [service.namespace])].every(
    (part) => text.includes(`_${plain(part)}_`),
  );
}
