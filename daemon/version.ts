import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in package.json: beside the sources, or one folder above the compiled ones. */
export const version: string = readVersion([join(__dirname, '..'), join(__dirname, '..', '..')]);

function readVersion(folders: readonly string[]): string {
  for (const folder of folders) {
    try {
      const text = readFileSync(join(folder, 'package.json'), 'utf8');
      const parsed = JSON.parse(text) as { name?: string; version?: string };
      if (parsed.name === 'kong-meshd' && parsed.version !== undefined) return parsed.version;
    } catch {
      // Not there: the next folder.
    }
  }
  return '0.0.0';
}
