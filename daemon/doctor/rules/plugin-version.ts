import type { Rule } from '../rule';

export const pluginVersion: Rule = {
  code: 'KM604',
  name: 'plugin-version',
  severity: 'warning',
  title: 'Plugin and daemon are of different releases',
  why: 'Kong knows the plugin in the version that the query command printed when Kong started. A daemon of another release may write a snapshot or a plugin config that this version does not understand.',
  fix: 'Update both to the same release, print the info file again (`kong-meshd plugin-info`) and restart Kong.',
  check({ facts: { node, settings, pluginServers = [] } }) {
    const version = node?.plugins?.get(settings.pluginName);
    const served = pluginServers.flatMap((server) =>
      server.version === undefined || server.version === settings.version
        ? []
        : [
            {
              subject: 'plugin server',
              cause: `The plugin server at ${server.socket} serves ${settings.pluginName} ${server.version}, and this is kong-meshd ${settings.version}.`,
            },
          ],
    );
    if (version === undefined || version === settings.version) return served;
    return [
      ...served,
      {
        subject: 'kong',
        cause: `Kong has ${settings.pluginName} ${version}, and this is kong-meshd ${settings.version}.`,
      },
    ];
  },
};
