import { metricList } from '../../daemon/status/metric-list';
import { metricList as ofPluginServer } from '../../plugin-server/metrics/metric-list';
import { escapeCell, generated } from './markdown';

interface MetricSpec {
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** One row per metric, in the order of the lists. */
export function metricsPage(): string {
  return generated(
    [
      '# Metrics',
      '',
      '## The daemon',
      '',
      'The daemon serves them at `/metrics` of its status server (`status.listen`), in the text format of',
      'Prometheus. A histogram has the series `_bucket`, `_sum` and `_count`. Nothing here holds the name',
      'of a route, a request or a secret, so the number of series does not grow with the gateway.',
      '',
      '`deploy/grafana/kong-meshd.json` is a dashboard of them, `deploy/prometheus/alerts.yml` a set of',
      'alert rules.',
      '',
      ...table(metricList),
      '',
      '## The plugin server',
      '',
      'It serves them at `/metrics` where `kong-meshd plugin-server --metrics` or `KONG_MESHD_METRICS` says:',
      'on `127.0.0.1:9651`, or on `unix:/path` of a socket where the process has no network. By default it',
      'serves none. `/livez` beside them answers 200 while its own socket is where Kong finds it. Under',
      'host names other than localhost and the address itself they are served where',
      '`KONG_MESHD_METRICS_HOSTS` lists them, separated by commas. Several plugin servers on a host have',
      'an address each. `file` is the path of a snapshot; nothing else of the configuration shows.',
      '',
      ...table(ofPluginServer),
      '',
    ].join('\n'),
  );
}

function table(list: Readonly<Record<string, MetricSpec>>): readonly string[] {
  const rows = Object.entries(list).map(([name, { type, labels, help }]) => {
    const labelled = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labelled} | ${escapeCell(help)} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows];
}
