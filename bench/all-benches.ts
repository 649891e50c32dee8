/** Every bench by its name, in the order in which `all` runs them. */
import type { Figures } from './figures';
import type { BenchOptions } from './options';

export interface Bench {
  run(options: BenchOptions): Promise<Figures>;
}

export interface BenchEntry {
  /** Loaded when it is run: a bench measures its own process too. */
  readonly load: () => Promise<Bench>;
  /** What `all` gives it: a long bench has a shorter form there. */
  readonly inAll?: readonly string[];
}

/** A new bench is a file and a line here; its meaning goes to `report/sections.ts`. */
export const allBenches: Readonly<Record<string, BenchEntry>> = {
  plugin: { load: () => import('./plugin.js') },
  pdk: { load: () => import('./pdk.js') },
  lookup: { load: () => import('./lookup.js') },
  pass: { load: () => import('./pass.js') },
  propagate: { load: () => import('./propagate.js') },
  split: { load: () => import('./split.js') },
  failover: { load: () => import('./failover.js') },
  start: { load: () => import('./start.js') },
  sync: { load: () => import('./sync.js') },
  deck: { load: () => import('./deck.js') },
  memory: { load: () => import('./memory.js') },
  k8s: { load: () => import('./k8s.js') },
  doctor: { load: () => import('./doctor.js') },
  page: { load: () => import('./page.js') },
  churn: { load: () => import('./churn.js') },
  soak: { load: () => import('./soak.js') },
  cutover: { load: () => import('./cutover.js') },
  scale: { load: () => import('./scale.js') },
};
