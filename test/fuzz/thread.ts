/** One thread of a run: takes inputs one after the other, so that the main thread can watch it. */
import { readlinkSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import { describe, inputOf } from './inputs';
import { mustLeavePrototypesAlone } from './invariants';
import { allTargets } from './targets/all-targets';
import { Progress } from './progress';
import type { Subject, Target } from './target';

export interface ThreadData {
  readonly target: string;
  readonly seed: string;
  /** Of its `Progress`. */
  readonly shared: SharedArrayBuffer;
}

export type ToThread =
  | {
      readonly kind: 'generate';
      readonly from: number;
      readonly count: number;
      readonly untilMs: number;
    }
  | { readonly kind: 'run'; readonly input: Uint8Array };

export type FromThread =
  | { readonly kind: 'ready'; readonly task: string | undefined }
  | { readonly kind: 'broken'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly index: number;
      readonly text: string;
      readonly signature: string;
    }
  | { readonly kind: 'done'; readonly ran: number; readonly next: number }
  | {
      readonly kind: 'ran';
      readonly failure: { readonly text: string; readonly signature: string } | undefined;
    };

const data = workerData as ThreadData;
const progress = new Progress(data.shared);

async function serve(target: Target): Promise<void> {
  const strays: unknown[] = [];
  process.on('unhandledRejection', (error) => strays.push(error));
  process.on('uncaughtException', (error) => strays.push(error));
  // Only what is listened to keeps a thread alive: before anything is waited for.
  const asked: ToThread[] = [];
  let take = (message: ToThread): void => void asked.push(message);
  parentPort?.on('message', (message: ToThread) => {
    take(message);
  });
  let subject: Subject = await target.open();

  /** The input's failure, also one that nobody was waiting for. */
  async function attempt(input: Buffer): Promise<{ error?: unknown }> {
    try {
      const deep = await subject.run(input);
      await new Promise(setImmediate);
      mustLeavePrototypesAlone();
      const [stray] = strays.splice(0);
      if (stray !== undefined) throw stray as Error;
      if (deep) progress.add('deep');
      return {};
    } catch (error) {
      strays.length = 0;
      // What it left behind must not make the next one fail.
      await subject.close().catch(() => undefined);
      subject = await target.open();
      return { error: error ?? new Error('nothing was thrown') };
    }
  }

  async function generate({ from, count, untilMs }: Extract<ToThread, { kind: 'generate' }>) {
    let [ran, index] = [0, from];
    for (; index < from + count && (ran === 0 || Date.now() < untilMs); index += 1) {
      // Before it is made: the making takes time too, and the right one must be blamed.
      progress.add('begun');
      const outcome = await attempt(inputOf(target, data.seed, index));
      ran += 1;
      if ('error' in outcome) post({ kind: 'failed', index, ...describe(outcome.error) });
    }
    post({ kind: 'done', ran, next: index });
  }

  take = (message) => {
    if (message.kind === 'generate') void generate(message);
    else {
      progress.add('begun');
      void attempt(Buffer.from(message.input)).then((outcome) => {
        post({ kind: 'ran', failure: 'error' in outcome ? describe(outcome.error) : undefined });
      });
    }
  };
  asked.forEach(take);
  post({ kind: 'ready', task: ownTask() });
}

function post(message: FromThread): void {
  parentPort?.postMessage(message);
}

/** The thread's number in the system, by which its CPU time can be read; Linux only. */
function ownTask(): string | undefined {
  try {
    return readlinkSync('/proc/thread-self').split('/').at(-1);
  } catch {
    return undefined;
  }
}

if (parentPort && data.target) {
  // A thread may read this mask and not set it: its sockets get the one that the process has.
  Object.defineProperty(process, 'umask', { value: () => 0o022 });
  const target = allTargets.find(({ name }) => name === data.target);
  // Of a thread that listens for strays nobody hears by itself.
  if (target)
    serve(target).catch((error: unknown) => post({ kind: 'broken', text: String(error) }));
}
