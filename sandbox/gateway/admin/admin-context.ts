import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { emptyConfigHash } from '../config-view';
import type { ConfigFeed, ConfigView } from '../config-view';
import { makePluginCatalogue } from '../entities/plugin-catalogue';
import type { PluginCatalogue } from '../entities/plugin-catalogue';
import { EntityStore } from '../store/entity-store';
import { makeView } from '../store/make-view';
import type { AdminOptions, Randomness } from './admin-options';
import { HealthBoard } from './health-board';

/** What the endpoints of one node share. */
export class AdminContext {
  readonly mode: AdminOptions['mode'];
  readonly plugins: PluginCatalogue;
  readonly nodeId: string = randomUUID();
  readonly health = new HealthBoard();
  readonly now: () => number;
  readonly random: Randomness;
  /** Replaced whole by `POST /config`, changed in place by the entity writes. */
  store = new EntityStore();
  /** Of the document in `dbless` mode; 32 zeros while there is none. */
  configHash = emptyConfigHash;

  private view: ConfigView | undefined;
  private revision = 0;
  private readonly listeners = new Set<() => void>();

  constructor(options: AdminOptions) {
    this.mode = options.mode;
    this.plugins = makePluginCatalogue(options.extraPluginSchemas, options.mode === 'db');
    this.now = options.now ?? Date.now;
    this.random = {
      id: options.random?.id ?? randomUUID,
      secret: options.random?.secret ?? (() => randomBytes(16).toString('hex')),
    };
  }

  get feed(): ConfigFeed {
    return {
      current: () => (this.view ??= makeView(this.store, this.hash())),
      onChange: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
    };
  }

  /** Called after each accepted write. */
  changed(): void {
    this.view = undefined;
    this.revision++;
    for (const listener of this.listeners) listener();
  }

  private hash(): string {
    if (this.mode === 'dbless') return this.configHash;
    // A database node has no hash of its own: the count of writes tells views apart.
    return this.revision === 0
      ? emptyConfigHash
      : createHash('md5').update(String(this.revision)).digest('hex');
  }
}
