import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './gateway-log';
import { LuaError } from './lua-error';
import type { PluginRpc } from './plugin-event';

/** One plugin's configuration as a plugin server is given it. */
export interface InstanceConfig {
  /** The plugin's name, as in the server's info. */
  readonly pluginName: string;
  readonly pluginId: string;
  /** `__seq__`: new at every config push, and what tells that an instance is of an older one. */
  readonly sequence: number;
  /** The JSON text of `Config`. */
  readonly configJson: string;
}

interface Slot {
  /** Unset until it was started once: only then a reset finds it. */
  pluginName: string | undefined;
  /** Unset while the instance is being started. */
  id: number | undefined;
  sequence: number;
}

const pollMs = 100;
const maxPolls = 100;

/** The instances that one worker has started, by plugin id, as Kong caches them. */
export class InstanceCache {
  readonly #slots = new Map<string, Slot>();

  constructor(
    private readonly rpc: Pick<PluginRpc, 'startInstance' | 'closeInstance'>,
    private readonly log: Log,
    private readonly signal: AbortSignal,
    private readonly resetOthers: (pluginName: string) => void = () => undefined,
  ) {}

  /**
   * The instance of this configuration, started if there is none of its sequence. An older one is closed
   * after the new one has started. Requests that come in between look again every 100 ms, 10 s at most.
   *
   * @throws LuaError when the server cannot be reached or refuses: Kong answers 500
   */
  async claim(config: InstanceConfig): Promise<number> {
    let slot = this.#slots.get(config.pluginId);
    for (let poll = 0; slot && slot.id === undefined; poll++) {
      if (poll === maxPolls) this.#giveUp(config);
      await sleep(pollMs, undefined, { signal: this.signal });
      slot = this.#slots.get(config.pluginId);
    }
    // From here to the claim nothing may wait, or two requests would start an instance each.
    if (slot?.id !== undefined && slot.sequence === config.sequence) return slot.id;
    const outdated = slot?.id;
    const claimed = slot ?? { pluginName: undefined, id: undefined, sequence: 0 };
    claimed.id = undefined;
    this.#slots.set(config.pluginId, claimed);
    const id = await this.#start(config);
    claimed.id = id;
    claimed.pluginName = config.pluginName;
    claimed.sequence = config.sequence;
    if (outdated !== undefined) {
      await this.rpc.closeInstance(config.pluginName, outdated);
    }
    return id;
  }

  /** Forgets every instance of the plugin without closing it, here and in the other workers. */
  reset(pluginName: string): void {
    this.forget(pluginName);
    this.resetOthers(pluginName);
  }

  /** Forgets them in this worker alone. */
  forget(pluginName: string): void {
    for (const [key, slot] of this.#slots) {
      if (slot.pluginName === pluginName) this.#slots.delete(key);
    }
  }

  #giveUp({ pluginName, pluginId }: InstanceConfig): never {
    this.#slots.delete(pluginId);
    throw new LuaError(
      `Could not claim instance_id for ${pluginName} (key: ${pluginId})`,
      'kong/runloop/plugin_servers/plugin.lua:286',
    );
  }

  async #start(config: InstanceConfig): Promise<number> {
    // What is thrown here leaves the claim: Kong does so too, and the next requests wait for nobody.
    const started = await this.rpc.startInstance(config);
    if (started.ok) return started.id;
    this.#slots.delete(config.pluginId);
    this.log({
      level: 'error',
      text: `[kong] plugin.lua:283 [${config.pluginName}] starting instance: ${started.error}`,
    });
    throw new LuaError(started.error, 'kong/runloop/plugin_servers/plugin.lua:286');
  }
}
