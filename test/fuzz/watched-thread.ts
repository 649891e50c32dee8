/** A thread under watch: what never ends, eats the memory or takes the thread down is a failure too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { Progress } from './progress';
import type { Target } from './target';
import type { FromThread, ThreadData, ToThread } from './thread';

export interface Failed {
  /** Of the run's inputs; undefined for one that was handed over. */
  readonly index?: number;
  readonly text: string;
  readonly signature: string;
}

export interface Slice {
  readonly ran: number;
  readonly deep: number;
  /** Where the next slice begins. */
  readonly next: number;
  readonly failures: readonly Failed[];
}

export interface ThreadLimits {
  readonly heapMb: number;
  /** Longest time in which a thread does nothing at all for its input. */
  readonly wallMs: number;
}

const defaultLimits: ThreadLimits = { heapMb: 768, wallMs: 60_000 };
/** How much more memory the whole process may hold than when the input began. */
const growthBytes = 1024 * 1024 * 1024;
const tickMs = 100;

export class WatchedThread {
  readonly #target: Target;
  readonly #seed: string;
  readonly #limits: ThreadLimits;
  readonly #progress = new Progress();
  #worker: Worker | undefined;
  #onAnswer: (answer: FromThread) => void = () => undefined;
  #onLoss: (how: string) => void = () => undefined;
  #task: string | undefined;

  constructor(target: Target, seed: string, limits: Partial<ThreadLimits> = {}) {
    this.#target = target;
    this.#seed = seed;
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Generated inputs from an index on, as many as asked for or until the time is over. */
  async generate(from: number, count: number, untilMs: number): Promise<Slice> {
    const failures: Failed[] = [];
    const deepBefore = this.#progress.read('deep');
    const end = await this.#ask({ kind: 'generate', from, count, untilMs }, (failure) =>
      failures.push(failure),
    );
    const deep = this.#progress.read('deep') - deepBefore;
    if (end.kind !== 'lost') return { ran: 0, next: from, ...end, deep, failures };
    // The input at work when the thread was lost is the one to blame.
    const at = from + Math.max(0, end.at - 1);
    failures.push({ ...end, index: at });
    return { ran: at - from + 1, deep, next: at + 1, failures };
  }

  /** One input. @returns how it failed, if it did. */
  async run(input: Buffer): Promise<Failed | undefined> {
    const end = await this.#ask({ kind: 'run', input: Uint8Array.from(input) });
    if (end.kind === 'ran') return end.failure;
    return end.kind === 'lost' ? end : undefined;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ask(
    message: ToThread,
    onFailure?: (failure: Failed) => void,
  ): Promise<Extract<FromThread, { kind: 'done' | 'ran' }> | Lost> {
    const worker = (this.#worker ??= await this.#start());
    const before = this.#progress.read('begun');
    return new Promise((resolve) => {
      const finish = (end: Extract<FromThread, { kind: 'done' | 'ran' }> | Lost): void => {
        clearInterval(watchdog);
        this.#onAnswer = () => undefined;
        this.#onLoss = () => undefined;
        resolve(end);
      };
      const lose = (how: string): void => {
        // What dies also ends: that is not a second loss.
        this.#onLoss = () => undefined;
        clearInterval(watchdog);
        this.#worker = undefined;
        const at = this.#progress.read('begun') - before;
        const end: Lost = { kind: 'lost', at, text: how, signature: how.replace(/\d+/g, '…') };
        void worker.terminate().then(() => finish(end));
      };
      this.#onLoss = lose;
      this.#onAnswer = (answer) => {
        if (answer.kind === 'failed') onFailure?.(answer);
        else if (answer.kind === 'done' || answer.kind === 'ran') finish(answer);
      };
      const watchdog = this.#watch(lose);
      worker.postMessage(message);
    });
  }

  async #start(): Promise<Worker> {
    const workerData: ThreadData = {
      target: this.#target.name,
      seed: this.#seed,
      shared: this.#progress.shared,
    };
    const worker = new Worker(join(__dirname, 'thread.js'), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMb },
    });
    const { name } = this.#target;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${name} cannot be opened: it takes too long`)),
        this.#limits.wallMs,
      );
      this.#onLoss = (how) => reject(new Error(how));
      this.#onAnswer = (answer) => {
        clearTimeout(late);
        if (answer.kind === 'broken') reject(new Error(`${name} cannot be opened: ${answer.text}`));
        if (answer.kind === 'ready') this.#task = answer.task;
        resolve();
      };
      worker.on('message', (answer: FromThread) => this.#onAnswer(answer));
      worker.on('error', (error) => this.#onLoss(`the thread died: ${error.message}`));
      worker.on('exit', (code) => this.#onLoss(`the thread ended by itself with ${code}`));
    });
    return worker;
  }

  /** CPU time and not the clock: on a busy machine every input is slow. */
  #watch(onTrouble: (how: string) => void): NodeJS.Timeout {
    const { cpuLimitMs = 5_000 } = this.#target;
    const { wallMs } = this.#limits;
    let seen = -1;
    let since = { cpuMs: 0, bytes: 0 };
    let cpuMs = 0;
    let idleSinceMs = 0;
    return setInterval(() => {
      const nowMs = performance.now();
      const bytes = process.memoryUsage.rss();
      const at = this.#progress.read('begun');
      const used = cpuMsOf(this.#task) ?? cpuMs;
      // A thread that gets no CPU is slow, and not stuck: only one that wants none is.
      if (used !== cpuMs || at !== seen) idleSinceMs = nowMs;
      cpuMs = used;
      if (at !== seen) {
        seen = at;
        since = { cpuMs, bytes };
      } else if (cpuMs - since.cpuMs > cpuLimitMs) {
        onTrouble(`an input took more than ${cpuLimitMs} ms of CPU time`);
      } else if (nowMs - idleSinceMs > wallMs) {
        onTrouble(`an input did not end within ${wallMs} ms`);
      } else if (bytes - since.bytes > growthBytes) {
        onTrouble(`an input took more than ${growthBytes} bytes`);
      }
    }, tickMs);
  }
}

interface Lost {
  readonly kind: 'lost';
  /** How many inputs had begun. */
  readonly at: number;
  readonly text: string;
  readonly signature: string;
}

const clockTickMs = 10;

/** Of a thread so far; undefined where the system does not tell it. */
function cpuMsOf(task: string | undefined): number | undefined {
  if (task === undefined) return undefined;
  try {
    const text = readFileSync(`/proc/self/task/${task}/stat`, 'latin1');
    // The name in brackets may hold blanks: fields are counted behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return ticks * clockTickMs;
  } catch {
    return undefined;
  }
}
