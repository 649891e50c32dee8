/** The command line, made of commands that are given: what is not asked for need not be loaded. */
import { Command, CommanderError } from 'commander';

import { MeshdError } from '../../catalog/error';
import { version } from '../version';
import type { AddCommand } from './commands/command';
import { printFailures } from './findings';
import type { ExitCode, Terminal } from './terminal';

/**
 * Runs one command line.
 * @returns the exit code: 0 fine, 1 error, 2 for `diff --non-zero-exit-code` with changes.
 */
export async function runCli(
  commands: readonly AddCommand[],
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  let code: ExitCode = 0;
  const end = (value: ExitCode): void => {
    code = value;
  };
  try {
    await createProgram(commands, terminal, end).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (!(error instanceof MeshdError)) throw error;
    printFailures([error.toFailure()], terminal);
    return 1;
  }
  return code;
}

/** The whole program, also for the reference page. */
export function createProgram(
  commands: readonly AddCommand[],
  terminal: Terminal,
  end: (code: ExitCode) => void,
): Command {
  const program = new Command('kong-meshd')
    .description('Makes Kong a delegated gateway of Kuma / Kong Mesh, and keeps it one.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.err(text);
      },
    });
  for (const add of commands) add(program, terminal, end);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}
