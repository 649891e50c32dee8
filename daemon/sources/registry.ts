/**
 * The kinds of sources: a new one is a folder, its settings beside here, and a few lines here. Loaded is
 * only what is configured: the client of a control plane alone takes longer than a file to be read.
 */
import type { FileSourceConfig } from './file/config';
import type { KumaSourceConfig } from './kuma/config';
import type { KubernetesSourceConfig } from './kubernetes/config';
import { merged } from './merged';
import { polling } from './polling';
import type { GatewaySelection } from './resources/select-gateways';
import type { Source } from './source';
import type { SourceConfig } from './source-config';

/** What every source needs to know beside its own settings. */
export interface SourceContext {
  readonly mesh: string;
  readonly gateway: GatewaySelection;
  readonly serviceUpstream?: 'observe' | 'enforce';
}

interface SourceSettings {
  readonly kuma: KumaSourceConfig;
  readonly kubernetes: KubernetesSourceConfig;
  readonly file: FileSourceConfig;
}
type SourceKind = keyof SourceSettings;
type SourceFactories = {
  readonly [K in SourceKind]: (
    config: SourceSettings[K],
    context: SourceContext,
  ) => Promise<Source>;
};

const factories: SourceFactories = {
  async kuma({ intervalMs, ...config }, { mesh, gateway }) {
    const { createKumaSource } = await import('./kuma/kuma-source.js');
    const source = createKumaSource({ ...config, mesh, gateway });
    return intervalMs === undefined ? source : polling(source, { intervalMs });
  },
  async kubernetes(config, { mesh, gateway, serviceUpstream }) {
    const { createKubernetesSource } = await import('./kubernetes/kubernetes-source.js');
    return createKubernetesSource({ ...config, mesh, selection: gateway, serviceUpstream });
  },
  async file({ path }, { mesh, gateway }) {
    const { createFileSource } = await import('./file/file-source.js');
    return createFileSource({ paths: path, mesh, gateway });
  },
};

export const sourceKinds = Object.keys(factories) as readonly SourceKind[];

/** The source of one entry. Nothing is read or connected to before its first look. */
export async function createSource(config: SourceConfig, context: SourceContext): Promise<Source> {
  const made = sourceKinds.flatMap((kind) => create(kind, config[kind], context));
  const [source] = await Promise.all(made);
  if (!source) throw new TypeError('A source entry without a kind passed its schema.');
  return source;
}

/** All entries as one source; the first has precedence. */
export async function createSources(
  configs: readonly SourceConfig[],
  context: SourceContext,
): Promise<Source> {
  const made = configs.map((config) => createSource(config, context));
  const [first, ...others] = await Promise.all(made);
  if (!first) throw new TypeError('A configuration without sources passed its schema.');
  return others.length === 0 ? first : merged(first, ...others);
}

function create<K extends SourceKind>(
  kind: K,
  settings: SourceSettings[K] | undefined,
  context: SourceContext,
): readonly Promise<Source>[] {
  return settings === undefined ? [] : [factories[kind](settings, context)];
}
