/** Where requests go while plugin servers are killed and restarted. */
import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

import { heldByParent, heldLikeSystemd, type Holder } from './held-socket';
import { startOwn } from './plugin-server-process';
import { nameOf, pastTheMesh, startRestartWorld, type RestartWorld } from './restart-world';

export interface RoundFigures {
  requests: number;
  /** Not answered by any service. */
  failed: number;
  bypassed: number;
  wrongTargets: number;
}

class Requests {
  readonly figures: RoundFigures = { requests: 0, failed: 0, bypassed: 0, wrongTargets: 0 };

  constructor(private readonly world: RestartWorld) {}

  async one(n: number): Promise<void> {
    const index = n % this.world.services;
    const answer = await this.world.ask(index);
    this.figures.requests += 1;
    if (answer === nameOf(index)) return;
    if (answer === pastTheMesh) this.figures.bypassed += 1;
    else if (answer.startsWith('service-')) this.figures.wrongTargets += 1;
    else this.figures.failed += 1;
  }

  /** So many clients, each with about this pause between its requests, until told to stop. */
  run(clients: number, pauseMs: number): () => Promise<void> {
    let stopped = false;
    const all = Array.from({ length: clients }, async (_, client) => {
      for (let n = client; !stopped; n += 1) {
        await this.one(n);
        // Spread: after an outage all clients are answered at once, and would ask at once ever after.
        if (pauseMs > 0) await wait(pauseMs * 2 * Math.random());
      }
    });
    return async () => {
      stopped = true;
      await Promise.all(all);
    };
  }
}

/** Kill -9 without anybody who holds the socket: every second time in the middle of the requests. */
export async function killRounds(folder: string, rounds: number): Promise<RoundFigures> {
  const socket = `${folder}/killed.socket`;
  const clients = 8;
  const world = await startRestartWorld(folder, socket, clients);
  const requests = new Requests(world);
  const perClient = 20;
  for (let round = 0; round < rounds; round += 1) {
    const server = await startOwn(socket);
    const before = requests.figures.requests;
    const all = Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; n < perClient; n += 1)
        await requests.one(n * (client + 1) + round + client * 5);
    });
    const due = (clients * perClient) / (round % 2 === 0 ? 1 : 2);
    while (requests.figures.requests - before < due) await new Promise(setImmediate);
    await server.kill();
    await Promise.all(all);
    // While it is dead, every worker still has instances of it.
    for (let n = 0; n < clients; n += 1) await requests.one(n);
  }
  await world.stop();
  return requests.figures;
}

export interface RestartOptions {
  readonly holder: Holder;
  readonly restarts: number;
  readonly signal: NodeJS.Signals;
  /** Over all of them; more where they take longer. */
  readonly requests: number;
  /** Of each client between its requests. Default none. */
  readonly pauseMs?: number;
}

/**
 * From another process: from this one it would always come right after the gateway's writes of the same
 * turn, before the server could read any of them.
 */
function killFromOutside(pid: number, signal: NodeJS.Signals): void {
  execFile('/bin/sh', ['-c', `sleep 0.1; kill -s ${signal.slice(3)} ${String(pid)}`]);
}

/** Under 16 clients, with a socket that outlives the server: by kill -9, or in order by SIGTERM. */
export async function heldSocketRestarts(
  folder: string,
  { holder, restarts, signal, requests: wanted, pauseMs = 0 }: RestartOptions,
): Promise<RoundFigures> {
  const clients = 16;
  const socket = `${folder}/${holder}-${signal}.socket`;
  const held = holder === 'systemd' ? heldLikeSystemd(socket) : heldByParent(socket);
  const world = await startRestartWorld(folder, socket, clients);
  try {
    // The socket refuses until somebody has listened on it for the first time.
    while ((await world.ask(0)) !== nameOf(0)) await wait(50);
    const requests = new Requests(world);
    const stop = requests.run(clients, pauseMs);
    for (let restart = 1; restart <= restarts; restart += 1) {
      const due = (wanted * restart) / (restarts + 1);
      while (requests.figures.requests < due) await wait(1);
      const pid = await held.pid();
      killFromOutside(pid, signal);
      await held.replaced(pid);
    }
    while (requests.figures.requests < wanted) await wait(1);
    await stop();
    return requests.figures;
  } finally {
    await world.stop();
    await held.end();
  }
}
