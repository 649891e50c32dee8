/**
 * Lines of kumactl and kuma-dp, wherever a page prints one, against the flags of the real programs
 * (test/fixtures/kuma-cli, recorded from Kuma 2.14.3): each flag is known, and those without which the
 * program ends are given.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { pages, root } from './support/shell-blocks';

interface Recorded {
  readonly flags: readonly string[];
  readonly required: readonly string[];
}
const { commands } = JSON.parse(
  readFileSync(join(root, 'test', 'fixtures', 'kuma-cli', 'flags.json'), 'utf8'),
) as { readonly commands: Readonly<Record<string, Recorded>> };

/** In code blocks and in backticks; a line may go on behind a backslash. */
function linesOf(text: string): readonly string[] {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  const code = [...joined.matchAll(/^ *```[\s\S]*?^ *```|`[^`\n]+`/gm)].map(([block]) => block);
  return code.flatMap((block) =>
    block
      .split('\n')
      .map((line) => line.replaceAll('`', '').trim())
      // A name alone in a sentence is no command line.
      .filter((line) => /^(kumactl|kuma-dp) \S+ .*-/.test(line)),
  );
}

function problemsOf(line: string): readonly string[] {
  const name = Object.keys(commands).find((known) => line.startsWith(`${known} `));
  const recorded = name === undefined ? undefined : commands[name];
  if (!recorded) return [`no such command is recorded: ${line}`];
  const given = [...line.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)].map(([flag]) => flag);
  return [
    ...given
      .filter((flag) => !recorded.flags.includes(flag))
      .map((flag) => `unknown ${flag}: ${line}`),
    ...recorded.required
      .filter((flag) => !given.includes(flag))
      .map((flag) => `without ${flag}: ${line}`),
  ];
}

const printed = pages().flatMap((page) =>
  linesOf(readFileSync(join(root, page), 'utf8')).map((line) => ({ page, line })),
);

it('finds the lines', () => {
  expect(printed.length).toBeGreaterThan(3);
});

it.each(printed)('$page: $line', ({ line }) => {
  expect(problemsOf(line)).toEqual([]);
});

it('refuses what the real programs refuse', () => {
  expect(problemsOf('kumactl generate dataplane-token --mesh default --name kong-01')).toEqual([
    expect.stringContaining('without --valid-for'),
  ]);
  expect(problemsOf('kuma-dp run --no-such-flag')).toEqual([
    expect.stringContaining('unknown --no-such-flag'),
  ]);
});

/** Since 2.13.7 it refuses a control plane that it cannot verify. */
it.each(printed.filter(({ line }) => /^kuma-dp run .*--cp-address/.test(line)))(
  'verifies the control plane: $line',
  ({ line }) => {
    expect(line).toMatch(/--ca-cert-file /);
  },
);
