import { Auth } from './auth';
import { flavourOf } from './flavour';
import type { FlavourName } from './flavour';
import { generateFor3 } from './generators-3';
import { defaultGenerators } from './hostnames';
import { issuedIdentityOf } from './identity';
import { kindByType } from './kinds';
import type { Place } from './labels';
import { meshServicesModeOf } from './mesh';
import { MeshServiceGenerator } from './mesh-service-generator';
import type { ControlPlaneOptions } from './options';
import { Proxies } from './proxies';
import type { Labels, ResourceBody } from './resource';
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
  /** Another version takes over: it reads anew what was written, and makes what it makes. */
  become(flavour: FlavourName): void;
  /** Disconnects the proxies and stops every timer. */
  stop(): void;
}

export function assemble(options: ControlPlaneOptions): Assembly {
  const now = options.now ?? (() => new Date());
  const place: Place = { mode: options.mode ?? 'zone', zone: options.zone ?? 'zone-a' };
  let flavour = flavourOf(options.flavour ?? '2.14');
  const store = new ResourceStore(now);
  const index = new ServiceIndex(store);
  const vips = vipsOf(store, place, options);
  const modeOf = (mesh: string): string =>
    flavour.tags ? meshServicesModeOf(store, mesh) : 'Exclusive';
  const generator = new MeshServiceGenerator(store, index, {
    place,
    by: () => (flavour.tags ? 'service-tag' : 'workload-label'),
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
    issue: (dataplane) => issuedIdentityOf(dataplane, world),
  });
  const world: World = {
    place,
    store,
    index,
    vips,
    proxies,
    get flavour() {
      return flavour;
    },
  };
  const generateIn3 = generateFor3(world);
  const written = new Map<string, ResourceBody>();
  const context: RouteContext = {
    world,
    written,
    auth: new Auth(options.auth),
    version: () => options.version ?? flavour.version,
    refreshMs: () => options.refreshMs ?? flavour.refreshMs,
    instanceId: `${place.mode}-cp-0001`,
    commitMs: options.commitMs ?? 0,
    isExclusive: (mesh) => modeOf(mesh) === 'Exclusive',
    has: (kind) =>
      options.omit?.includes(kind.path) !== true &&
      !(kind.removedIn3 && !flavour.tags) &&
      !(kind.type === 'ServiceInsight' && flavour.serviceInsights === 'absent'),
  };
  fill(context, options);
  return {
    world,
    context,
    become: (name) => {
      flavour = flavourOf(name);
      readAnew(context);
      generator.refresh();
      generateIn3();
    },
    stop: () => {
      proxies.stop();
      generator.stop();
      vips.stop();
    },
  };
}

/** What is stored is kept as it was written; what a version does not know of it comes back with the next one. */
function readAnew(context: RouteContext): void {
  const { store } = context.world;
  for (const [key, body] of [...context.written]) {
    const mesh = kindByType(body.type).scope === 'mesh' ? (body.mesh ?? 'default') : '';
    if (store.get(body.type, mesh, body.name)) writeResource(body, context);
    else context.written.delete(key);
  }
}

/** A global control plane gives no VIPs (recorded). */
function vipsOf(store: ResourceStore, place: Place, options: ControlPlaneOptions): Vips {
  const { loopbackVips: loopback = false, generationMs: delayMs = 0, vipRestMs } = options;
  return new Vips(store, { loopback, delayMs, enabled: place.mode === 'zone', restMs: vipRestMs });
}

function fill(context: RouteContext, { meshServices, mtls }: ControlPlaneOptions): void {
  const { world } = context;
  const { mode, zone } = world.place;
  const { tags, defaultPolicies } = world.flavour;
  const body = {
    type: 'Mesh',
    name: 'default',
    ...(mtls === true && {
      mtls: { enabledBackend: 'ca-1', backends: [{ name: 'ca-1', type: 'builtin' }] },
    }),
    ...(meshServices !== undefined && tags && { meshServices: { mode: meshServices } }),
  };
  writeResource(body, context, {});
  if (mtls === true && !tags) writeResource(bundledIdentity(zone), context);
  if (defaultPolicies) writeResource(DEFAULT_RETRY, context);
  if (mode === 'zone') writeResource({ type: 'Zone', name: zone }, context, {});
  for (const [name, spec] of defaultGenerators(mode)) {
    // The defaults of a zone carry their origin and nothing else (recorded), unlike what a user writes.
    const labels: Labels = mode === 'zone' ? { 'kuma.io/origin': 'zone' } : {};
    world.store.write({ type: 'HostnameGenerator', name, labels, fields: { spec } });
  }
}

/** A MeshIdentity with a CA of its own, for all proxies of the mesh. */
function bundledIdentity(zone: string): ResourceBody {
  const spec = {
    selector: { dataplane: { matchLabels: {} } },
    spiffeID: { trustDomain: `default.${zone}.mesh.local` },
    provider: {
      type: 'Bundled',
      bundled: {
        meshTrustCreation: 'Enabled',
        insecureAllowSelfSigned: true,
        autogenerate: { enabled: true },
        certificateParameters: { expiry: '24h0m0s' },
      },
    },
  };
  return { type: 'MeshIdentity', mesh: 'default', name: 'identity', spec };
}

const BACK_OFF = { baseInterval: '25ms', maxInterval: '250ms' };
const ATTEMPTS = { numRetries: 5, perTryTimeout: '16s', backOff: BACK_OFF };
const DEFAULT_RETRY: ResourceBody = {
  type: 'MeshRetry',
  mesh: 'default',
  name: 'mesh-retry-all-default',
  spec: {
    targetRef: { kind: 'Mesh' },
    to: [
      {
        targetRef: { kind: 'Mesh' },
        default: { tcp: { maxConnectAttempt: 5 }, http: ATTEMPTS, grpc: ATTEMPTS },
      },
    ],
  },
};
