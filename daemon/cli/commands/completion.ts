import { Argument } from 'commander';

import { bashCompletion } from '../completion/bash';
import { fishCompletion } from '../completion/fish';
import { shapeOf, type CommandShape } from '../completion/shape';
import { zshCompletion } from '../completion/zsh';
import type { AddCommand } from './command';

const shells = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Readonly<Record<string, (program: CommandShape, name: string) => string>>;

export const addCompletion: AddCommand = (program, terminal, end) => {
  program
    .command('completion')
    .description(
      'print the completion of commands and flags for a shell: source <(...) in its rc file',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => {
      terminal.out(shells[shell](shapeOf(program), program.name()));
      end(0);
    });
};
