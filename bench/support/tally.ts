/** Counts the verdicts on all requests of a run, and keeps what a bench says about them. */
import { judge, type Result, type Verdict } from './judge';
import type { Timeline } from './timeline';

export type Counts = Readonly<Record<Verdict | 'requests', number>>;

const shownExamples = 20;

export class Tally {
  readonly #timeline: Timeline;
  readonly #followMs: number;
  readonly #counts: Record<Verdict, number> = {
    ...{ failed: 0, wrong: 0, answered: 0, refused: 0, pending: 0 },
    ...{ unavailableKong: 0, unavailablePluginServer: 0 },
  };
  readonly #answered: { readonly dueMs: number; readonly tookMs: number }[] = [];
  readonly #examples: Record<'failed' | 'wrong', string[]> = { failed: [], wrong: [] };
  #firstMs = Infinity;
  #lastMs = -Infinity;

  constructor(timeline: Timeline, followMs: number) {
    this.#timeline = timeline;
    this.#followMs = followMs;
  }

  add(result: Result): void {
    const verdict = judge(result, this.#timeline, this.#followMs);
    this.#counts[verdict]++;
    const { name, dueMs, endedMs, status, from } = result;
    this.#firstMs = Math.min(this.#firstMs, dueMs);
    this.#lastMs = Math.max(this.#lastMs, dueMs);
    if (verdict === 'answered') this.#answered.push({ dueMs, tookMs: endedMs - dueMs });
    if (verdict !== 'failed' && verdict !== 'wrong') return;
    const examples = this.#examples[verdict];
    if (examples.length >= shownExamples) return;
    const when = `at ${dueMs.toFixed(0)}, after ${(endedMs - dueMs).toFixed(0)} ms`;
    examples.push(`${verdict} ${when}: ${name}: ${String(status)} ${oneLine(from)}`);
  }

  counts(): Counts {
    const requests = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return { requests, ...this.#counts };
  }

  /** Requests per second that really were sent. */
  rate(): number {
    return (this.counts().requests * 1000) / (this.#lastMs - this.#firstMs);
  }

  /** Of the right answers to requests that were due in this time, in ms. */
  latencies(fromMs: number, untilMs: number): readonly number[] {
    return this.#answered
      .filter(({ dueMs }) => dueMs >= fromMs && dueMs < untilMs)
      .map(({ tookMs }) => tookMs);
  }

  /** Says on standard error what went wrong first. */
  report(bench: string): void {
    for (const line of Object.values(this.#examples).flat())
      process.stderr.write(`${bench}: ${line}\n`);
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
