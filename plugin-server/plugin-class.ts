/** A plugin as `kong-pdk` loads one: a module that exports a class and its description. */
import type { MeshdError } from '../catalog/error';
import { pluginServerErrors } from './errors';
import type { PreparedAnswer } from './event-end';

export type PhaseHandler = (kong: object) => unknown;

/** The phases a JavaScript plugin may define, in the order in which Kong lists them. */
export const phases = ['certificate', 'rewrite', 'access', 'response', 'preread', 'log'] as const;
export type Phase = (typeof phases)[number];

/** What the constructor makes: one per worker and config, used by many requests at once. */
export type PluginObject = Readonly<Partial<Record<Phase, PhaseHandler>>> & {
  /**
   * Not of Kong's kit: the calls that the phase would make for any request, where they are known. As
   * long as it is the same object it is sent as it was encoded the first time.
   */
  prepared?(phase: Phase): PreparedAnswer | undefined;
};

export interface PluginClass {
  readonly name: string;
  readonly version: string;
  readonly priority: number;
  readonly schema: readonly object[];
  readonly phases: readonly Phase[];
  create(config: unknown): PluginObject;
}

/**
 * @param fallbackName for a module that exports no `Name`.
 * @throws MeshdError PLUGIN_SERVER_PLUGIN_INVALID where Kong would refuse the description.
 */
export function toPluginClass(module: unknown, fallbackName: string): PluginClass {
  const exported = (module ?? {}) as Readonly<Record<string, unknown>>;
  const { Plugin, Version, Priority, Schema = [], Name = fallbackName } = exported;
  const refuse = (cause: string): MeshdError =>
    pluginServerErrors.error('PLUGIN_SERVER_PLUGIN_INVALID', { plugin: fallbackName, cause });
  if (typeof Plugin !== 'function') throw refuse('it exports no class Plugin');
  if (typeof Name !== 'string' || Name === '') throw refuse('its Name is not a name');
  if (typeof Version !== 'string' || !/^\d+\.\d+\.\d+$/.test(Version)) {
    throw refuse('its Version is not three numbers');
  }
  if (!Number.isInteger(Priority)) throw refuse('its Priority is not an integer');
  if (!Array.isArray(Schema)) throw refuse('its Schema is not a list of fields');
  const constructor = Plugin as new (config: unknown) => PluginObject;
  const prototype = constructor.prototype as Readonly<Record<string, unknown>>;
  return {
    name: Name.toLowerCase(),
    version: Version,
    priority: Priority as number,
    schema: Schema as object[],
    phases: phases.filter((phase) => typeof prototype[phase] === 'function'),
    create: (config) => new constructor(config),
  };
}
