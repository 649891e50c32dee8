import type { Rule } from '../rule';

export const kongRunsPluginServer: Rule = {
  code: 'KM601',
  name: 'kong-runs-plugin-server',
  severity: 'warning',
  title: 'Kong starts the plugin server itself',
  why: "Where Kong 3.9 runs a plugin server, `GET /` of its Admin API answers 500, because it cannot print the process that it holds; `deck gateway ping` and everything else that begins there fails. `kong reload` restarts the plugin server with it, and its log is hidden at Kong's usual level.",
  fix: 'Leave pluginserver_<name>_start_cmd out, run `kong-meshd plugin-server` beside Kong (systemd, a container), and give Kong its socket and a static query command.',
  check({ facts: { node } }) {
    if (!node) return [];
    const started = node.pluginServers.filter(({ startCommand }) => startCommand !== undefined);
    if (!node.rootFails && started.length === 0) return [];
    return [
      {
        subject: 'kong',
        cause: node.rootFails
          ? `GET / of ${node.url} fails, as it does where Kong runs a plugin server itself.`
          : `Kong at ${node.url} starts a plugin server itself.`,
        evidence: started.map(({ name, startCommand }) => `${name}: ${startCommand ?? ''}`),
      },
    ];
  },
};
