import { onePass } from '../one-pass';
import { addCommonFlags, type CommonFlags } from '../options';
import type { AddCommand } from './command';

interface SyncFlags extends CommonFlags {
  readonly confirmDeletes?: boolean;
}

export const addSync: AddCommand = (program, terminal, end) => {
  const command = program
    .command('sync')
    .description('one pass: bring Kong, the snapshot and the gateway in step with the mesh')
    .argument('[files...]', 'Kong configuration in place of kong.config')
    .option('--confirm-deletes', 'let deletions through that the guard would hold back')
    .option('--json', 'print the result as JSON');
  addCommonFlags(command).action(async (files: string[], flags: SyncFlags) => {
    end(await onePass(files, flags, { dryRun: false, ...flags }, terminal));
  });
};
