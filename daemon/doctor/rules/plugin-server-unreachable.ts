import { pluginUses } from '../plugin-use';
import type { Found, Rule } from '../rule';

export const pluginServerUnreachable: Rule = {
  code: 'KM605',
  name: 'plugin-server-unreachable',
  severity: 'error',
  title: 'The plugin server does not answer',
  why: 'Kong asks the plugin server at every request of a linked route. While it does not answer, requests fail: with 500 where the worker has no instance yet, with 503 where the host of the Kong service fails closed, and past the mesh where it does not.',
  fix: 'Start `kong-meshd plugin-server` with the socket that Kong is told of, and let Kong read and write it.',
  check(view) {
    const { pluginServers = [], settings } = view.facts;
    const uses = pluginUses(view).length;
    return pluginServers.flatMap(({ socket, problem, plugins }): readonly Found[] => {
      if (problem !== undefined) {
        return [
          {
            subject: 'plugin server',
            severity: uses > 0 ? 'error' : 'warning',
            cause: `No plugin server answers at ${socket}: ${problem}.`,
            evidence: [`${uses} uses of ${settings.pluginName} in the configuration`],
          },
        ];
      }
      if (!plugins || plugins.includes(settings.pluginName)) return [];
      const cause = `The plugin server at ${socket} does not serve ${settings.pluginName}.`;
      return [{ subject: 'plugin server', cause, evidence: [`it serves: ${plugins.join(', ')}`] }];
    });
  },
};
