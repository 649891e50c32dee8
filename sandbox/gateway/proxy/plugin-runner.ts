import type { PluginServerClient } from '../plugin-client/plugin-server-client';
import { LuaError } from '../plugin-client/lua-error';
import type { PluginEvent } from '../plugin-client/plugin-event';
import type { PluginInfo } from '../plugin-client/plugin-info';
import type { Plugin } from './entities';
import type { LuaPlugin } from './lua-plugins/lua-plugin';
import { pdkFor } from './pdk/call-pdk';
import type { RequestContext } from './request-context';

type Phase = PluginEvent['phase'];

/** A plugin that lives in a plugin server. */
export interface ExternalPlugin {
  readonly info: PluginInfo;
  readonly client: PluginServerClient;
}

type Installed = { readonly name: string; readonly priority: number } & (
  | { readonly kind: 'lua'; readonly plugin: LuaPlugin }
  | { readonly kind: 'external'; readonly plugin: ExternalPlugin }
);

/** Runs the installed plugins of a phase, highest priority first. */
export class PluginRunner {
  readonly #installed: readonly Installed[];

  constructor(builtIn: ReadonlyMap<string, LuaPlugin>, external: readonly ExternalPlugin[]) {
    const lua = [...builtIn].map(
      ([name, plugin]) => ({ kind: 'lua', name, priority: plugin.priority, plugin }) as const,
    );
    const remote = external.map(
      (plugin) =>
        ({
          kind: 'external',
          name: plugin.info.Name,
          priority: plugin.info.Priority,
          plugin,
        }) as const,
    );
    this.#installed = [...lua, ...remote].sort((a, b) => b.priority - a.priority);
  }

  /**
   * Runs a phase until a plugin answers the request. A plugin's Lua error is a 500; whatever else goes
   * wrong in a plugin server leaves the request as it is, as in Kong.
   *
   * Before routing (`rewrite`) only global configurations apply.
   */
  async run(phase: Phase, context: RequestContext): Promise<void> {
    for (const installed of this.#installed) {
      const plugin = context.config.scopes(installed.name, {
        routeId: context.match?.route.id,
        serviceId: context.service?.id,
        consumerId: context.consumer?.id,
      });
      if (!plugin) continue;
      if (installed.kind === 'external')
        await runExternal(installed.plugin, phase, context, plugin);
      else if (phase === 'access') installed.plugin.access(context, plugin);
      if (context.exit && phase !== 'log') return;
    }
  }

  /** Whether a plugin of this request wants the whole response before the client gets it. */
  wantsResponse(context: RequestContext): boolean {
    return this.#installed.some(
      (installed) =>
        installed.kind === 'external' &&
        installed.plugin.info.Phases.includes('response') &&
        context.config.scopes(installed.name, {
          routeId: context.match?.route.id,
          serviceId: context.service?.id,
          consumerId: context.consumer?.id,
        }) !== undefined,
    );
  }
}

async function runExternal(
  { info, client }: ExternalPlugin,
  phase: Phase,
  context: RequestContext,
  plugin: Plugin,
): Promise<void> {
  if (!info.Phases.includes(phase)) return;
  const config = context.config.instanceConfigs.of(plugin);
  const callPdk = pdkFor(context, plugin);
  try {
    await client.runEvent({ config, phase, callPdk }, context.worker);
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    const text = `[kong] init.lua:406 [${plugin.name}] ${error.place}: ${error.message}`;
    context.log({ level: 'error', text });
    if (phase !== 'log') context.fail(500, 'An unexpected error occurred');
  }
}
