import { addGatewayFlags, addJsonOutput } from '../gateway-flags';
import { failOnOption, type FailOn } from '../fail-on';
import { onePass } from '../one-pass';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  kongFilesText,
  stateText,
} from '../options';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface DiffFlags extends CommonFlags {
  readonly failOn: FailOn;
  readonly planOut?: string;
  readonly confirmDeletes?: boolean;
  readonly showHeld?: boolean;
  readonly nonZeroExitCode?: boolean;
}

export const addDiff: AddCommand = (program, terminal, end) => {
  const command = program
    .command('diff')
    .description(summaries.diff.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('--non-zero-exit-code', 'exit with 2 when there are changes')
    .option('--plan-out <file>', 'keep the plan for sync --plan; - for standard output')
    .option('--confirm-deletes', 'show what sync --confirm-deletes would do')
    .option('--show-held', 'list every deletion that is held back')
    .addOption(failOnOption())
    .option('--json', 'print the changes as JSON');
  command.option('--silence-events', 'print only findings and the summary');
  addGatewayFlags(addCommonFlags(addJsonOutput(command))).action(
    async (files: string[], flags: DiffFlags) => {
      end(await onePass(files, flags, { dryRun: true, ...flags }, terminal));
    },
  );
};
