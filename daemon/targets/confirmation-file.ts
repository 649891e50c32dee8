/** What `sync --confirm-deletes` vouches for, left for the daemon that holds the same loss back. */
import { randomUUID } from 'node:crypto';

import * as z from 'zod';

import { writeFileAtomic } from '../../catalog/atomic-file';
import { readOwnFile } from '../../catalog/own-file';

export interface Confirmation {
  /** Of the observation whose losses are meant: equal for equal content, in every process. */
  readonly revision: string;
  /** No two confirmations have the same one: an old one says nothing about a loss that comes later. */
  readonly id: string;
}

export interface ConfirmationStore {
  /** Undefined where there is none that can be believed. Never rejects. */
  read(): Promise<Confirmation | undefined>;
  /** Never rejects: what was confirmed is done by whoever confirms it, too. */
  write(revision: string): Promise<void>;
}

const Stored = z.object({ revision: z.string(), id: z.string() });

export function createConfirmationFile(file: string): ConfirmationStore {
  return {
    async read() {
      try {
        const own = await readOwnFile(file);
        return own && !own.foreign ? Stored.parse(JSON.parse(own.text)) : undefined;
      } catch {
        return undefined;
      }
    },
    async write(revision) {
      const text = `${JSON.stringify({ revision, id: randomUUID() })}\n`;
      await writeFileAtomic(file, text, { mode: 0o600, secret: true }).catch(() => undefined);
    },
  };
}
