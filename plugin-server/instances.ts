/**
 * Plugin instances: one per Kong worker and config. Kong closes the one it replaces, but never those
 * of a deleted plugin, of a worker that ended, or of a worker that started over; those are swept.
 *
 * What tells them is Kong's counter: one for all workers, counted up for every plugin each time that a
 * worker builds its configuration anew, which all of them do within seconds of a change, for all plugins
 * (kong 3.9, runloop/plugins_iterator.lua). When Kong closes an instance, a newer configuration is there,
 * so whatever is as old as the closed one is of no use to any worker any more. Of two workers' instances
 * of one config neither is older in that sense, though their numbers differ.
 */
import type { EncodedAnswer, PreparedAnswer } from './event-end';
import { createIds } from './ids';
import type { PluginClass, PluginObject } from './plugin-class';

export interface Instance {
  readonly id: number;
  readonly class: PluginClass;
  readonly plugin: PluginObject;
  /** As Kong sent it. It may hold resolved secrets: never for a log. */
  readonly config: unknown;
  /** Kong's name of the place the plugin stands at, the same for every worker. */
  readonly key: string;
  /** Kong's counter of config changes, as JSON; another one means another config. */
  readonly sequence: string;
  /** Which Kong it is of: that counter begins anew where Kong is started anew. */
  readonly life: number;
  running: number;
  lastUsedMs: number;
  /** Prepared answers as they are sent: with several services to choose from there is one of each. */
  readonly answers: WeakMap<PreparedAnswer, EncodedAnswer>;
}

export interface InstanceLimits {
  /** After which an instance of an older configuration that nobody uses goes. */
  readonly outdatedIdleMs: number;
  /** Within which all workers have the new configuration; Kong's worker_state_update_frequency is 5 s. */
  readonly rebuildMs: number;
  /** After which an instance that nobody uses goes, if there are too many at all. */
  readonly idleMs: number;
  /** Of the same key and sequence: one per worker is in order, more are left over from old workers. */
  readonly perConfig: number;
  readonly total: number;
}

const defaultLimits: InstanceLimits = {
  outdatedIdleMs: 60_000,
  rebuildMs: 10_000,
  idleMs: 3_600_000,
  perConfig: 256,
  total: 10_000,
};

export interface Instances {
  readonly size: number;
  start(pluginClass: PluginClass, config: unknown, nowMs: number): Instance;
  find(id: unknown): Instance | undefined;
  /** On Kong's word, which says that what is as old is outdated. */
  close(id: unknown, nowMs: number): Instance | undefined;
  /**
   * Drops what Kong has forgotten, never one in use. Where that was a mistake, Kong recovers by
   * itself: it starts a new instance and repeats the event.
   * @returns how many went.
   */
  sweep(nowMs: number): number;
}

export function createInstances(limits: Partial<InstanceLimits> = {}): Instances {
  const { outdatedIdleMs, rebuildMs, idleMs, perConfig, total } = { ...defaultLimits, ...limits };
  const ids = createIds();
  /** In the order of their start. */
  const byId = new Map<number, Instance>();
  let life = 0;
  /** Of this life: sequences up to this one are of an older configuration. */
  let outdatedUpTo = 0;
  let outdatedSinceMs = 0;

  /** No worker starts what is outdated, so this is a Kong that counts anew; a worker may be late. */
  function noteStart(sequence: number, nowMs: number): void {
    if (sequence > outdatedUpTo || nowMs - outdatedSinceMs <= rebuildMs) return;
    life += 1;
    outdatedUpTo = 0;
  }

  function isOutdated(instance: Instance): boolean {
    return instance.life !== life || numberOf(instance.sequence) <= outdatedUpTo;
  }

  return {
    get size() {
      return byId.size;
    },
    start(pluginClass, config, nowMs) {
      const { __key__: key, __plugin_id: pluginId, __seq__: counter } = kongFields(config);
      const sequence = JSON.stringify(counter ?? null);
      noteStart(numberOf(sequence), nowMs);
      const instance: Instance = {
        id: ids.next(),
        class: pluginClass,
        plugin: pluginClass.create(config),
        config,
        key: `${pluginClass.name} ${JSON.stringify(key ?? pluginId ?? null)}`,
        sequence,
        life,
        running: 0,
        lastUsedMs: nowMs,
        answers: new WeakMap(),
      };
      byId.set(instance.id, instance);
      return instance;
    },
    find: (id) => byId.get(id as number),
    close(id, nowMs) {
      const instance = byId.get(id as number);
      if (!instance) return undefined;
      byId.delete(instance.id);
      const sequence = numberOf(instance.sequence);
      if (instance.life === life && Number.isFinite(sequence) && sequence > outdatedUpTo) {
        outdatedUpTo = sequence;
        outdatedSinceMs = nowMs;
      }
      return instance;
    },
    sweep(nowMs) {
      const before = byId.size;
      const counts = new Map<string, number>();
      for (const instance of [...byId.values()].reverse()) {
        const { key, sequence } = instance;
        const count = (counts.get(`${key} ${sequence}`) ?? 0) + 1;
        counts.set(`${key} ${sequence}`, count);
        if (instance.running > 0) continue;
        const idle = nowMs - instance.lastUsedMs;
        const leftOver = count > perConfig || byId.size > total;
        if ((isOutdated(instance) && idle >= outdatedIdleMs) || (leftOver && idle >= idleMs)) {
          byId.delete(instance.id);
        }
      }
      return before - byId.size;
    },
  };
}

function kongFields(config: unknown): Readonly<Record<string, unknown>> {
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
}

/** Infinite where Kong gave none: then nothing can be said of its age. Kong gives 0 where it failed to count. */
function numberOf(sequence: string): number {
  const number = Number(sequence);
  return sequence !== 'null' && number > 0 ? number : Number.POSITIVE_INFINITY;
}
