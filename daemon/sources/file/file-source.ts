/** Observes a mesh from files: for CI and for gateways without access to a control plane. */
import { assemble } from '../resources/assemble';
import type { GatewaySelection } from '../resources/select-gateways';
import type { Observation, Source } from '../source';
import { collectResources } from './collect-resources';
import { parseFile } from './parse-file';
import { readFiles, type TextFile } from './read-files';
import { watchPaths } from './watch-paths';

export interface FileSourceOptions {
  /** Files and folders; a resource that is described twice counts where it comes first. */
  readonly paths: readonly string[];
  readonly mesh: string;
  readonly gateway?: GatewaySelection;
}

/**
 * Every look reads all files: they are few and small, and no lost file event can make them stale. A
 * file that cannot be read or parsed makes the whole look fail.
 */
export function createFileSource({ paths, mesh, gateway = {} }: FileSourceOptions): Source {
  let last: { readonly files: readonly TextFile[]; readonly observation: Observation } | undefined;
  return {
    name: 'file',
    async observe(signal) {
      signal.throwIfAborted();
      const files = await readFiles(paths, signal);
      signal.throwIfAborted();
      if (last && sameTexts(last.files, files)) return last.observation;
      const assembled = assemble(collectResources(mesh, files.flatMap(parseFile)), gateway);
      const same = last?.observation.revision === assembled.revision;
      last = { files, observation: same && last ? last.observation : assembled };
      return last.observation;
    },
    watch: (onChange) => watchPaths(paths, onChange),
  };
}

function sameTexts(a: readonly TextFile[], b: readonly TextFile[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ file, text }, index) => file === b[index]?.file && text === b[index].text)
  );
}
