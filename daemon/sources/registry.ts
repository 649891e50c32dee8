/** The kinds of sources: a new one is a folder, its settings beside here, and a few lines here. */
import type { FileSourceConfig } from './file/config';
import { createFileSource } from './file/file-source';
import type { KumaSourceConfig } from './kuma/config';
import type { KubernetesSourceConfig } from './kubernetes/config';
import { createKubernetesSource } from './kubernetes/kubernetes-source';
import { createKumaSource } from './kuma/kuma-source';
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
  readonly [K in SourceKind]: (config: SourceSettings[K], context: SourceContext) => Source;
};

const factories: SourceFactories = {
  kuma({ intervalMs, ...config }, { mesh, gateway }) {
    const source = createKumaSource({ ...config, mesh, gateway });
    return intervalMs === undefined ? source : polling(source, { intervalMs });
  },
  kubernetes: (config, { mesh, gateway, serviceUpstream }) =>
    createKubernetesSource({ ...config, mesh, selection: gateway, serviceUpstream }),
  file: ({ path }, { mesh, gateway }) => createFileSource({ paths: path, mesh, gateway }),
};

export const sourceKinds = Object.keys(factories) as readonly SourceKind[];

/** The source of one entry. Nothing is read or connected to before its first look. */
export function createSource(config: SourceConfig, context: SourceContext): Source {
  const [source] = sourceKinds.flatMap((kind) => create(kind, config[kind], context));
  if (!source) throw new TypeError('A source entry without a kind passed its schema.');
  return source;
}

/** All entries as one source; the first has precedence. */
export function createSources(configs: readonly SourceConfig[], context: SourceContext): Source {
  const [first, ...others] = configs.map((config) => createSource(config, context));
  if (!first) throw new TypeError('A configuration without sources passed its schema.');
  return others.length === 0 ? first : merged(first, ...others);
}

function create<K extends SourceKind>(
  kind: K,
  settings: SourceSettings[K] | undefined,
  context: SourceContext,
): readonly Source[] {
  return settings === undefined ? [] : [factories[kind](settings, context)];
}
