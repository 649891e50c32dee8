/** Several sources as one. */
import type { Failure } from '../../catalog/error';
import { serviceKey, type MeshService } from '../../catalog/service';
import { sourceErrors } from './errors';
import { createSeal, type SealServices } from './resources/seal-services';
import type { Observation, Source, Stale } from './source';

/**
 * Complete only if all are; fails as soon as one does. A service or Dataplane that several describe
 * counts as the first of them describes it.
 * @throws MeshdError MESH_MISMATCH where they observe different meshes, and those of the sources.
 */
export function merged(...sources: readonly [Source, ...Source[]]): Source {
  const seal = createSeal();
  let last: { readonly parts: readonly Observation[]; readonly whole: Observation } | undefined;
  const watching = sources.flatMap((source) => (source.watch ? [source.watch.bind(source)] : []));
  return {
    name: `merged(${sources.map(({ name }) => name).join(', ')})`,
    async observe(signal) {
      const parts = await observeAll(sources, signal);
      if (last?.parts.every((part, index) => part === parts[index])) return last.whole;
      const whole = merge(parts, seal);
      const same = last?.whole.revision === whole.revision && !last.whole.stale && !whole.stale;
      last = { parts, whole: same && last ? last.whole : whole };
      return last.whole;
    },
    cluster: () => sources.map((source) => source.cluster?.()).find(Boolean),
    ...(watching.length === 0
      ? {}
      : {
          watch(onChange) {
            const stops = watching.map((watch) => watch(onChange));
            return () => {
              for (const stop of stops) stop();
            };
          },
        }),
  };
}

/** The first failure ends the other looks: nobody would use them. */
async function observeAll(
  sources: readonly Source[],
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const relay = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', relay, { once: true });
  try {
    return await Promise.all(sources.map((source) => source.observe(controller.signal)));
  } finally {
    signal.removeEventListener('abort', relay);
    controller.abort(new Error('another source failed'));
  }
}

function merge(parts: readonly Observation[], seal: SealServices): Observation {
  const meshes = [...new Set(parts.map(({ mesh }) => mesh))];
  const [mesh = ''] = meshes;
  if (meshes.length > 1) {
    throw sourceErrors.error('MESH_MISMATCH', { meshes: meshes.join(', ') });
  }
  const services = firstByKey<MeshService>(
    parts.flatMap((part) => part.services),
    serviceKey,
  );
  const gateways = firstByKey(
    parts.flatMap((part) => part.gateways),
    ({ name }) => name,
  );
  const failures: readonly Failure[] = parts.flatMap((part) => part.failures);
  const upstream = parts.flatMap((part) => (part.stale ? [] : (part.upstream ?? [])));
  const controlPlane = parts.find((part) => part.controlPlane)?.controlPlane;
  const sealed = seal({
    ...{ mesh, services, gateways, failures, upstream },
    ...(controlPlane ? { controlPlane } : {}),
  });
  const cluster = parts.find((part) => part.cluster)?.cluster;
  const stale = oldest(parts.flatMap((part) => (part.stale ? [part.stale] : [])));
  if (!stale && !cluster) return sealed;
  return Object.freeze({ ...sealed, ...(cluster ? { cluster } : {}), ...(stale ? { stale } : {}) });
}

function oldest(stales: readonly Stale[]): Stale | undefined {
  return stales.reduce<Stale | undefined>(
    (found, stale) => (found && found.sinceMs <= stale.sinceMs ? found : stale),
    undefined,
  );
}

function firstByKey<T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] {
  const byKey = new Map<string, T>();
  for (const value of values) {
    const key = keyOf(value);
    if (!byKey.has(key)) byKey.set(key, value);
  }
  return [...byKey.values()];
}
