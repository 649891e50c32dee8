/**
 * What would be a Lua error inside Kong: it ends the phase and the client gets a 500.
 *
 * `place` is the file and line that Kong's own log shows, kept so that the stand-in's log reads the same.
 */
export class LuaError extends Error {
  constructor(
    message: string,
    readonly place: string = 'kong/runloop/plugin_servers/rpc/mp_rpc.lua:127',
  ) {
    super(message);
    this.name = 'LuaError';
  }
}
