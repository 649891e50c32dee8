/** A control plane and a gateway in another process: what they cost must not count for the daemon. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What the other process answers to once it is up. */
export type WorldRequest =
  | { readonly op: 'counts' }
  /** Moves one service to another port. */
  | { readonly op: 'move'; readonly service: string; readonly port: number }
  | { readonly op: 'stop' };

export interface WorldCounts {
  readonly kuma: number;
  readonly kong: number;
  /** `POST /config`. */
  readonly pushes: number;
}

export interface WorldPlaces {
  readonly kumaUrl: string;
  readonly kongUrl: string;
}

export interface PassWorld extends WorldPlaces {
  counts(): Promise<WorldCounts>;
  move(service: string, port: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param services how many, named `svc-0…` with leading zeros. */
export async function startPassWorld(services: number): Promise<PassWorld> {
  const child = fork(join(__dirname, 'pass-world-process.js'), [String(services)]);
  const ended = once(child, 'exit');
  const answer = async <T>(): Promise<T> => {
    const result: unknown = await Promise.race([
      once(child, 'message').then(([message]: unknown[]) => message),
      ended.then(() => {
        throw new Error('the process of the world ended');
      }),
    ]);
    return result as T;
  };
  const ask = async <T>(request: WorldRequest): Promise<T> => {
    const result = answer<T>();
    child.send(request);
    return result;
  };
  const places = await answer<WorldPlaces>();
  return {
    ...places,
    counts: () => ask<WorldCounts>({ op: 'counts' }),
    move: (service, port) => ask({ op: 'move', service, port }),
    async stop() {
      child.send({ op: 'stop' } satisfies WorldRequest);
      await ended;
    },
  };
}
