/** A run of one target: the kept inputs first, then new ones; what fails is made small and kept. */
import { keepInput, keptInputs } from './corpus';
import { shrink } from './engine/shrink';
import type { Target } from './target';
import { inputOf } from './inputs';
import { WatchedThread, type Failed } from './watched-thread';

export interface Found {
  readonly signature: string;
  readonly text: string;
  readonly file: string;
  /** Of the input that failed first; undefined for a kept one. */
  readonly index: number | undefined;
  times: number;
}

export interface TargetResult {
  kept: number;
  ran: number;
  deep: number;
  cpuMs: number;
  readonly found: Map<string, Found>;
}

export interface RunOptions {
  readonly seed: string;
  readonly keep: boolean;
  readonly report: (line: string) => void;
}

/** Shrinking an input that hangs costs its CPU limit each time. */
const shrinkAttempts = { thrown: 1500, lost: 12 };
/** More kinds of failures than this are one failure: the target is broken. */
const maxFindings = 20;

export class TargetRun {
  readonly result: TargetResult = { kept: 0, ran: 0, deep: 0, cpuMs: 0, found: new Map() };
  #thread: WatchedThread;
  #next = 0;

  constructor(
    readonly target: Target,
    private readonly options: RunOptions,
  ) {
    this.#thread = new WatchedThread(target, options.seed);
  }

  get isBroken(): boolean {
    return this.result.found.size >= maxFindings;
  }

  async runKept(): Promise<void> {
    for (const { file, input } of keptInputs(this.target)) {
      this.result.kept += 1;
      const failed = await this.#thread.run(input);
      if (failed) this.#note(failed, `corpus/${this.target.name}/${file}`);
    }
  }

  /** @param untilMs by the clock of `Date.now`. */
  async runNew(count: number, untilMs: number): Promise<void> {
    const end = this.#next + count;
    while (this.#next < end && Date.now() < untilMs && !this.isBroken) {
      const slice = await this.#thread.generate(this.#next, end - this.#next, untilMs);
      this.result.ran += slice.ran;
      this.result.deep += slice.deep;
      this.#next = slice.next;
      for (const failed of slice.failures) await this.#handle(failed);
    }
  }

  async close(): Promise<void> {
    await this.#thread.close();
  }

  async #handle(failed: Failed): Promise<void> {
    const known = this.result.found.get(failed.signature);
    if (known) {
      known.times += 1;
      return;
    }
    const { seed, keep } = this.options;
    const input = inputOf(this.target, seed, failed.index ?? 0);
    const isLost = !failed.text.includes('\n');
    const small = await shrink(
      input,
      this.target.form,
      async (candidate) => {
        const again = await this.#thread.run(candidate);
        return again?.signature === failed.signature;
      },
      isLost ? shrinkAttempts.lost : shrinkAttempts.thrown,
    );
    this.#note(failed, keep ? keepInput(this.target, small) : shown(small));
  }

  #note(failed: Failed, file: string): void {
    const { signature, text, index } = failed;
    this.result.found.set(signature, { signature, text, file, index, times: 1 });
    const where = index === undefined ? 'a kept input' : `input ${index}`;
    const { seed, report } = this.options;
    report(`FAILED ${this.target.name}, seed ${seed}, ${where}: ${text}\n  kept as ${file}`);
  }
}

function shown(input: Buffer): string {
  return `(not kept) ${JSON.stringify(input.toString('latin1').slice(0, 500))}`;
}
