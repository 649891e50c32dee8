import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { cliErrors } from '../errors';
import type { AddCommand } from './command';
import { summaries } from './summaries';

/** For the demo to end in order. */
const stopMs = 15_000;

/**
 * The demo is a process of its own: it brings an embedded mesh and gateway along, which nothing that
 * runs in production may import.
 */
export const addDemo: AddCommand = (program, terminal, end) => {
  program
    .command('demo')
    .description(summaries.demo.description)
    .option('--keep', 'leave everything running at the end and say what to try')
    .option('--json', 'print only a summary for machines, as the last line')
    .option('--pace <ms>', 'pause between the steps, for reading along', '0')
    .action(async (flags: { keep?: boolean; json?: boolean; pace: string }) => {
      const [script = '', bundled] = ['../../..', '..'].map((dist) =>
        join(__dirname, dist, 'sandbox', 'demo', 'main.js'),
      );
      const found = [script, bundled].find((file) => file !== undefined && existsSync(file));
      if (found === undefined) throw cliErrors.error('DEMO_MISSING', { script });
      const args = [
        found,
        ...(flags.keep === true ? ['--keep'] : []),
        ...(flags.json === true ? ['--json'] : []),
        '--pace',
        flags.pace,
      ];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      let killing: NodeJS.Timeout | undefined;
      const stop = (): void => {
        child.kill('SIGTERM');
        killing = setTimeout(() => child.kill('SIGKILL'), stopMs);
      };
      terminal.signal.addEventListener('abort', stop, { once: true });
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', resolve);
      });
      clearTimeout(killing);
      terminal.signal.removeEventListener('abort', stop);
      end(code === 0 ? 0 : 1);
    });
};
