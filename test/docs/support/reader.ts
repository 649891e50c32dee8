/** Somebody who copies commands from a page into a shell, on a machine where the program is installed. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { root } from './shell-blocks';

const run = promisify(execFile);
const cli = join(root, 'dist', 'daemon', 'cli', 'main.js');

/** Folders of a real machine, which are below the reader's own here. */
const systemFolders = /(?<![\w.])\/(?:run|etc|var\/lib)\/kong-meshd\b/g;

/** What an installed package puts on the path, and npm as far as the pages use it on a built tree. */
const programs: Readonly<Record<string, string>> = {
  'kong-meshd': `exec "${process.execPath}" "${cli}" "$@"`,
  npx: `[ "$1" = kong-js-pluginserver ] && exec "$@"\n[ "$1" = kong-meshd ] || { echo "npx: no $1 here" >&2; exit 127; }\nshift\nexec kong-meshd "$@"`,
  'kong-js-pluginserver': `exec "${process.execPath}" "${join(root, 'node_modules/kong-pdk/bin/kong-js-pluginserver')}" "$@"`,
  npm: `case "$*" in\n  "install kong-pdk@"*) mkdir -p node_modules && ln -sfn "${root}" node_modules/kong-meshd ;;\n  ci | "install --global kong-meshd") ;;\n  "run demo") cd "${root}" && PATH="\${PATH#*:}" && exec npm run --silent demo ;;\n  *) echo "npm: not $* here" >&2; exit 127 ;;\nesac`,
  helm: `[ "$1" = install ] || { echo "helm: not $1 here" >&2; exit 127; }\necho "helm $*"`,
  // As the real one it takes only manifests; they are kept for a look at them.
  kubectl: `all="$*"\nwhile [ $# -gt 0 ]; do\n  case "$1" in\n    -f | --patch-file) shift; cat "$1" >> "$HOME/applied.yaml"; echo --- >> "$HOME/applied.yaml" ;;\n  esac\n  shift\ndone\necho "kubectl $all"`,
};

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Reader {
  readonly folder: string;
  /** Puts a file where the page says that it is. */
  write(name: string, text: string): void;
  /** Runs a block whole, as `bash` with `-e`. Rejects with its output where a command fails. */
  shell(block: string, env?: Readonly<Record<string, string>>): Promise<Printed>;
  /** The path that stands for one of the system's folders. */
  local(text: string): string;
  leave(): void;
}

export function startReader(): Reader {
  const folder = mkdtempSync(join(tmpdir(), 'kong-meshd-reader-'));
  const bin = join(folder, 'bin');
  const home = join(folder, 'home');
  mkdirSync(bin);
  mkdirSync(home);
  for (const name of ['run', 'etc', 'var/lib']) {
    mkdirSync(join(folder, name, 'kong-meshd'), { recursive: true });
  }
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const work = join(folder, 'work');
  mkdirSync(work);
  const local = (text: string): string =>
    text.replaceAll(systemFolders, (path) => join(folder, path));
  return {
    folder: work,
    local,
    write: (name, text) => writeFileSync(join(work, name), local(text)),
    async shell(block, env = {}) {
      const path = [bin, process.env['PATH']].join(delimiter);
      const options = {
        cwd: work,
        env: { PATH: path, HOME: home, ...env },
        timeout: 120_000,
      };
      try {
        return await run('bash', ['--norc', '-euo', 'pipefail', '-c', local(block)], options);
      } catch (error) {
        const { message, stdout, stderr } = error as Error & Printed;
        throw new Error(`${message}\n${stdout}${stderr}`);
      }
    },
    leave: () => rmSync(folder, { recursive: true, force: true }),
  };
}
