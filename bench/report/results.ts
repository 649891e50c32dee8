/** What was measured, as a document: one entry a bench, each with its own date and machine. */
import { readFile } from 'node:fs/promises';

import * as z from 'zod';

import { writeFileAtomic } from '../../catalog/atomic-file';
import { Machine } from './machine';

export const Entry = z.strictObject({
  /** As it can be run again. */
  command: z.string(),
  /** ISO 8601, when it began. */
  date: z.string(),
  revision: z.string(),
  machine: Machine,
  load: z.strictObject({ before: z.number(), after: z.number() }),
  seconds: z.number(),
  figures: z.record(z.string(), z.number()),
  /** The bench did not come to its end, and why. Then there are no figures. */
  failed: z.string().exactOptional(),
  /** It cannot run here, and why: nothing is wrong. */
  skipped: z.string().exactOptional(),
});
export type Entry = z.infer<typeof Entry>;

export const Results = z.record(z.string(), Entry);
export type Results = z.infer<typeof Results>;

/** @throws where the file holds something else; a file that is not there is empty. */
export async function readResults(file: string): Promise<Results> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return Results.parse(JSON.parse(text));
}

/**
 * Adds what was measured to what the file holds. An entry without figures replaces none that has
 * some: a bench that cannot run here does not undo what was measured where it could.
 */
export function merge(known: Results, fresh: Results): Results {
  const useful = Object.entries(fresh).filter(
    ([name, { figures }]) => Object.keys(figures).length > 0 || known[name] === undefined,
  );
  return { ...known, ...Object.fromEntries(useful) };
}

export async function writeResults(file: string, results: Results): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFileAtomic(file, `${JSON.stringify(sorted, null, 2)}\n`, { mode: 0o644 });
}
