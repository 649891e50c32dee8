import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from 'commander';

import { allCommands } from '../../daemon/cli/commands/all-commands';
import { createProgram } from '../../daemon/cli/program';
import { parseConfig } from '../../daemon/config/load';
import { catalogues } from '../../docs/pages/errors';

const page = readFileSync(
  join(__dirname, '..', '..', 'docs', 'how-to', 'coming-from-deck.md'),
  'utf8',
);
const program = createProgram(
  allCommands,
  {
    env: {},
    out: () => undefined,
    err: () => undefined,
    signal: new AbortController().signal,
    colour: false,
  },
  () => undefined,
);
const shown = [...page.matchAll(/kong-meshd ([a-z]+)([^`|\n]*)/g)]
  .map(([, name = '', rest = '']) => ({ name, flags: rest.match(/(?<= )--?[a-z][a-z-]*/g) ?? [] }))
  .filter(({ name }) => name !== 'reads');

function commandOf(name: string): Command | undefined {
  return program.commands.find((command) => command.name() === name);
}

it.each(shown)('shows $name $flags as the command line has it', ({ name, flags }) => {
  const known = commandOf(name)?.options.flatMap(({ short, long }) => [short, long]);

  expect(known).toEqual(expect.arrayContaining([...flags]));
});

it.each([
  '--kong-addr',
  '--select-tag',
  '--workspace',
  '--parallelism',
  '--headers',
  '--kong-admin-token-file',
  '--timeout',
  '--json-output',
  '--silence-events',
])('names %s, which sync and diff have', (flag) => {
  expect(page).toContain(`\`${flag}`);
  for (const name of ['sync', 'diff']) {
    expect(commandOf(name)?.options.map(({ long }) => long)).toContain(flag);
  }
});

it('names codes that exist', () => {
  const codes = Object.values(catalogues).flatMap((catalogue) => Object.keys(catalogue));
  const named = [...page.matchAll(/`((?:DUMP|RESET|KONG)_[A-Z_]+)`/g)].map(([, code]) => code);

  expect(named).not.toEqual([]);
  expect(codes).toEqual(expect.arrayContaining(named));
});

it('has a configuration that is one', () => {
  const text = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';

  expect(parseConfig(text.replace(/^ {3}/gm, ''), { env: {} })).toMatchObject({
    ok: true,
    config: { kong: { target: { admin: { url: 'http://127.0.0.1:8001' } } } },
    failures: [],
  });
});
