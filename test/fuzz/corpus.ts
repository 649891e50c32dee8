/** The inputs that once failed: kept as files, and run first ever after. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Target } from './target';

export interface KeptInput {
  readonly file: string;
  readonly input: Buffer;
}

/** Beside the sources, also where this runs from the build. */
export const corpusFolder = resolve(process.env['FUZZ_CORPUS'] ?? 'test/fuzz/corpus');

export function keptInputs({ name }: Pick<Target, 'name'>): readonly KeptInput[] {
  const folder = join(corpusFolder, name);
  return filesIn(folder).map((file) => ({ file, input: readFileSync(join(folder, file)) }));
}

/** @returns the path of the file, named by its content. */
export function keepInput({ name, form }: Target, input: Buffer): string {
  const folder = join(corpusFolder, name);
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const path = join(folder, `found-${digest}.${form === 'json' ? 'json' : 'bin'}`);
  writeFileSync(path, input);
  return path;
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
