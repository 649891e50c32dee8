/** The real shells complete, where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { allCommands } from '../../../../daemon/cli/commands/all-commands';
import { everyCommand, shapeOf } from '../../../../daemon/cli/completion/shape';
import { createProgram, runCli } from '../../../../daemon/cli/program';

type Shell = 'bash' | 'zsh' | 'fish';

let folder: string;
let scripts: Readonly<Record<Shell, string>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-meshd-completion-'));
  writeFileSync(join(folder, 'my kong.yml'), '');
  const write = async (shell: Shell): Promise<string> => {
    const file = join(folder, `.completion.${shell}`);
    writeFileSync(file, (await run('completion', shell)).out);
    return file;
  };
  scripts = { bash: await write('bash'), zsh: await write('zsh'), fish: await write('fish') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]) {
  const terminal = {
    env: {},
    out: (text: string) => void (result.out += text),
    err: (text: string) => void (result.err += text),
    signal: new AbortController().signal,
    colour: false,
  };
  const result = { out: '', err: '', code: 0 };
  result.code = await runCli(allCommands, args, terminal);
  return result;
}

const isInstalled = (shell: Shell): boolean => spawnSync(shell, ['--version']).status === 0;

/** What the shell offers for the last word. */
const complete: Readonly<Record<Shell, (words: readonly string[]) => readonly string[]>> = {
  bash(words) {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kong_meshd
      ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"; true`;
    return linesOf('bash', ['--norc', '-c', script, 'bash', scripts.bash, ...words]);
  },
  // Its completion only works in an interactive shell, so one is started on a terminal of its own. The
  // function that takes what was found is replaced by one that prints it.
  zsh(words) {
    const inner = [
      'PROMPT=; unsetopt zle_bracketed_paste 2>/dev/null',
      'autoload -Uz compinit; compinit -u -D',
      `source ${scripts.zsh}`,
      `compadd() {
        if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return $?; fi
        local -a found; builtin compadd -A found "$@"; for word in $found; do print -r -- "<$word>"; done
      }`,
      'show() { _main_complete; print -r -- "<<end>>"; exit }',
      'zle -C show complete-word show; bindkey "^I" show',
      'print -r -- "<<ready>>"',
    ].join('\n');
    const setup = join(folder, '.setup.zsh');
    writeFileSync(setup, inner);
    const script = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z "source ${setup}"
      zpty -r z line '*<<ready>>*'; zpty -w -n z ${JSON.stringify(words.join(' '))}$'\\t'
      zpty -r z out '*<<end>>*'; print -r -- "$out"`;
    return linesOf('zsh', ['-f', '-c', script]).flatMap((line) =>
      [...line.matchAll(/<([^<>]+)>(?!>)/g)].map(([, word = '']) => word),
    );
  },
  fish: (words) =>
    linesOf('fish', [
      '--no-config',
      '-c',
      `source ${scripts.fish}; complete -C ${JSON.stringify(words.join(' '))}`,
    ]).map((line) => line.split('\t')[0] ?? ''),
};

function linesOf(command: string, args: readonly string[]): readonly string[] {
  const text = execFileSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 20_000 });
  return text.split(/\r?\n/).filter((line) => line !== '');
}

describe.each<Shell>(['bash', 'zsh', 'fish'])('completion in %s', (shell) => {
  const has = (...words: readonly string[]): readonly string[] =>
    complete[shell](['kong-meshd', ...words]);
  const installed = isInstalled(shell);
  const test = installed ? it : it.skip;
  const name = (text: string): string => (installed ? text : `${text} (${shell} is not installed)`);

  test(name('offers every command'), () => {
    const program = programShape();

    expect([...has('')].sort()).toEqual(
      expect.arrayContaining(program.commands.map(({ path }) => path[0]).sort()),
    );
    expect(has('sy')).toEqual(['sync']);
    expect(has('plugin-')).toEqual(expect.arrayContaining(['plugin-server', 'plugin-info']));
  });

  test(name('offers the commands of a command'), () => {
    expect([...has('manifests', '')].sort()).toEqual([
      'external-name',
      'gateway',
      'install',
      'permission',
      'reachable-backends',
      'service-upstream',
    ]);
  });

  test(name('offers the flags of the command that was typed'), () => {
    const offered = has('sync', '--con');

    expect([...offered].sort()).toEqual(['--config', '--confirm-deletes']);
    expect(has('manifests', 'install', '--lead')).toEqual(['--leader-election']);
    expect(has('sync', '--kong-admin-token')).toEqual(['--kong-admin-token-file']);
  });

  test(name('offers the choices of a flag and of an argument'), () => {
    expect([...has('doctor', '--fail-on', '')].sort()).toEqual([
      'error',
      'info',
      'never',
      'warning',
    ]);
    expect(has('render', '--format', 'j')).toEqual(['json']);
    expect([...has('completion', '')].sort()).toEqual(['bash', 'fish', 'zsh']);
  });

  test(name('offers files where a file belongs, and nothing where nobody knows'), () => {
    expect(has('sync', '--config', 'my').join()).toContain('my');
    expect(has('validate', 'my').join()).toContain('my');
    expect(has('sync', '--mesh', 'my')).toEqual([]);
    expect(has('sync', '--set', 'my')).toEqual([]);
  });
});

(isInstalled('bash') ? it : it.skip)('bash: completes behind an equals sign', () => {
  expect(complete.bash(['kong-meshd', 'doctor', '--fail-on', '=', 'w'])).toEqual(['warning']);
  expect(complete.bash(['kong-meshd', 'doctor', '--fail-on', '='])).toHaveLength(4);
});

it('refuses a shell there is none for', async () => {
  const { code, err } = await run('completion', 'tcsh');

  expect(code).toBe(1);
  expect(err).toContain('bash, zsh, fish');
});

it('knows of every flag whether it takes a value, a choice or a file', () => {
  const flags = everyCommand(programShape()).flatMap(({ path, options }) =>
    options.map(({ long, values }) => [[...path, long].join(' '), values?.kind] as const),
  );
  const kinds = Object.fromEntries(flags);

  expect(kinds).toMatchObject({
    'sync --config': 'file',
    'dump --output': 'file',
    'plugin-server --socket': 'file',
    'plugin-server --log-level': 'choices',
    'plugin-server --metrics': 'text',
    'sync --set': 'text',
  });
  expect(kinds['sync --json']).toBeUndefined();
});

function programShape() {
  const silent = {
    env: {},
    out: () => undefined,
    err: () => undefined,
    signal: new AbortController().signal,
    colour: false,
  };
  return shapeOf(createProgram(allCommands, silent, () => undefined));
}
