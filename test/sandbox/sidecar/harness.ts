import { createServer } from 'node:net';
import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlaneOptions } from '../../../sandbox/control-plane/options';
import type { Outbound } from '../../../sandbox/control-plane/resource';
import { register } from '../../../sandbox/services/register';
import type { RegisterOptions, Registration } from '../../../sandbox/services/register';
import { startService } from '../../../sandbox/services/service';
import type { Service } from '../../../sandbox/services/service';
import { startSidecar } from '../../../sandbox/sidecar/sidecar';
import type { Sidecar, SidecarOptions } from '../../../sandbox/sidecar/sidecar';
import { send } from '../control-plane/exchange';
import type { Reply } from '../control-plane/exchange';

/** A mesh with one gateway, quick enough for tests; what it starts it stops. */
export class Mesh {
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(readonly controlPlane: ControlPlane) {
    this.#stops.push(() => controlPlane.stop());
  }

  static async start(options: ControlPlaneOptions = {}): Promise<Mesh> {
    return new Mesh(
      await startControlPlane({ meshServices: 'Everywhere', deregistrationMs: 100, ...options }),
    );
  }

  async service(
    name: string,
    instance = '1',
    options: RegisterOptions = {},
  ): Promise<Service & Registration> {
    const service = await startService({ name, instance });
    this.#stops.push(() => service.stop());
    return Object.assign(service, register(this.controlPlane, service, options));
  }

  /** Writes the gateway's Dataplane over the API. */
  gateway(outbound: readonly Outbound[], service = 'kong'): void {
    this.controlPlane.put({
      type: 'Dataplane',
      mesh: 'default',
      name: 'kong-01',
      networking: {
        address: '127.0.0.5',
        gateway: { tags: { 'kuma.io/service': service } },
        outbound,
      },
    });
  }

  sidecar(options: Partial<SidecarOptions> = {}): Sidecar {
    const quick = { listenMs: 20, closeMs: 20, identityMs: 20, drainMs: 50, reconnectMs: 20 };
    const { controlPlane } = this;
    const sidecar = startSidecar({
      controlPlane,
      name: 'kong-01',
      mode: 'api',
      ...quick,
      ...options,
    });
    this.#stops.push(() => sidecar.stop());
    return sidecar;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
  }
}

let nextPort = 20_000 + ((process.pid * 97) % 9_000);

/** A free port below the ephemeral range, where nothing that asks for any port can get it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return port;
  }
}

/** Asks a listener over a connection of its own. */
export async function ask(
  port: number,
  headers: Record<string, string> = {},
  path = '/',
): Promise<Reply> {
  return await send(`http://127.0.0.1:${port}`, path, { headers });
}

/** Polls until `check` holds; fails with the last value seen. */
export async function eventually<Value>(
  read: () => Value | Promise<Value>,
  check: (value: Value) => boolean,
  timeoutMs = 5_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (check(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`still ${JSON.stringify(value)} after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
