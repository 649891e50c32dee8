import type { Plugin } from '../entities';
import type { RequestContext } from '../request-context';

/** A plugin that Kong brings along, as far as examples show an effect of it. */
export interface LuaPlugin {
  readonly priority: number;
  /** Ends the request by `context.exit`. */
  access(context: RequestContext, plugin: Plugin): void;
}
