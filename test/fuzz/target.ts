/** What is fuzzed: how its inputs are made, and what must hold for each of them. */
import type { InputForm } from './engine/shrink';
import type { Random } from './engine/random';

export interface Target {
  readonly name: string;
  /** How many inputs it gets, in proportion to the others. */
  readonly weight: number;
  /** How a failing input is made smaller, and the ending of the file that it is kept in. */
  readonly form: InputForm;
  /** CPU time that a single input may take. Default 5000. */
  readonly cpuLimitMs?: number;
  /** The same bytes for the same random numbers. */
  generate(random: Random): Buffer;
  /** What the inputs are run against. */
  open(): Promise<Subject>;
}

export interface Subject {
  /**
   * Must end for every input.
   * @returns whether the input got past the first parser: one that never does tests nothing else.
   * @throws whatever escapes from the code under test, or Broken where something did not hold.
   */
  run(input: Buffer): boolean | Promise<boolean>;
  close(): Promise<void>;
}

/** Something that must hold did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

/** A subject without anything to open. */
export function pure(run: Subject['run']): () => Promise<Subject> {
  return () => Promise.resolve({ run, close: () => Promise.resolve() });
}
