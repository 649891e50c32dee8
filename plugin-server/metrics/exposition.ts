/**
 * The text format of Prometheus, version 0.0.4. Written by hand because the client library costs this
 * process 3 MB, and what it would keep are integers that are here already.
 */
import { metricList, type MetricName, type MetricSpec } from './metric-list';

export const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export interface Sample {
  /** A value for each label of the metric. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Samples = Readonly<Record<MetricName, readonly Sample[]>>;

/** All metrics in the order of the list; one without samples is left out. */
export function expose(samples: Samples): string {
  return Object.entries<MetricSpec>(metricList)
    .filter(([name]) => samples[name as MetricName].length > 0)
    .map(([name, { type, help }]) => {
      const lines = samples[name as MetricName].map(
        ({ labels = {}, value }) => `${name}${formatLabels(labels)} ${String(value)}\n`,
      );
      const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
      return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
