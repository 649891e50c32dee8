/** What Node compiled, kept between runs: 40 of the 150 ms of a small command. */
import { lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `node:module`, of Node 22.1 and newer. */
export interface CompileCache {
  readonly enableCompileCache?: (folder: string) => unknown;
}

/** Who cannot keep anything, such as a daemon without a home, goes on without. */
export function keepCompiled(
  { enableCompileCache }: CompileCache,
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (!enableCompileCache || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return;
  try {
    const folder = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kong-meshd');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // It is code: nobody else may have put it there, as under `sudo` with the home of another user.
    const { uid, mode } = lstatSync(folder);
    if (uid === process.getuid?.() && (mode & 0o022) === 0) enableCompileCache(folder);
  } catch {
    // It only saves time.
  }
}
