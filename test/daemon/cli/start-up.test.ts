/** A command loads what it uses: nobody waits for what another command needs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allCommands } from '../../../daemon/cli/commands/all-commands';
import { keepCompiled } from '../../../daemon/cli/compile-cache';
import { commandsFor } from '../../../daemon/cli/commands/commands-for';
import { summaries } from '../../../daemon/cli/commands/summaries';
import { createProgram, runCli } from '../../../daemon/cli/program';

const silent = { out: () => undefined, err: () => undefined } as never;
const programOf = (commands: Parameters<typeof createProgram>[0]) =>
  createProgram(commands, silent, () => undefined);

const root = join(__dirname, '../../..');
const bundled = join(root, 'dist/bundle/kong-meshd.mjs');
const compiled = join(root, 'dist/daemon/cli/main.js');

let folder: string;
beforeAll(() => void execFileSync(process.execPath, [join(root, 'build/bundle.mjs')]));
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'start-up-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages that a command line of the compiled program had loaded when it ended. */
function packagesOf(...args: readonly string[]): readonly string[] {
  const names = filesOf(compiled, args).map(
    (file) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)?.[1],
  );
  return [...new Set(names)].filter((name) => name !== undefined).sort();
}

/** The files that a program had loaded when it ended. */
function filesOf(program: string, args: readonly string[]): readonly string[] {
  const preload = join(folder, 'preload.cjs');
  writeFileSync(
    preload,
    `process.on('exit', () => {
      console.error('loaded ' + JSON.stringify(Object.keys(require.cache)));
    });`,
  );
  const { stderr } = spawnSync(process.execPath, ['-r', preload, program, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  const loaded = JSON.parse(/^loaded (.*)$/m.exec(stderr)![1]!) as string[];
  return loaded.filter((file) => file !== preload);
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

describe('the file that is installed', () => {
  it('holds all that checking a file takes', () => {
    writeFileSync(join(folder, 'kong.yml'), '_format_version: "3.0"\n');

    // Modules of the new form are in no cache of this kind: whatever is was not taken in.
    expect(filesOf(bundled, ['validate', 'kong.yml'])).toEqual([]);
  });

  it.each([
    [['--version']],
    [['--help']],
    [['sync', '--help']],
    [['init', '--schema']],
    [['validate', 'no-such.yml']],
    [['plugin-info']],
    [['demo', '--pace', 'x', '--help']],
  ])('does what the compiled sources do: %s', (args) => {
    const [ours, theirs] = [bundled, compiled].map((program) => {
      const options = { encoding: 'utf8', cwd: folder } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
      return { status, stdout, stderr };
    });

    expect(ours).toEqual(theirs);
    expect(`${ours!.stdout}${ours!.stderr}`).not.toBe('');
  });
});

describe('what Node compiled', () => {
  const used = (mode: number, env: Record<string, string> = {}): readonly string[] => {
    const caches = mkdtempSync(join(folder, 'cache-'));
    mkdirSync(join(caches, 'kong-meshd'));
    chmodSync(join(caches, 'kong-meshd'), mode);
    const kept: string[] = [];
    const enableCompileCache = (where: string) => void kept.push(where.slice(caches.length + 1));
    keepCompiled({ enableCompileCache }, { XDG_CACHE_HOME: caches, ...env });
    return kept;
  };

  it('is kept in the cache of the user', () => expect(used(0o700)).toEqual(['kong-meshd']));

  it.each([0o770, 0o702])('is not taken from where others may write (%o)', (mode) =>
    expect(used(mode)).toEqual([]),
  );

  it('is not kept where the user says so', () =>
    expect(used(0o700, { NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual([]));

  it('is not missed where nothing can be kept, or Node is too old for it', () => {
    const fail = () => expect('called').toBe('never');
    const nowhere = { XDG_CACHE_HOME: join(bundled, 'below-a-file') };

    expect(() => keepCompiled({ enableCompileCache: fail }, nowhere)).not.toThrow();
    expect(() => keepCompiled({}, {})).not.toThrow();
  });
});
