/** What a thread has done so far: the main thread reads it at any time, also after the thread is lost. */

/** Inputs that were begun, and those that got past the parser. */
const counts = { begun: 0, deep: 1 } as const;

export class Progress {
  readonly #numbers: Int32Array;

  constructor(readonly shared = new SharedArrayBuffer(4 * Object.keys(counts).length)) {
    this.#numbers = new Int32Array(shared);
  }

  add(what: keyof typeof counts): void {
    Atomics.add(this.#numbers, counts[what], 1);
  }

  read(what: keyof typeof counts): number {
    return Atomics.load(this.#numbers, counts[what]);
  }
}
