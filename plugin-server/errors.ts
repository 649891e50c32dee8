import { defineErrors } from '../catalog/error';

export const pluginServerErrors = defineErrors({
  PLUGIN_SERVER_SOCKET_IN_USE: {
    message: 'Another plugin server already listens on {socket}.',
    remedy: 'Stop that one first, or give this one another --socket.',
  },
  PLUGIN_SERVER_SOCKET_BLOCKED: {
    message: 'The plugin server cannot listen on {socket}: {cause}.',
    remedy: 'Give --socket a path in a folder that exists and that this user may write to.',
  },
  PLUGIN_SERVER_METRICS_ADDRESS: {
    message: 'The plugin server cannot serve metrics on {listen}: that is no address.',
    remedy:
      'Give --metrics or KONG_MESHD_METRICS an address such as 127.0.0.1:9651, or unix:/path of a socket.',
  },
  PLUGIN_SERVER_METRICS_BLOCKED: {
    severity: 'warning',
    message:
      'The plugin server cannot serve metrics on {listen}: {cause}. It serves Kong without them and tries again.',
    remedy: 'Give --metrics an address that nobody else uses: each plugin server needs its own.',
  },
  PLUGIN_SERVER_SOCKETS_MANY: {
    message: 'The plugin server was handed {count} sockets and can serve one.',
    remedy: 'Leave one ListenStream= in the .socket unit.',
  },
  PLUGIN_SERVER_PLUGIN_INVALID: {
    message: 'The plugin {plugin} cannot be loaded: {cause}.',
    remedy: 'Export Plugin (a class), Version (three numbers), Priority (an integer) and Schema.',
  },
  PLUGIN_SERVER_OTHER_PROTOCOL: {
    message: 'Kong speaks MsgPack to this plugin server, which speaks ProtoBuf.',
    remedy:
      'Kong has the plugin info of an older release: print it again with kong-meshd plugin-info, and reload or restart Kong.',
  },
  PLUGIN_SERVER_INSTANCE_REFUSED: {
    message: 'Kong cannot have an instance of the plugin {plugin}: {cause}.',
    remedy: 'Correct the plugin in kong.yml; Kong answers its requests with 500 until then.',
  },
  PLUGIN_SERVER_HANDLER_FAILED: {
    message: 'The plugin {plugin} failed in its {phase} phase: {cause}.',
    remedy: 'The request was answered with 503 where the phase allows it; report the fault.',
  },
  PLUGIN_SERVER_HANDLER_SLOW: {
    message: 'The plugin {plugin} gave no answer in its {phase} phase within {limitMs} ms.',
    remedy:
      'The request was answered with 503 where the phase allows it; look at what it waits for.',
  },
});
