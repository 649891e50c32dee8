/**
 * What a Kong plugin server loads: the class and its description. Loading has no effect of its own
 * and writes nothing, because Kong's query command loads it just to print the description.
 */
import { createHandler, type Handler, type PreparedCalls } from './handler';
import type { Pdk } from './pdk';

export { ConfigChecks, Schema } from './config';

export const Name = 'mesh-upstream';
/** Kong refuses anything but three numbers. */
export const Version = '0.1.0';
/** After authentication, limits and cache, so that a rejected request costs no round trip. */
export const Priority = 15;

export class Plugin {
  readonly #handler: Handler;

  /** @param config as Kong sends it: with the defaults, and with fields of Kong's own. */
  constructor(config: unknown) {
    this.#handler = createHandler(config);
  }

  access(kong: Pdk): Promise<void> {
    return this.#handler.access(kong);
  }

  /** Kong's stock server knows nothing of it and runs `access`. */
  prepared(): PreparedCalls | undefined {
    return this.#handler.prepared();
  }
}
