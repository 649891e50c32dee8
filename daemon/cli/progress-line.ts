/** One line at the bottom of a terminal that says how far the work is. Gone when it is done. */
import type { ProgressEvent, ReportProgress } from '../progress';

export interface ProgressLine {
  readonly report: ReportProgress;
  /** Takes the line off the screen for other output; it comes back by itself. */
  clear(): void;
  /** Takes it away until the next event: for results, questions, and the end. */
  end(): void;
}

export interface ProgressLineOptions {
  readonly write: (text: string) => void;
  /** Of the terminal, at this moment. */
  readonly columns: () => number;
  /** A clock in ms that never goes back. */
  readonly now?: () => number;
}

/** What is over sooner shows nothing: a line that flashes up tells nobody anything. */
const quietMs = 400;
const redrawMs = 100;
const eraseLine = '\r\x1b[K';

export function createProgressLine(options: ProgressLineOptions): ProgressLine {
  const { write, columns, now = () => performance.now() } = options;
  const startedMs = now();
  let current: { readonly event: ProgressEvent; readonly sinceMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let drawnMs = -Infinity;
  let shown = false;

  function draw(): void {
    const nowMs = now();
    if (!current || nowMs - startedMs < quietMs || nowMs - drawnMs < redrawMs) return;
    drawnMs = nowMs;
    shown = true;
    const text = formatProgress(current.event, nowMs - current.sinceMs);
    write(`${eraseLine}${text.slice(0, Math.max(0, columns() - 1))}`);
  }

  function clear(): void {
    if (shown) write(eraseLine);
    shown = false;
    drawnMs = -Infinity;
  }

  return {
    report(event) {
      const goesOn = current?.event.step === event.step;
      current = { event, sinceMs: goesOn && current ? current.sinceMs : now() };
      if (!goesOn) drawnMs = -Infinity;
      // For steps that are long without a word; it keeps no process alive.
      timer ??= setInterval(draw, redrawMs).unref();
      draw();
    },
    clear,
    end() {
      clearInterval(timer);
      timer = undefined;
      current = undefined;
      clear();
    },
  };
}

/** `writing to Kong: 312 of 4000, 8 %, 156/s`, or `reading what Kong holds ... 3 s` */
export function formatProgress({ step, done, total }: ProgressEvent, elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  if (done === undefined) return seconds < 1 ? `${step} ...` : `${step} ... ${seconds} s`;
  const parts = [total === undefined ? String(done) : `${done} of ${total}`];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((done / total) * 100)} %`);
  // Over less than that a rate says nothing.
  if (done > 0 && elapsedMs >= 500) parts.push(`${Math.round((done / elapsedMs) * 1000)}/s`);
  return `${step}: ${parts.join(', ')}`;
}
