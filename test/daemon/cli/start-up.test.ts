/** A command loads what it uses: nobody waits for what another command needs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allCommands } from '../../../daemon/cli/commands/all-commands';
import { commandsFor } from '../../../daemon/cli/commands/commands-for';
import { summaries } from '../../../daemon/cli/commands/summaries';
import { createProgram, runCli } from '../../../daemon/cli/program';

const silent = { out: () => undefined, err: () => undefined } as never;
const programOf = (commands: Parameters<typeof createProgram>[0]) =>
  createProgram(commands, silent, () => undefined);

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'start-up-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages that a command line of the compiled program had loaded when it ended. */
function packagesOf(...args: readonly string[]): readonly string[] {
  const preload = join(folder, 'preload.cjs');
  const list = "/node_modules\\/((@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? ''";
  writeFileSync(
    preload,
    `process.on('exit', () => {
      const names = Object.keys(require.cache).map((file) => ${list});
      console.error('loaded ' + JSON.stringify([...new Set(names)].filter((name) => name)));
    });`,
  );
  const main = join(__dirname, '../../../dist/daemon/cli/main.js');
  const { stderr } = spawnSync(process.execPath, ['-r', preload, main, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return (JSON.parse(/^loaded (.*)$/m.exec(stderr)![1]!) as string[]).sort();
}

it('lists without loading them what the commands themselves declare', async () => {
  const listed = programOf(await commandsFor(['--help'])).helpInformation();

  expect(listed).toBe(programOf(allCommands).helpInformation());
});

it.each(Object.keys(summaries))('loads %s alone where it is named', async (name) => {
  const [names, helped] = await Promise.all(
    [[name], ['help', name]].map(async (args) =>
      programOf(await commandsFor(args)).commands.map((command) => command.name()),
    ),
  );

  expect(helped).toEqual(names);
  if (name !== 'completion') expect(names).toEqual([name]);
  else expect(names).toEqual(Object.keys(summaries));
});

it.each([
  ['--help', ['commander', 'picocolors']],
  ['--version', ['commander', 'picocolors']],
  ['no-such-command', ['commander', 'picocolors']],
])('%s needs no more than the command line itself', (argument, expected) => {
  expect(packagesOf(argument)).toEqual(expected);
});

it('checks a file without what speaks to anybody', () => {
  writeFileSync(join(folder, 'kong.yml'), '_format_version: "3.0"\n');

  expect(packagesOf('validate', 'kong.yml')).toEqual(['commander', 'picocolors', 'yaml', 'zod']);
});

it('checks a file of Kong alone, without a configuration that names the mesh', async () => {
  const file = join(folder, 'alone.yml');
  writeFileSync(file, '_format_version: "3.0"\nservices: [{ name: a, host: a.example }]\n');
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const { signal } = new AbortController();
  const terminal = { env: {}, out: say, err: say, signal, colour: false };

  const code = await runCli(await commandsFor(['validate']), ['validate', file], terminal);

  expect([code, said.join('')]).toEqual([0, '1 entities checked: no findings\n']);
});
