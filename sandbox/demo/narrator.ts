/** What the demo tells, step by step, and the summary it ends with. */
import { styleText } from 'node:util';

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
}

export interface Narrator {
  /** A sentence or two on what comes. */
  readonly say: (text: string) => void;
  /** Something observed: a request with its answer, a line of configuration. */
  readonly show: (text: string) => void;
  /** Runs one step; a throw marks it as failed, and the demo goes on. */
  readonly step: (name: string, title: string, run: () => Promise<void>) => Promise<void>;
  readonly results: readonly StepResult[];
}

export interface NarratorOptions {
  /** Prints nothing but the summary. */
  readonly silent: boolean;
  readonly colour: boolean;
  /** Pause after each step, in ms. */
  readonly paceMs: number;
  /** Once it aborts, no further step begins and nothing more is told. */
  readonly signal: AbortSignal;
}

export function createNarrator(options: NarratorOptions): Narrator {
  const results: StepResult[] = [];
  const ended = (): boolean => options.signal.aborted;
  const print = (text: string): void => {
    if (!options.silent && !ended()) process.stdout.write(`${text}\n`);
  };
  const paint = (style: 'bold' | 'green' | 'red' | 'dim', text: string): string =>
    options.colour ? styleText(style, text) : text;
  return {
    results,
    say: (text) => {
      print(wrap(text, 84, '   '));
    },
    show: (text) => {
      print(text.replace(/^/gm, '     '));
    },
    async step(name, title, run) {
      if (ended()) return;
      print(`\n${paint('bold', `${results.length + 1}. ${title}`)}`);
      try {
        await run();
        results.push({ name, ok: true });
        print(`   ${paint('green', 'ok')}`);
      } catch (error) {
        if (ended()) return;
        results.push({ name, ok: false });
        print(
          `   ${paint('red', 'failed')}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      if (options.paceMs > 0) await new Promise((resolve) => setTimeout(resolve, options.paceMs));
    },
  };
}

function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((part) => indent + part).join('\n');
}
