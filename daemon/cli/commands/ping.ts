import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, type CommonFlags } from '../options';
import { pingAll } from '../ping-parts';
import { formatTable } from '../table';
import type { AddCommand } from './command';
import { summaries } from './summaries';

/** 0 where all that is configured is up, else 1. */
export const addPing: AddCommand = (program, terminal, end) => {
  const command = program
    .command('ping')
    .description(summaries.ping.description)
    .option('--json', 'print the answers as JSON');
  addCommonFlags(command).action(async (flags: CommonFlags) => {
    const loaded = await loadFromFlags(flags, [], terminal);
    printFailures(loaded.failures, terminal);
    if (!loaded.ok) {
      end(1);
      return;
    }
    const pings = await pingAll(loaded.config, terminal);
    if (flags.json === true) terminal.out(`${JSON.stringify({ pings }, null, 2)}\n`);
    else {
      const rows = pings.map(({ part, at, state, version = '-' }) => [part, at, state, version]);
      terminal.out(formatTable(['PART', 'AT', 'STATE', 'VERSION'], rows));
      for (const { part, at, problem, fix } of pings) {
        if (problem === undefined) continue;
        terminal.out(`${at === '-' ? part : `${part} ${at}`}: ${problem}\n`);
        if (fix !== undefined) terminal.out(`  fix: ${fix}\n`);
      }
    }
    end(pings.some(({ state }) => state === 'down') ? 1 : 0);
  });
};
