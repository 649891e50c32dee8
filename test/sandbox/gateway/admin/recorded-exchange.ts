import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface RecordedExchange {
  /** The file below the fixtures' folder, without its ending. */
  readonly file: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: any;
  };
}

const root = path.join(__dirname, '../../../fixtures/kong');

/** The recorded files below a folder, in the order of their names. */
export function listRecorded(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
}

export function readRecorded(folder: string, file: string): RecordedExchange {
  const text = readFileSync(path.join(root, folder, `${file}.json`), 'utf8');
  return { ...JSON.parse(text), file };
}
