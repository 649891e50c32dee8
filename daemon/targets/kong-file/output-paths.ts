/** Which output file stands for which source file. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import { targetErrors } from '../errors';

export const configExtensions: ReadonlySet<string> = new Set(['.yml', '.yaml', '.json']);

/** A path that ends as a configuration file does is one; any other is a folder. */
export function isFilePath(path: string): boolean {
  return configExtensions.has(extname(path).toLowerCase());
}

/**
 * Where each source goes: the file of the target for a single one, else into its folder under the
 * path that it has below the folder which all sources share.
 * @throws MeshdError TARGET_PATH_OUTSIDE, TARGET_NEEDS_FOLDER.
 */
export function outputPaths(target: string, sources: readonly string[]): readonly string[] {
  if (isFilePath(target)) {
    if (sources.length > 1) {
      throw targetErrors.error('TARGET_NEEDS_FOLDER', { file: target, count: sources.length });
    }
    return sources.map(() => target);
  }
  const root = commonFolder(sources.map((source) => resolve(source)));
  return sources.map((source) => inside(target, relative(root, resolve(source))));
}

/**
 * The last look before writing: a link inside the output folder may lead out of it. What of the path
 * does not exist yet can hold no link.
 * @throws MeshdError TARGET_PATH_OUTSIDE.
 */
export async function checkInside(folder: string, file: string): Promise<void> {
  const realFolder = await realpath(folder).catch(() => folder);
  let parent = dirname(file);
  let name = basename(file);
  for (;;) {
    const real = await realpath(parent).catch(() => undefined);
    if (real !== undefined && parent.length >= folder.length) {
      inside(realFolder, join(relative(realFolder, real), name));
      return;
    }
    if (parent.length <= folder.length) return;
    name = join(basename(parent), name);
    parent = dirname(parent);
  }
}

function inside(folder: string, name: string): string {
  const file = resolve(folder, name);
  const way = relative(folder, file);
  if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return file;
  throw targetErrors.error('TARGET_PATH_OUTSIDE', { file: name, folder });
}

function commonFolder(files: readonly string[]): string {
  const [first = '', ...rest] = files.map((file) => dirname(file));
  let common = first;
  for (const folder of rest) {
    while (common !== dirname(common) && `${folder}${sep}`.indexOf(`${common}${sep}`) !== 0) {
      common = dirname(common);
    }
  }
  return common;
}
