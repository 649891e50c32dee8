/** The text of every resource file below the configured paths. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { decodeUtf8 } from '../../../catalog/decode-utf8';
import { sourceErrors } from '../errors';

export interface TextFile {
  readonly file: string;
  readonly text: string;
}

const extensions = new Set(['.yaml', '.yml', '.json']);

/** Whether a file in a folder is read; one that is named itself always is. */
export function isResourceFile(file: string): boolean {
  return extensions.has(extname(file).toLowerCase());
}

/**
 * All files in a fixed order: paths as given, folders by name, with what is below them. A folder
 * without any is an error: an empty observation would take every service away.
 * @throws MeshdError MESH_FILE_UNREADABLE
 */
export async function readFiles(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly TextFile[]> {
  const files = new Map<string, TextFile>();
  for (const path of paths) {
    for (const file of await filesOf(path)) {
      signal.throwIfAborted();
      if (!files.has(file)) files.set(file, { file, text: await readText(file) });
    }
  }
  return [...files.values()];
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    // Kubernetes mounts a ConfigMap as links into a hidden folder beside them: read those once.
    const visible = names.filter((name) => !name.split('/').some((part) => part.startsWith('.')));
    const files = visible.filter(isResourceFile).sort();
    if (files.length > 0) return files.map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, (error as NodeJS.ErrnoException).code ?? String(error));
  }
  throw unreadable(path, 'the folder holds no .yaml, .yml or .json file');
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, (error as NodeJS.ErrnoException).code ?? String(error));
  });
  const decoded = decodeUtf8(bytes);
  if (decoded.ok) return decoded.text;
  const cause = 'it holds a byte that is no UTF-8 text';
  const place = { file, line: decoded.line, column: decoded.column };
  throw sourceErrors.error('MESH_FILE_UNREADABLE', { file, cause }, { place });
}

function unreadable(file: string, cause: string): Error {
  return sourceErrors.error('MESH_FILE_UNREADABLE', { file, cause }, { place: { file } });
}
