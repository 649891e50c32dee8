import type { Command } from 'commander';

import { allCommands } from '../../daemon/cli/commands/all-commands';
import { createProgram } from '../../daemon/cli/program';
import { escapeCell, generated } from './markdown';

/** Every command with its arguments and flags, as the program itself declares them. */
export function cliPage(): string {
  const silent = {
    env: {},
    out: () => undefined,
    err: () => undefined,
    signal: new AbortController().signal,
    colour: false,
  };
  const program = createProgram(allCommands, silent, () => undefined);
  const sections = program.commands.flatMap(withSubcommands).map(({ command, name }) => {
    const usage = `kong-meshd ${name} ${command.usage()}`;
    const rows = command.options.map(({ flags, description, defaultValue }) => {
      const value: unknown = defaultValue;
      const text = typeof value === 'string' ? `\`${value}\`` : '';
      return `| ${escapeCell(`\`${flags}\``)} | ${escapeCell(description)} | ${text} |`;
    });
    const table = ['| flag | meaning | default |', '| --- | --- | --- |', ...rows];
    return [
      `## ${name}`,
      '',
      `${command.description()}.`,
      '',
      `    ${usage}`,
      '',
      ...(rows.length > 0 ? table : []),
    ].join('\n');
  });
  return generated(
    [
      '# Command line',
      '',
      'Exit codes: 0 fine, 1 error, 2 for `diff --non-zero-exit-code` with changes; the same with `--json`.',
      '',
      sections.map((section) => section.trimEnd()).join('\n\n'),
      '',
    ].join('\n'),
  );
}

interface Named {
  readonly command: Command;
  readonly name: string;
}

function withSubcommands(command: Command): readonly Named[] {
  const name = command.name();
  const inner = command.commands.map((sub) => ({ command: sub, name: `${name} ${sub.name()}` }));
  return [{ command, name }, ...inner];
}
