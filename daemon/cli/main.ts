#!/usr/bin/env node
/** The process: signals in, exit code out. Everything else is in `program.ts`. */
import { createInterface } from 'node:readline/promises';

import { boundHeap } from './bound-heap';
import { commandsFor } from './commands/commands-for';
import { createProgressLine } from './progress-line';
import { runCli } from './program';
import type { Terminal } from './terminal';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    controller.abort(new Error(`stopped by ${name}`));
    // A command may be waiting for the end of a pipe.
    if (!process.stdin.isTTY) process.stdin.destroy();
  });
}

// A dumb terminal cannot take a line back.
const line =
  process.stderr.isTTY && process.env['TERM'] !== 'dumb'
    ? createProgressLine({
        write: (text) => void process.stderr.write(text),
        // A terminal that was never given a size says 0.
        columns: () => process.stderr.columns || 80,
      })
    : undefined;

const terminal: Terminal = {
  env: process.env,
  out(text) {
    line?.end();
    process.stdout.write(text);
  },
  err(text) {
    line?.clear();
    process.stderr.write(text);
  },
  ...(line ? { progress: line.report } : {}),
  signal: controller.signal,
  onHangup(listener) {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
};

/** On standard error, as standard output may be a pipe. */
async function ask(question: string): Promise<string | undefined> {
  line?.end();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C reaches the prompt and not the process.
  prompt.once('SIGINT', () => {
    controller.abort(new Error('stopped by SIGINT'));
  });
  // Ctrl-D ends the input, and Node leaves the question open then.
  const ended = new Promise<undefined>((resolve) => {
    prompt.once('close', () => resolve(undefined));
  });
  try {
    return await Promise.race([prompt.question(question, { signal: controller.signal }), ended]);
  } catch {
    return undefined;
  } finally {
    prompt.close();
  }
}

async function main(args: readonly string[]): Promise<void> {
  // A reload that comes while the daemon starts must not end it: it reads everything now anyway.
  if (args[0] === 'run') process.on('SIGHUP', () => undefined);
  const isPlugin = args[0] === 'plugin-server' || args[0] === 'plugin-info';
  if (!isPlugin) boundHeap();
  const commands = await commandsFor(args);
  // Not process.exit: what is still being written to a pipe must get there.
  try {
    process.exitCode = await runCli(commands, args, terminal);
  } finally {
    line?.end();
  }
}

void main(process.argv.slice(2));
