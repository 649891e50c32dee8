/** The commands that one command line needs: each brings its own part of the program along. */
import type { AddCommand } from './command';
import { summaries, type CommandName } from './summaries';

const loaders: Readonly<Record<CommandName, () => Promise<AddCommand>>> = {
  run: async () => (await import('./run.js')).addRun,
  sync: async () => (await import('./sync.js')).addSync,
  diff: async () => (await import('./diff.js')).addDiff,
  render: async () => (await import('./render.js')).addRender,
  validate: async () => (await import('./validate.js')).addValidate,
  dump: async () => (await import('./dump.js')).addDump,
  reset: async () => (await import('./reset.js')).addReset,
  catalog: async () => (await import('./catalog.js')).addCatalog,
  explain: async () => (await import('./explain.js')).addExplain,
  doctor: async () => (await import('./doctor.js')).addDoctor,
  check: async () => (await import('./check.js')).addCheck,
  migrate: async () => (await import('./migrate.js')).addMigrate,
  init: async () => (await import('./init.js')).addInit,
  ping: async () => (await import('./ping.js')).addPing,
  manifests: async () => (await import('./manifests.js')).addManifests,
  demo: async () => (await import('./demo.js')).addDemo,
  completion: async () => (await import('./completion.js')).addCompletion,
  version: async () => (await import('./version.js')).addVersion,
  'plugin-server': async () => (await import('./plugin-commands.js')).addPluginServer,
  'plugin-info': async () => (await import('./plugin-commands.js')).addPluginInfo,
};

/** The one that is named; all of them for what describes them all; else only what a list of them says. */
export async function commandsFor(args: readonly string[]): Promise<readonly AddCommand[]> {
  const named = args[0] === 'help' ? args[1] : args[0];
  if (named === 'completion') return Promise.all(Object.values(loaders).map((load) => load()));
  if (named !== undefined && isName(named)) return [await loaders[named]()];
  return Object.entries(summaries).map(
    ([name, { usage, description }]): AddCommand =>
      (program) => {
        // The usage takes the place of what the command would declare.
        program.command(`${name} ${usage}`.trimEnd()).description(description);
      },
  );
}

function isName(text: string): text is CommandName {
  return Object.hasOwn(summaries, text);
}
