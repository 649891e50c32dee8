/** The record of what was applied, as a file: without it a restart would take our own for somebody else's. */
import * as z from 'zod';

import { writeFileAtomic } from '../../catalog/atomic-file';
import { readOwnFile } from '../../catalog/own-file';
import type { Failure } from '../../catalog/error';
import type { AppliedRecord } from '../plan/applied-entities';
import { targetErrors } from './errors';

export interface AppliedStore {
  /** Undefined where there is no record, or none that can be believed. Never rejects. */
  read(): Promise<AppliedRecord | undefined>;
  /** Replaces the file at once. Never rejects. */
  write(record: AppliedRecord): Promise<void>;
}

export interface AppliedFileOptions {
  readonly file: string;
  /** Which target it is about: a record of another one is not used. */
  readonly about: string;
  /** Hears of a file that cannot be used or written, once while it lasts. */
  readonly report?: (failure: Failure) => void;
  /** The file is used, but never written. */
  readonly readOnly?: boolean;
}

/** Raised when a reader of the old version would misread the new one. */
const formatVersion = 1;

const Stored = z.object({
  version: z.literal(formatVersion),
  about: z.string(),
  applied: z.array(z.string()),
  held: z.array(z.string()),
});

export function createAppliedFile(options: AppliedFileOptions): AppliedStore {
  const { file, about, readOnly = false, report = () => undefined } = options;
  let reported: string | undefined;

  return {
    async read() {
      const found = await readRecord(file, about);
      if (typeof found !== 'string') return found;
      const details = { file, cause: found };
      report(targetErrors.failure('APPLIED_RECORD_UNUSABLE', details, { place: { file } }));
      return undefined;
    },
    async write({ applied, held }) {
      if (readOnly) return;
      const stored = { version: formatVersion, about, applied: [...applied], held: [...held] };
      try {
        await writeFileAtomic(file, `${JSON.stringify(stored)}\n`, { mode: 0o600, secret: true });
        reported = undefined;
      } catch (error) {
        const cause = (error as NodeJS.ErrnoException).code ?? String(error);
        const details = { file, cause };
        const failure = targetErrors.failure('APPLIED_RECORD_UNWRITABLE', details, {
          place: { file },
        });
        if (failure.message !== reported) report(failure);
        reported = failure.message;
      }
    },
  };
}

/** @returns the record, undefined where there is no file, or why what is there cannot be believed. */
async function readRecord(
  file: string,
  about: string,
): Promise<AppliedRecord | string | undefined> {
  try {
    const own = await readOwnFile(file);
    if (!own) return undefined;
    if (own.foreign) return 'another user can write to it';
    const { success, data } = Stored.safeParse(JSON.parse(own.text));
    if (!success) return 'it is not a record of this version';
    if (data.about !== about) return 'it is about another gateway';
    return { applied: new Set(data.applied), held: new Set(data.held) };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it is not valid JSON';
  }
}
