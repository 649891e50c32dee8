/** One command of the command line in this process, and what it said. */
import type { AddCommand } from '../../../../daemon/cli/commands/command';
import { runCli } from '../../../../daemon/cli/program';
import type { ExitCode } from '../../../../daemon/cli/terminal';

/** @param args the name of the command first. */
export async function runCommand(
  add: AddCommand,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: ExitCode; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const code = await runCli([add], args, {
    env,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    signal: new AbortController().signal,
    colour: false,
  });
  return { code, ...said };
}
