/** Looks at files over and over: at no moment may a reader find half of one. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { parse } from 'yaml';

import type { FaultWorld } from './fault-world';
import type { Lifetime } from './lifetime';

/** @returns says what was found broken up to now. */
export function watchWholeFiles(
  { places, form }: FaultWorld,
  life: Lifetime,
): () => readonly string[] {
  const { snapshot, stateFile, output, dataplaneFile } = places;
  const files = [snapshot, stateFile, dataplaneFile, ...(form === 'file' ? [output] : [])];
  const last = new Map<string, string>();
  const broken = new Set<string>();
  const look = (): void => {
    for (const file of files) {
      const text = textOf(file);
      if (text === undefined || text === last.get(file)) continue;
      last.set(file, text);
      if (!isWhole(file, text)) broken.add(`there was half of ${basename(file)}`);
    }
  };
  life.repeat(5, look);
  return () => [...broken];
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isWhole(file: string, text: string): boolean {
  try {
    const value: unknown = file.endsWith('.json') ? JSON.parse(text) : parse(text);
    return typeof value === 'object' && value !== null && text.endsWith('\n');
  } catch {
    return false;
  }
}
