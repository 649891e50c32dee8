import { printFailures } from '../findings';
import { addGatewayFlags, addJsonOutput } from '../gateway-flags';
import { failOnOption, type FailOn } from '../fail-on';
import { onePass } from '../one-pass';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  kongFilesText,
  loadFromFlags,
  stateText,
} from '../options';
import { walkRename } from '../rename';
import type { ExitCode, Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface SyncFlags extends CommonFlags {
  readonly failOn: FailOn;
  readonly plan?: string;
  readonly showHeld?: boolean;
  readonly confirmDeletes?: boolean;
  readonly rename?: boolean;
}

export const addSync: AddCommand = (program, terminal, end) => {
  const command = program
    .command('sync')
    .description(summaries.sync.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('--confirm-deletes', 'let deletions through that the guard would hold back')
    .option(
      '--rename',
      "first change the gateway's kuma.io/service and kuma.io/workload, stage by stage",
    )
    .option(
      '--plan <file>',
      'apply exactly what diff --plan-out wrote, or nothing where it would be something else now',
    )
    .option('--show-held', 'list every deletion that is held back')
    .addOption(failOnOption())
    .option('--json', 'print the result as JSON');
  command.option('--silence-events', 'print only findings and the summary');
  addGatewayFlags(addCommonFlags(addJsonOutput(command))).action(
    async (files: string[], flags: SyncFlags) => {
      if (flags.rename === true) {
        const code = await renameFirst(files, flags, terminal);
        if (code !== 0) {
          end(code);
          return;
        }
      }
      end(await onePass(files, flags, { dryRun: false, ...flags }, terminal));
    },
  );
};

async function renameFirst(
  files: readonly string[],
  flags: SyncFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = await loadFromFlags(flags, files, terminal);
  if (loaded.ok) return walkRename(loaded.config, { json: flags.json === true }, terminal);
  printFailures(loaded.failures, terminal);
  return 1;
}
