import { Argument, Option } from 'commander';

import type { Failure } from '../../../catalog/error';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import type { Facts } from '../../doctor/facts';
import { formatCutOver, formatResources } from '../../migrate/format';
import { cutOverOf, type CutOver } from '../../migrate/stages';
import { compose } from '../compose';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, progressOf, type CommonFlags } from '../options';
import type { ExitCode, Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface MigrateFlags extends CommonFlags {
  readonly to?: '2' | '3';
  readonly check?: boolean;
  readonly output?: string;
}

export const addMigrate: AddCommand = (program, terminal, end) => {
  const command = program
    .command('migrate')
    .description(summaries.migrate.description)
    .addArgument(
      new Argument('[action]', 'status: only show the stages').choices(['status']).argOptional(),
    )
    .addOption(new Option('--to <version>', 'the major version of Kuma to go to').choices(['3']))
    .option('--check', 'show what stands in the way and change nothing; exit 1 where anything does')
    .option('--json', 'print the stages as JSON');
  addCommonFlags(command).action(async (action: 'status' | undefined, flags: MigrateFlags) => {
    if (action === undefined && flags.to === undefined) throw cliErrors.error('MIGRATE_NEEDS_TO');
    const cutOver = await readCutOver(flags, terminal);
    if (!cutOver) {
      end(1);
      return;
    }
    show(cutOver, flags, terminal);
    end(exitOf(cutOver, action));
  });
};

/** Asks everybody once; what did not answer is printed, and is no ground to call the mesh ready. */
async function readCutOver(flags: MigrateFlags, terminal: Terminal): Promise<CutOver | undefined> {
  const loaded = await loadFromFlags(flags, [], terminal);
  if (!loaded.ok) {
    printFailures(loaded.failures, terminal);
    return undefined;
  }
  const { config, failures } = loaded;
  const context = await compose(config, terminal.env, {
    readOnly: true,
    progress: progressOf(flags, terminal),
  });
  const facts = await gatherFacts({ config, context, failures }, terminal.signal);
  context.kong?.close?.();
  const unasked = unaskedOf(facts);
  printFailures(unasked, terminal);
  const cutOver = cutOverOf(facts);
  return unasked.length > 0 ? { ...cutOver, ready: false } : cutOver;
}

/** A part that may be left out, such as zones of a zone, is none that a verdict needs. */
function unaskedOf({ unasked }: Facts): readonly Failure[] {
  return unasked
    .filter(({ severity }) => severity !== 'info')
    .map(({ part, severity, failure }) => ({
      ...failure,
      severity: severity === 'error' ? 'error' : 'warning',
      entity: part,
    }));
}

function show(cutOver: CutOver, { json }: MigrateFlags, terminal: Terminal): void {
  if (json === true) {
    terminal.out(`${JSON.stringify(cutOver, null, 2)}\n`);
    return;
  }
  terminal.err(formatCutOver(cutOver, terminal.colour));
  terminal.out(formatResources(cutOver));
}

function exitOf({ ready }: CutOver, action: 'status' | undefined): ExitCode {
  return ready || action === 'status' ? 0 : 1;
}
