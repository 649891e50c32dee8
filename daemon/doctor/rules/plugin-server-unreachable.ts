import { pluginUses } from '../plugin-use';
import type { Found, Rule } from '../rule';

export const pluginServerUnreachable: Rule = {
  code: 'KM605',
  name: 'plugin-server-unreachable',
  severity: 'error',
  title: 'The plugin server does not answer',
  why: 'Kong asks the plugin server at every request of a linked route. While it does not answer, Kong answers those requests with 500. What answers in another protocol is of an older release, or the stock server.',
  fix: 'Start `kong-meshd plugin-server` of this release with the socket that Kong is told of, and let Kong read and write it.',
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
