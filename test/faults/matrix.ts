/** The whole matrix: a component or a fault without an entry does not compile. */
import { dataplane } from './components/dataplane';
import { kongAdmin } from './components/kong-admin';
import { kongDbless } from './components/kong-dbless';
import { kongFile } from './components/kong-file';
import { pluginServer } from './components/plugin-server';
import { sidecar } from './components/sidecar';
import { snapshot } from './components/snapshot';
import { source } from './components/source';
import type { Component, Row, Trial } from './vocabulary';
import type { WorldOptions } from './world/fault-world';

export const matrix: Readonly<Record<Component, Row>> = {
  source,
  snapshot,
  'kong-dbless': kongDbless,
  'kong-admin': kongAdmin,
  'kong-file': kongFile,
  dataplane,
  'plugin-server': pluginServer,
  sidecar,
};

/** What a reader calls them. */
export const titles: Readonly<Record<Component, string>> = {
  source: 'Source (Kuma API)',
  snapshot: 'Snapshot file',
  'kong-dbless': 'Kong without a database',
  'kong-admin': 'Kong by its Admin API',
  'kong-file': 'Kong by a file',
  dataplane: 'Dataplane of the gateway',
  'plugin-server': 'Plugin server',
  sidecar: 'Sidecar',
};

export function worldFor(component: Component, trial: Trial): Omit<WorldOptions, 'index'> {
  const form = component === 'kong-admin' ? 'admin' : component === 'kong-file' ? 'file' : 'dbless';
  const { fileOwned = false, looksAtPlugin = false } = trial;
  return { form, fileOwned, looksAtPlugin };
}
