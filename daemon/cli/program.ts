/** The command line, made of commands that are given: what is not asked for need not be loaded. */
import { Command, CommanderError } from 'commander';

import { MeshdError } from '../../catalog/error';
import { visibleLines } from '../../catalog/text';
import { version } from '../version';
import type { AddCommand } from './commands/command';
import { hideEnvironment } from './environment-secrets';
import { printFailures } from './findings';
import type { ExitCode, Terminal } from './terminal';

/**
 * Runs one command line.
 * @returns the exit code: 0 fine, 1 error, 2 for `diff --non-zero-exit-code` with changes.
 */
export async function runCli(
  commands: readonly AddCommand[],
  args: readonly string[],
  given: Terminal,
): Promise<ExitCode> {
  const terminal = harmless(given);
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

/**
 * Whatever a command prints, and wherever it got it: only colours reach a terminal as what they are. In
 * JSON the spelling means the same; in YAML none of these characters may stand as itself.
 */
function harmless(terminal: Terminal): Terminal {
  const colours = /(\u001b\[(?:[0-2]|22|3[0-9]|9[0-7])m)/;
  const clean = (text: string): string => {
    if (!terminal.colour) return visibleLines(text);
    return text
      .split(colours)
      .map((part, index) => (index % 2 === 1 ? part : visibleLines(part)))
      .join('');
  };
  const hide = hideEnvironment(terminal);
  return {
    ...terminal,
    out: (text) => terminal.out(clean(text)),
    err: (text) => terminal.err(clean(hide(text))),
  };
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
