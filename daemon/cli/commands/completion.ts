import { Argument } from 'commander';

import { bashCompletion } from '../completion/bash';
import { fishCompletion } from '../completion/fish';
import { shapeOf, type CommandShape } from '../completion/shape';
import { zshCompletion } from '../completion/zsh';
import type { AddCommand } from './command';
import { summaries } from './summaries';

const shells = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} as const satisfies Readonly<Record<string, (program: CommandShape, name: string) => string>>;

export const addCompletion: AddCommand = (program, terminal, end) => {
  program
    .command('completion')
    .description(summaries.completion.description)
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => {
      terminal.out(shells[shell](shapeOf(program), program.name()));
      end(0);
    });
};
