/**
 * Loads kong-meshd.yaml: file, then `KONG_MESHD_*` over it, then flags over that. Every mistake in
 * it is reported with its line, all of them in one run.
 */
import { readFile } from 'node:fs/promises';

import { LineCounter, parseDocument, type Document } from 'yaml';

import type { Failure, Place } from '../../catalog/error';
import { configErrors } from './errors';
import { explainIssues } from './issues';
import { applyEnvironment, applySettings } from './overrides';
import { Config } from './schema';

export interface LoadOptions {
  /** Path of kong-meshd.yaml. Absent: only environment and flags count. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `path.to.key=value`, as given by --set; later ones win. */
  readonly settings?: readonly string[];
  /** Values that other flags stand for, by path; they win over everything. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly failures: readonly Failure[] }
  | { readonly ok: false; readonly failures: readonly Failure[] };

/** Never throws for the user's mistakes: they come back as failures, each with its place. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const { file } = options;
  let text = '';
  if (file !== undefined) {
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      return { ok: false, failures: [unreadable(file, error)] };
    }
  }
  return parseConfig(text, options);
}

/** The pure half of `loadConfig`. */
export function parseConfig(text: string, options: LoadOptions): LoadResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const file = options.file ?? 'kong-meshd.yaml';
  if (document.errors.length > 0) {
    const failures = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      const cause = (error.message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '');
      return configErrors.failure(
        'CONFIG_SYNTAX',
        { cause },
        { place: { file, line, column: col } },
      );
    });
    return { ok: false, failures };
  }
  const value = toObject(document);
  const failures = [
    ...applyEnvironment(value, options.env),
    ...applySettings(value, options.settings ?? [], options.flags ?? {}),
  ];
  const parsed = Config.safeParse(value);
  if (!parsed.success) {
    const placeOf = (path: readonly PropertyKey[]): Place => locate(document, lines, file, path);
    failures.push(...explainIssues(parsed.error.issues, placeOf));
  }
  if (!parsed.success || failures.some(({ severity }) => severity === 'error')) {
    return { ok: false, failures };
  }
  return { ok: true, config: parsed.data, failures };
}

function toObject(document: Document): Record<string, unknown> {
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  // An empty file is an empty configuration; a list or a word is left for the schema to refuse.
  return (value ?? {}) as Record<string, unknown>;
}

/** The place of the deepest part of the path that the file holds; the rest came from elsewhere. */
function locate(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly PropertyKey[],
): Place {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) {
      const { line, col } = lines.linePos(range[0]);
      return { file, line, column: col };
    }
  }
  return { file };
}

function unreadable(file: string, error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return configErrors.failure('CONFIG_MISSING', { file });
  return configErrors.failure('CONFIG_UNREADABLE', { file, cause: code ?? String(error) });
}
