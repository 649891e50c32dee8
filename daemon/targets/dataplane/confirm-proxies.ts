/** Whether the sidecars are connected, and so have given up what was taken from them. */
import type { DataplaneApi } from './dataplane-api';
import type { DataplaneStep } from './dataplane-target';
import type { DataplaneMemory } from './settings';

/**
 * A sidecar that lost its control plane goes on with the listeners that it had. Only one that stays
 * connected on the same stream for a while after a removal is known to have heard of it.
 */
export async function confirmProxies(
  steps: readonly Pick<DataplaneStep, 'dataplane'>[],
  context: {
    readonly api: Pick<DataplaneApi, 'proxy'>;
    readonly memory: Pick<DataplaneMemory, 'confirmed'>;
    readonly now: () => number;
  },
  signal: AbortSignal,
): Promise<void> {
  const { api, memory, now } = context;
  for (const { dataplane } of steps) {
    const proxy = await api.proxy(dataplane, signal);
    const nowMs = now();
    const before = memory.confirmed.get(dataplane);
    if (proxy?.online !== true) memory.confirmed.delete(dataplane);
    else if (before?.stream === proxy.stream && before !== undefined) {
      memory.confirmed.set(dataplane, { ...before, untilMs: nowMs });
    } else {
      memory.confirmed.set(dataplane, { stream: proxy.stream, sinceMs: nowMs, untilMs: nowMs });
    }
  }
}
