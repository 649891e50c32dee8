import { Argument, Option } from 'commander';

import type { Config } from '../../config/schema';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import type { Facts } from '../../doctor/facts';
import { migrateErrors } from '../../migrate/errors';
import { formatCutOver, formatResources } from '../../migrate/format';
import { cutOverOf, type CutOver } from '../../migrate/stages';
import { walkBack, walkForward, type WalkOptions } from '../../migrate/walk';
import { createCutOverWriter } from '../../targets/dataplane/cut-over-writer';
import { compose } from '../compose';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, progressOf, type CommonFlags } from '../options';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface MigrateFlags extends CommonFlags {
  readonly to?: '2' | '3';
  readonly check?: boolean;
}

export const addMigrate: AddCommand = (program, terminal, end) => {
  const command = program
    .command('migrate')
    .description(summaries.migrate.description)
    .addArgument(
      new Argument('[action]', 'status: only show the stages').choices(['status']).argOptional(),
    )
    .addOption(
      new Option('--to <version>', 'the major version of Kuma to go to; 2 leads back').choices([
        '2',
        '3',
      ]),
    )
    .option('--check', 'show what stands in the way and change nothing; exit 1 where anything does')
    .option('--json', 'print the stages as JSON');
  addCommonFlags(command).action(async (action: 'status' | undefined, flags: MigrateFlags) => {
    if (action === undefined && flags.to === undefined) throw cliErrors.error('MIGRATE_NEEDS_TO');
    const loaded = await loadFromFlags(flags, [], terminal);
    printFailures(loaded.failures, terminal);
    if (!loaded.ok) {
      end(1);
      return;
    }
    const { config } = loaded;
    const gather = (): Promise<Facts> => gatherOnce(config, flags, terminal);
    if (action === 'status' || flags.check === true) {
      const cutOver = cutOverOf(await gather());
      show(cutOver, {}, flags, terminal);
      end(cutOver.ready || action === 'status' ? 0 : 1);
      return;
    }
    const walk = flags.to === '2' ? walkBack : walkForward;
    const options = walkOptions(config, gather, flags, terminal);
    const { cutOver, writes, failures } = await walk(options, terminal.signal);
    show(cutOver, { writes, findings: failures }, flags, terminal);
    printFailures(failures, terminal);
    end(failures.length === 0 && (flags.to === '2' || cutOver.ready) ? 0 : 1);
  });
};

/** @throws MeshdError MIGRATE_NEEDS_API where a file or a cluster has the Dataplane. */
function walkOptions(
  { sources, mesh, gateway }: Config,
  gather: () => Promise<Facts>,
  flags: MigrateFlags,
  terminal: Terminal,
): WalkOptions {
  const controlPlane = sources.find(({ kuma }) => kuma)?.kuma;
  const reason =
    gateway.environment === 'kubernetes'
      ? 'on Kubernetes the Pods make the Dataplane'
      : gateway.owner === 'file'
        ? 'it belongs to a file'
        : controlPlane
          ? undefined
          : 'no kuma source is configured';
  if (reason !== undefined || !controlPlane) {
    throw migrateErrors.error('MIGRATE_NEEDS_API', { reason: reason ?? '', to: flags.to });
  }
  const { address, ports } = gateway.outbounds;
  const progress = progressOf(flags, terminal);
  return {
    gather,
    writer: createCutOverWriter({ controlPlane, mesh, config: gateway }),
    room: { address, ports },
    tell: (stage) => progress?.({ step: `writing the stage ${stage}` }),
  };
}

async function gatherOnce(config: Config, flags: MigrateFlags, terminal: Terminal): Promise<Facts> {
  const progress = progressOf(flags, terminal);
  const context = await compose(config, terminal.env, { readOnly: true, progress });
  try {
    return await gatherFacts({ config, context }, terminal.signal);
  } finally {
    context.kong?.close?.();
  }
}

function show(cutOver: CutOver, done: object, { json }: MigrateFlags, terminal: Terminal): void {
  if (json === true) {
    terminal.out(`${JSON.stringify({ ...cutOver, ...done }, null, 2)}\n`);
    return;
  }
  printFailures(cutOver.unasked ?? [], terminal);
  terminal.err(formatCutOver(cutOver, terminal.colour));
  terminal.out(formatResources(cutOver));
}
