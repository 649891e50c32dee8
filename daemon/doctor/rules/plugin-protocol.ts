import type { NodePluginServer } from '../facts';
import type { Found, Rule } from '../rule';

const protocol = 'ProtoBuf:1';

export const pluginProtocol: Rule = {
  code: 'KM612',
  name: 'plugin-protocol',
  severity: 'error',
  title: 'Kong and the plugin server do not agree on protocol or version',
  why: 'Kong speaks the protocol that the plugin info named when Kong started or was reloaded: ProtoBuf since this release, MsgPack before. To a server of the other protocol every request of a linked route fails, and with MsgPack it goes to the host of the Kong service. Of a plugin of another version Kong checks configs by a schema that the server does not have.',
  fix: 'Print the info file again (`kong-meshd plugin-info`), restart `kong-meshd plugin-server` with the same release, and reload Kong, in this order.',
  check({ facts: { node, pluginServers = [], settings } }) {
    const spoken = (node?.pluginServers ?? []).filter(
      (server) => isOurs(server, settings.pluginName) && (server.protocol ?? protocol) !== protocol,
    );
    const known = node?.plugins?.get(settings.pluginName);
    const others = pluginServers.filter(
      ({ version }) => version !== undefined && known !== undefined && version !== known,
    );
    return [
      ...spoken.map(({ name, protocol: other = '', queryCommand }): Found => ({
        subject: 'kong',
        cause: `Kong speaks ${other} to the plugin server ${name}, and kong-meshd plugin-server speaks ${protocol}.`,
        evidence: queryCommand === undefined ? [] : [`query command: ${queryCommand}`],
      })),
      ...others.map(({ socket, version = '' }): Found => ({
        subject: 'plugin server',
        severity: 'warning',
        cause: `The plugin server at ${socket} serves ${settings.pluginName} ${version}, and Kong has the info of ${known ?? ''}.`,
      })),
    ];
  },
};

/** The stock server speaks MsgPack, and has a finding of its own. */
function isOurs(
  { name, startCommand = '', queryCommand = '' }: NodePluginServer,
  pluginName: string,
): boolean {
  const isStock = `${startCommand} ${queryCommand}`.includes('kong-js-pluginserver');
  return name.replaceAll('_', '-') === pluginName && !isStock;
}
