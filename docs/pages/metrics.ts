import { metricList, type MetricSpec } from '../../daemon/status/metric-list';
import { escapeCell, generated } from './markdown';

/** One row per metric, in the order of the list. */
export function metricsPage(): string {
  const rows = Object.entries<MetricSpec>(metricList).map(([name, { type, labels, help }]) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labelled} | ${escapeCell(help)} |`;
  });
  return generated(
    [
      '# Metrics',
      '',
      'The daemon serves them at `/metrics` of its status server (`status.listen`), in the text format of',
      'Prometheus. A histogram has the series `_bucket`, `_sum` and `_count`. Nothing here holds the name',
      'of a route, a request or a secret, so the number of series does not grow with the gateway.',
      '',
      '`deploy/grafana/kong-meshd.json` is a dashboard of them, `deploy/prometheus/alerts.yml` a set of',
      'alert rules.',
      '',
      '| metric | type | labels | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n'),
  );
}
