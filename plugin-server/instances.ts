/**
 * Plugin instances: one per Kong worker and config. Kong closes the one it replaces, but never those
 * of a deleted plugin, of a worker that ended, or of a worker that started over; those are swept.
 */
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
  running: number;
  lastUsedMs: number;
}

export interface InstanceLimits {
  /** After which a replaced instance that nobody uses goes. */
  readonly replacedIdleMs: number;
  /** After which an instance that nobody uses goes, if there are too many at all. */
  readonly idleMs: number;
  /** Of the same key and sequence: one per worker is in order, more are left over from old workers. */
  readonly perConfig: number;
  readonly total: number;
}

const defaultLimits: InstanceLimits = {
  replacedIdleMs: 60_000,
  idleMs: 3_600_000,
  perConfig: 256,
  total: 10_000,
};

export interface Instances {
  readonly size: number;
  start(pluginClass: PluginClass, config: unknown, nowMs: number): Instance;
  find(id: unknown): Instance | undefined;
  close(id: unknown): Instance | undefined;
  /**
   * Drops what Kong has forgotten, never one in use. Where that was a mistake, Kong recovers by
   * itself: it starts a new instance and repeats the event.
   * @returns how many went.
   */
  sweep(nowMs: number): number;
}

export function createInstances(limits: Partial<InstanceLimits> = {}): Instances {
  const { replacedIdleMs, idleMs, perConfig, total } = { ...defaultLimits, ...limits };
  const ids = createIds();
  /** In the order of their start. */
  const byId = new Map<number, Instance>();

  return {
    get size() {
      return byId.size;
    },
    start(pluginClass, config, nowMs) {
      const { __key__: key, __plugin_id: pluginId, __seq__: sequence } = kongFields(config);
      const instance: Instance = {
        id: ids.next(),
        class: pluginClass,
        plugin: pluginClass.create(config),
        config,
        key: `${pluginClass.name} ${JSON.stringify(key ?? pluginId ?? null)}`,
        sequence: JSON.stringify(sequence ?? null),
        running: 0,
        lastUsedMs: nowMs,
      };
      byId.set(instance.id, instance);
      return instance;
    },
    find: (id) => byId.get(id as number),
    close(id) {
      const instance = byId.get(id as number);
      if (instance) byId.delete(instance.id);
      return instance;
    },
    sweep(nowMs) {
      const before = byId.size;
      const newest = new Map<string, Instance>();
      const counts = new Map<string, number>();
      for (const instance of byId.values()) newest.set(instance.key, instance);
      for (const instance of [...byId.values()].reverse()) {
        const { key, sequence } = instance;
        const count = (counts.get(`${key} ${sequence}`) ?? 0) + 1;
        counts.set(`${key} ${sequence}`, count);
        if (instance.running > 0) continue;
        const idle = nowMs - instance.lastUsedMs;
        // Sequences begin anew with each Kong, so "another" is all that can be said.
        const replaced = newest.get(key)?.sequence !== sequence;
        const leftOver = count > perConfig || byId.size > total;
        if ((replaced && idle >= replacedIdleMs) || (leftOver && idle >= idleMs)) {
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
