import { setTimeout as wait } from 'node:timers/promises';

import { assemble } from './assemble';
import type { AuthOptions } from './auth';
import { Faults } from './faults';
import { kindByType } from './kinds';
import type { Place } from './labels';
import type { ConnectProxyOptions, ProxyHandle } from './proxies';
import { RequestLog } from './request-log';
import type { Json, ResourceBody } from './resource';
import { seedServices } from './seed';
import type { SeedOptions } from './seed';
import { startApiServer } from './server';
import type { ChangeListener } from './store';
import { viewOf } from './views';
import type { World } from './views';
import { writeResource } from './writes';

export type MeshServicesMode = 'Disabled' | 'Everywhere' | 'ReachableBackends' | 'Exclusive';

export interface ControlPlaneOptions {
  /** Default 0, any free one. */
  readonly port?: number;
  /** A zone control plane of its own, or a global one without zones. Default `zone`. */
  readonly mode?: Place['mode'];
  /** Default `zone-a`. */
  readonly zone?: string;
  /** What `/` says. Default `2.14.3`, or `3.0.0` in that shape. */
  readonly version?: string;
  /**
   * `3.0` is the announced one: no tags, no service-insights, external-services and virtual-outbounds,
   * MeshServices always and by the `kuma.io/workload` label. Built from announcements, not recorded.
   */
  readonly shape?: '2.14' | '3.0';
  /** Collections this version does not have, by path (`meshservices`): 404 in plain text. */
  readonly omit?: readonly string[];
  /** Of the mesh `default`. Default: unset, which upstream takes as Disabled. */
  readonly meshServices?: MeshServicesMode;
  /** Turns mTLS on in the mesh `default`. Default false. */
  readonly mtls?: boolean;
  readonly auth?: AuthOptions;
  /** From the disconnect of a file-owned proxy to its Dataplane's deletion. Default 10,000, as upstream. */
  readonly deregistrationMs?: number;
  /** How long a MeshService without Dataplanes stays. Default an hour, as upstream. */
  readonly deletionGraceMs?: number;
  /** How long after a change MeshServices and VIPs follow. Default 0; upstream up to 5,000. */
  readonly generationMs?: number;
  /** From a PUT's read to its commit: another write within it is a 409. Default 0, one turn of the event loop. */
  readonly commitMs?: number;
  /** VIPs of 127.241/16 and so on, which a sidecar can really listen on. Default false. */
  readonly loopbackVips?: boolean;
  /** After this a freed VIP may go to another service. Default: never. */
  readonly vipRestMs?: number;
  readonly now?: () => Date;
}

/** A stand-in Kuma control plane, over HTTP as a daemon sees it and in process as a test moves it. */
export interface ControlPlane {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Faults for the next requests. */
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** Creates or replaces, without validation: as if it had been there. Returns the object as GET shows it. */
  put(resource: ResourceBody): Json;
  /** As GET shows it; undefined where there is none. */
  get(type: string, name: string, mesh?: string): Json | undefined;
  /** False where there was none. */
  delete(type: string, name: string, mesh?: string): boolean;
  /** Many services at once, with Dataplanes and nothing behind them. Returns their names. */
  seed(options: SeedOptions): readonly string[];
  /** Starts a proxy's stream: who owns its Dataplane, and whether it counts as online. */
  connectProxy(options: ConnectProxyOptions): ProxyHandle;
  /** Tells of every change of a resource, synchronously. Returns the way to stop that. */
  onChange(listener: ChangeListener): () => void;
  /** What the stand-in sidecar computes its listeners and endpoints from. */
  readonly world: World;
  /**
   * Ends the process and starts it again on the same port after `downMs`, over the same database. The
   * streams of all proxies are cut, and each tries again at its own pace. Resolves when it serves.
   */
  restart(downMs: number): Promise<void>;
  /** Disconnects every proxy, closes every connection. Resolves when nothing is left open. */
  stop(): Promise<void>;
}

/** Starts one on loopback. Rejects where the port is taken. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assembly = assemble(options);
  const { world, context } = assembly;
  const faults = new Faults();
  const requests = new RequestLog();
  const parts = { context, faults, requests };
  let server = await startApiServer(options.port ?? 0, parts);
  const { url } = server;
  const controlPlane: ControlPlane = {
    url,
    faults,
    requests,
    world,
    put: (resource) => viewOf(writeResource(resource, context), world),
    get: (type, name, mesh = 'default') => {
      const found = world.store.get(type, inMesh(type, mesh), name);
      return found && viewOf(found, world);
    },
    delete: (type, name, mesh = 'default') => world.store.delete(type, inMesh(type, mesh), name),
    seed: (seed) => seedServices(controlPlane, seed),
    connectProxy: (proxy) => world.proxies.connect(proxy),
    onChange: (listener) => world.store.onChange(listener),
    restart: async (downMs) => {
      world.proxies.suspend();
      await server.stop();
      await wait(downMs);
      server = await startApiServer(Number(new URL(url).port), parts);
      world.proxies.resume();
    },
    stop: async () => {
      assembly.stop();
      await server.stop();
    },
  };
  return controlPlane;
}

function inMesh(type: string, mesh: string): string {
  return kindByType(type).scope === 'mesh' ? mesh : '';
}
