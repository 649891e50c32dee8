import { setTimeout as wait } from 'node:timers/promises';

import { assemble } from './assemble';
import { Faults } from './faults';
import type { FlavourName } from './flavour';
import { kindByType } from './kinds';
import type { ControlPlaneOptions } from './options';
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
  /** How often proxies are told of changes. */
  readonly refreshMs: number;
  /** Another version takes over, at once and with the same resources: what a restart after an upgrade shows. */
  become(flavour: FlavourName): void;
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
    get refreshMs() {
      return context.refreshMs();
    },
    become: (flavour) => assembly.become(flavour),
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
