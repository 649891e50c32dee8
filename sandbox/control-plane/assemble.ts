import { Auth } from './auth';
import { defaultGenerators } from './hostnames';
import type { Place } from './labels';
import { enabledBackendOf, meshServicesModeOf } from './mesh';
import { MeshServiceGenerator } from './mesh-service-generator';
import type { ControlPlaneOptions } from './options';
import { Proxies } from './proxies';
import type { Labels } from './resource';
import type { RouteContext } from './routes';
import { ServiceIndex } from './service-index';
import { ResourceStore } from './store';
import type { World } from './views';
import { Vips } from './vips';
import { writeResource } from './writes';

/** The parts of a control plane, put together and filled with what a fresh one has. */
export interface Assembly {
  readonly world: World;
  readonly context: RouteContext;
  /** Disconnects the proxies and stops every timer. */
  stop(): void;
}

export function assemble(options: ControlPlaneOptions): Assembly {
  const now = options.now ?? (() => new Date());
  const place: Place = { mode: options.mode ?? 'zone', zone: options.zone ?? 'zone-a' };
  const next = options.shape === '3.0';
  const store = new ResourceStore(now);
  const index = new ServiceIndex(store);
  const vips = vipsOf(store, place, options);
  const modeOf = (mesh: string): string => (next ? 'Exclusive' : meshServicesModeOf(store, mesh));
  const generator = new MeshServiceGenerator(store, index, {
    place,
    by: next ? 'workload-label' : 'service-tag',
    enabled: (mesh) => modeOf(mesh) !== 'Disabled',
    delayMs: options.generationMs ?? 0,
    graceMs: options.deletionGraceMs ?? 3_600_000,
    now,
  });
  const proxies = new Proxies(store, {
    deregistrationMs: options.deregistrationMs ?? 10_000,
    now,
    upsert: (mesh, name, spec) =>
      void writeResource({ ...spec, type: 'Dataplane', mesh, name }, context),
    caBackendOf: (mesh) => enabledBackendOf(store, mesh),
  });
  const world: World = { place, store, index, vips, proxies, unifiedNaming: next };
  const context: RouteContext = {
    world,
    auth: new Auth(options.auth),
    version: options.version ?? (next ? '3.0.0' : '2.14.3'),
    instanceId: `${place.mode}-cp-0001`,
    tags: !next,
    commitMs: options.commitMs ?? 0,
    isExclusive: (mesh) => modeOf(mesh) === 'Exclusive',
    has: (kind) => options.omit?.includes(kind.path) !== true && !(next && kind.removedIn3),
  };
  fill(context, options);
  const stop = (): void => {
    proxies.stop();
    generator.stop();
    vips.stop();
  };
  return { world, context, stop };
}

/** A global control plane gives no VIPs (recorded). */
function vipsOf(store: ResourceStore, place: Place, options: ControlPlaneOptions): Vips {
  const { loopbackVips: loopback = false, generationMs: delayMs = 0, vipRestMs } = options;
  return new Vips(store, { loopback, delayMs, enabled: place.mode === 'zone', restMs: vipRestMs });
}

function fill(context: RouteContext, { meshServices, mtls, shape }: ControlPlaneOptions): void {
  const { mode, zone } = context.world.place;
  writeResource(
    {
      type: 'Mesh',
      name: 'default',
      ...(mtls === true && {
        mtls: { enabledBackend: 'ca-1', backends: [{ name: 'ca-1', type: 'builtin' }] },
      }),
      ...(meshServices !== undefined &&
        shape !== '3.0' && { meshServices: { mode: meshServices } }),
    },
    context,
  );
  if (mode === 'zone') writeResource({ type: 'Zone', name: zone }, context);
  for (const [name, spec] of defaultGenerators(mode)) {
    // The defaults of a zone carry their origin and nothing else (recorded), unlike what a user writes.
    const labels: Labels = mode === 'zone' ? { 'kuma.io/origin': 'zone' } : {};
    context.world.store.write({ type: 'HostnameGenerator', name, labels, fields: { spec } });
  }
}
