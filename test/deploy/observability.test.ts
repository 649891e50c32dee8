/** Dashboard and alert rules: every metric and label they use exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'yaml';

import { metricList, type MetricSpec } from '../../daemon/status/metric-list';
import { metricList as ofPluginServer } from '../../plugin-server/metrics/metric-list';

const deploy = join(__dirname, '..', '..', 'deploy');
const list: Readonly<Record<string, MetricSpec>> = { ...metricList, ...ofPluginServer };

interface Query {
  readonly from: string;
  readonly expr: string;
}

const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana', 'kong-meshd.json'), 'utf8'));
const rules = parse(readFileSync(join(deploy, 'prometheus', 'alerts.yml'), 'utf8'));

const queries: readonly Query[] = [
  ...dashboard.panels.flatMap((panel: any) =>
    (panel.targets ?? []).map(({ expr }: { expr: string }) => ({ from: panel.title, expr })),
  ),
  ...dashboard.templating.list.flatMap(({ name, query }: any) =>
    typeof query === 'object' ? [{ from: `variable ${name}`, expr: query.query }] : [],
  ),
  ...rules.groups.flatMap(({ rules: alerts }: any) =>
    alerts.map(({ alert, expr }: any) => ({ from: alert, expr })),
  ),
];

/** Labels that Prometheus itself puts on what it scrapes. */
const scraped = ['job', 'instance'];

describe('dashboard and alert rules', () => {
  it('are there', () => {
    for (const { rules: alerts } of rules.groups) expect(alerts.length).toBeGreaterThan(5);
    expect(dashboard.panels.length).toBeGreaterThan(15);
  });

  it.each(queries)('$from: asks for metrics and labels that exist', ({ expr }) => {
    const names = [...expr.matchAll(/\b(?:kong_meshd|process)_[a-z_]+/g)].map(([name]) => name);
    const specs = names.map((name) => list[name] ?? histogramOf(name));

    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((_, index) => !specs[index])).toEqual([]);
    const known = new Set([...scraped, 'le', ...specs.flatMap((spec) => spec?.labels ?? [])]);
    expect(labelsIn(expr).filter((label) => !known.has(label))).toEqual([]);
  });

  it('know only metrics of the list', () => {
    expect(histogramOf('kong_meshd_pass_duration_seconds_bucket')?.type).toBe('histogram');
    expect(histogramOf('kong_meshd_ready_bucket')).toBeUndefined();
    expect(labelsIn('sum by (a, b) (x{c="1", d=~"2"})').sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(labelsIn('x unless on (a) y and on () z')).toEqual(['a']);
  });

  it('tell in each alert what happened and what to do', () => {
    for (const { labels, annotations } of rules.groups.flatMap((group: any) => group.rules)) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary.length).toBeGreaterThan(10);
      expect(annotations.description).toMatch(/\.\s*$/);
    }
  });

  it('give each panel its own id and a place of its own', () => {
    const ids = dashboard.panels.map(({ id }: any) => id);
    const cells = dashboard.panels.flatMap(({ gridPos }: { gridPos: Record<string, number> }) => {
      const { x = 0, y = 0, w = 0, h = 0 } = gridPos;
      return Array.from(
        { length: w * h },
        (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`,
      );
    });

    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(cells).size).toBe(cells.length);
  });
});

function histogramOf(name: string): MetricSpec | undefined {
  const spec = list[name.replace(/_(bucket|sum|count)$/, '')];
  return spec?.type === 'histogram' ? spec : undefined;
}

function labelsIn(expr: string): string[] {
  const selected = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/([a-z_]+)\s*(?:=~|!=|=)/g)].map(([, label = '']) => label),
  );
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]+)\)/g)].flatMap(([, inside = '']) =>
    inside.split(',').map((label) => label.trim()),
  );
  return [...selected, ...grouped];
}
