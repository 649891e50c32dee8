import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PackageRoot {
  readonly folder: string;
  readonly version: string;
}

/** The folder of package.json: above the sources, or two above the compiled ones. */
export const packageRoot: PackageRoot = findRoot([
  join(__dirname, '..'),
  join(__dirname, '..', '..'),
]);

function findRoot(folders: readonly [string, ...string[]]): PackageRoot {
  for (const folder of folders) {
    try {
      const text = readFileSync(join(folder, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === 'kong-meshd' && version !== undefined) return { folder, version };
    } catch {
      // Not there: the next folder.
    }
  }
  return { folder: folders[0], version: '0.0.0' };
}
