/**
 * What became of requests lately, by the counters of the plugin server: for a glance at the page. Whoever
 * wants history asks Prometheus. Pure.
 */

/** As the plugin server counts them: where requests went, or that they were refused. */
export const requestResults = ['sent', 'fallback', 'passthrough', 'rejected'] as const;
export type RequestResult = (typeof requestResults)[number];
export type RequestCounts = Readonly<Record<RequestResult, number>>;

export interface RequestSample {
  readonly atMs: number;
  /** Since the sample before it. */
  readonly counts: RequestCounts;
}

export interface RequestSeries {
  /** Counters at the last look. */
  readonly totals: RequestCounts;
  readonly lastAtMs: number;
  /** The oldest first. */
  readonly samples: readonly RequestSample[];
}

/** Five minutes, at a look every five seconds. */
const kept = 60;

const line = /^kong_meshd_plugin_server_decisions_total\{([^}]*)\} (\d+)$/;

/** Undefined where the text is not of a plugin server. */
export function readRequestCounts(exposition: string): RequestCounts | undefined {
  if (!exposition.includes('kong_meshd_plugin_server_build_info')) return undefined;
  const counts = { sent: 0, fallback: 0, passthrough: 0, rejected: 0 };
  for (const row of exposition.split('\n')) {
    const [, labels = '', value] = line.exec(row) ?? [];
    const result = /(?:^|,)result="([a-z]+)"/.exec(labels)?.[1];
    const known = requestResults.find((name) => name === result);
    if (known !== undefined) counts[known] += Number(value);
  }
  return counts;
}

/** The series after one more look; a counter that fell is of a server that started again. */
export function recordRequests(
  series: RequestSeries | undefined,
  totals: RequestCounts,
  atMs: number,
): RequestSeries {
  if (!series) return { totals, lastAtMs: atMs, samples: [] };
  const restarted = requestResults.some((name) => totals[name] < series.totals[name]);
  const since = (name: RequestResult): number =>
    restarted ? totals[name] : totals[name] - series.totals[name];
  const counts = {
    sent: since('sent'),
    fallback: since('fallback'),
    passthrough: since('passthrough'),
    rejected: since('rejected'),
  };
  return { totals, lastAtMs: atMs, samples: [...series.samples, { atMs, counts }].slice(-kept) };
}
