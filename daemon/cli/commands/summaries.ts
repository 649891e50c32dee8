/** What the list of commands shows of each, so that none need be loaded to be listed. */
export interface Summary {
  /** After the name. */
  readonly usage: string;
  readonly description: string;
}

/** In the order of the list. */
export const summaries = {
  run: {
    usage: '[options] [files...]',
    description: 'the daemon: keep everything in step until stopped',
  },
  sync: {
    usage: '[options] [files...]',
    description: 'one pass: bring Kong, the snapshot and the gateway in step with the mesh',
  },
  diff: {
    usage: '[options] [files...]',
    description: 'what sync would change; changes nothing',
  },
  render: {
    usage: '[options] [files...]',
    description: 'print the desired Kong configuration: your file with the mesh addresses in it',
  },
  validate: {
    usage: '[options] [files...]',
    description:
      'check kong-meshd.yaml and the Kong configuration, without the network unless asked to',
  },
  dump: {
    usage: '[options]',
    description: 'write what the gateway holds as a decK file; syncing it changes nothing',
  },
  reset: {
    usage: '[options] [files...]',
    description: 'delete from the gateway what is ours; asks first',
  },
  catalog: {
    usage: '[options]',
    description: 'list the mesh services, and how this gateway reaches each',
  },
  explain: {
    usage: '[options] <what> [url]',
    description: 'the whole way of a request, a route or a Kong service to its backends, and why',
  },
  doctor: {
    usage: '[options] [files...]',
    description: 'look for everything that is known to go wrong, and say how to mend it',
  },
  check: {
    usage: '[options] [routes...]',
    description:
      "send a request a route through Kong, and prove by the sidecar's counters that the mesh carried it",
  },
  migrate: {
    usage: '[options] [action]',
    description: 'take the gateway from Kuma 2.x to 3.x, stage by stage, and show what is left',
  },
  init: {
    usage: '[options]',
    description: 'write a commented kong-meshd.yaml; asks for what no flag says',
  },
  ping: {
    usage: '[options]',
    description:
      'ask control plane, Kong, plugin server and sidecar for a sign of life and a version',
  },
  manifests: {
    usage: '',
    description: 'print what Kubernetes needs for Kong as a gateway of the mesh',
  },
  demo: {
    usage: '[options]',
    description: 'watch it work, with an embedded mesh and gateway; needs neither Kong nor Kuma',
  },
  completion: {
    usage: '<shell>',
    description:
      'print the completion of commands and flags for a shell: source <(...) in its rc file',
  },
  version: {
    usage: '[options]',
    description: 'print the versions of the program and of Node.js',
  },
  'plugin-server': {
    usage: '[options]',
    description: 'serve the mesh-upstream plugin to Kong on a unix socket',
  },
  'plugin-info': {
    usage: '[options]',
    description: "print the plugin's description, for Kong's pluginserver_..._query_cmd",
  },
} as const satisfies Readonly<Record<string, Summary>>;

export type CommandName = keyof typeof summaries;
