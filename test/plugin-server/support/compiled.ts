import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/**
 * The compiled project, as Kong's plugin servers load it; compiled once if it is missing or older
 * than its sources. What does not concern these folders may fail to compile.
 */
export function compiledProject(): { readonly root: string; readonly dist: string } {
  const dist = join(root, 'dist');
  const built = join(dist, 'plugin-server/main.js');
  const sources = ['catalog', 'http-server', 'plugin', 'plugin-server'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(root, folder, name),
    ),
  );
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  const outdated = sources
    .filter((path) => path.endsWith('.ts'))
    .some((path) => !existsSync(path.replace(root, dist).replace(/\.ts$/, '.js')));
  if (outdated || !existsSync(built) || statSync(join(dist, '.tsbuildinfo')).mtimeMs < newest) {
    try {
      execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
        cwd: root,
      });
    } catch (error) {
      if (!existsSync(built)) throw error;
    }
  }
  return { root, dist };
}
