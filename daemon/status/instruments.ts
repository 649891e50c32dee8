/** The metric list as live instruments in a registry of their own: nothing global. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import { metricList, type MetricName, type MetricSpec } from './metric-list';

type Label<N extends MetricName> = (typeof metricList)[N]['labels'][number];
type Instrument<N extends MetricName> = (typeof metricList)[N]['type'] extends 'counter'
  ? Counter<Label<N>>
  : (typeof metricList)[N]['type'] extends 'gauge'
    ? Gauge<Label<N>>
    : Histogram<Label<N>>;

export type Instruments = { readonly [N in MetricName]: Instrument<N> };

export function createInstruments(registry: Registry): Instruments {
  const made = Object.entries<MetricSpec>(metricList).map(
    ([name, spec]) => [name, createInstrument(registry, name, spec)] as const,
  );
  return Object.fromEntries(made) as unknown as Instruments;
}

function createInstrument(registry: Registry, name: string, spec: MetricSpec) {
  const { help, labels, buckets } = spec;
  const options = { name, help, labelNames: labels, registers: [registry] };
  switch (spec.type) {
    case 'counter':
      return new Counter(options);
    case 'gauge':
      return new Gauge(options);
    case 'histogram':
      return new Histogram({ ...options, ...(buckets ? { buckets: [...buckets] } : {}) });
  }
}

export { Registry };
