import type { Rule } from '../rule';

export const stockPluginServer: Rule = {
  code: 'KM602',
  name: 'stock-plugin-server',
  severity: 'warning',
  title: 'The plugin runs in the stock plugin server',
  why: "kong-js-pluginserver keeps about 1 KB for every request that ends without a PDK call or in a response of the plugin, counts its instances from 0 after each restart, so that workers may reach another route's instance for a while, and ends on the first malformed frame. It is fine for trying things out.",
  fix: 'Run `kong-meshd plugin-server` instead; it serves the same plugin on the same kind of socket.',
  check: ({ facts: { node } }) =>
    (node?.pluginServers ?? [])
      .filter(({ startCommand = '', queryCommand = '' }) =>
        `${startCommand} ${queryCommand}`.includes('kong-js-pluginserver'),
      )
      .map(({ name, startCommand, queryCommand }) => ({
        subject: 'kong',
        cause: `The plugin server ${name} is kong-js-pluginserver.`,
        evidence: [startCommand ?? queryCommand ?? ''],
      })),
};
