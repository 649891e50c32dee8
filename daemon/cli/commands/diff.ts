import { addGatewayFlags, addJsonOutput } from '../gateway-flags';
import { onePass } from '../one-pass';
import { addCommonFlags, type CommonFlags } from '../options';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface DiffFlags extends CommonFlags {
  readonly nonZeroExitCode?: boolean;
}

export const addDiff: AddCommand = (program, terminal, end) => {
  const command = program
    .command('diff')
    .description(summaries.diff.description)
    .argument('[files...]', 'Kong configuration in place of kong.config')
    .option('--non-zero-exit-code', 'exit with 2 when there are changes')
    .option('--json', 'print the changes as JSON');
  command.option('--silence-events', 'print only findings and the summary');
  addGatewayFlags(addCommonFlags(addJsonOutput(command))).action(
    async (files: string[], flags: DiffFlags) => {
      end(await onePass(files, flags, { dryRun: true, ...flags }, terminal));
    },
  );
};
