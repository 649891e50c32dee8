/**
 * Loads kong-meshd.yaml: file, then `KONG_MESHD_*` over it, then flags over that. Every mistake in
 * it is reported with its line, all of them in one run.
 */
import { decodeUtf8 } from '../../catalog/decode-utf8';
import { readFile } from 'node:fs/promises';

import { isMap, LineCounter, parseDocument, visit, type Document } from 'yaml';

import { hasErrors, MeshdError, type Failure, type Place } from '../../catalog/error';
import { findSecretsInClear } from './clear-text';
import { tooDeepAt } from '../../catalog/yaml-nesting';
import { yamlReason } from '../../catalog/yaml-reason';
import { configErrors } from './errors';
import { explainIssues, isMissing } from './issues';
import { applyEnvironment, applySettings } from './overrides';
import { readStdin, stdinPath } from './read-stdin';
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
    let bytes: Buffer;
    try {
      bytes = file === stdinPath ? await readStdin('configuration') : await readFile(file);
    } catch (error) {
      if (error instanceof MeshdError) return { ok: false, failures: [error.toFailure()] };
      return { ok: false, failures: [unreadable(file, error)] };
    }
    const decoded = decodeUtf8(bytes);
    if (!decoded.ok) {
      const place = { file, line: decoded.line, column: decoded.column };
      return {
        ok: false,
        failures: [configErrors.failure('CONFIG_ENCODING', { file }, { place })],
      };
    }
    text = decoded.text;
  }
  return parseConfig(text, options);
}

/** The pure half of `loadConfig`. */
export function parseConfig(text: string, options: LoadOptions): LoadResult {
  const { file } = options;
  const lines = new LineCounter();
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) return { ok: false, failures: [nestedTooDeeply(text, tooDeep, file)] };
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  if (document.errors.length > 0) {
    const failures = document.errors.map((error) => {
      const place = file === undefined ? undefined : at(lines, file, error.pos[0]);
      return configErrors.failure('CONFIG_SYNTAX', { cause: yamlReason(error) }, { place });
    });
    return { ok: false, failures };
  }
  const placeOf = (path: readonly PropertyKey[]): Place | undefined =>
    file === undefined ? undefined : locate(document, lines, file, path);
  const value = toObject(document);
  if (value instanceof Error) {
    const offset = danglingAlias(document);
    const place =
      offset === undefined || file === undefined ? placeOf([]) : at(lines, file, offset);
    const cause = yamlReason(value);
    return { ok: false, failures: [configErrors.failure('CONFIG_SYNTAX', { cause }, { place })] };
  }
  const failures = [
    ...applyEnvironment(value, options.env),
    ...applySettings(value, options.settings ?? [], options.flags ?? {}),
  ];
  const parsed = Config.safeParse(value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const missing = issues.filter(isMissing);
    // Without a file it is the file that is missed, not one setting after the other.
    if (file === undefined && missing.length > 0) failures.push(noFile(missing));
    const others = file === undefined ? issues.filter((issue) => !isMissing(issue)) : issues;
    failures.push(...explainIssues(others, placeOf));
  }
  if (!parsed.success || hasErrors(failures)) {
    return { ok: false, failures };
  }
  return {
    ok: true,
    config: parsed.data,
    failures: [...failures, ...findSecretsInClear(parsed.data, placeOf)],
  };
}

function noFile(missing: Parameters<typeof explainIssues>[0]): Failure {
  const what = missing.map(({ path }) => path.join('.')).join(' and ');
  return configErrors.failure('CONFIG_NONE', { what });
}

function nestedTooDeeply(text: string, offset: number, file: string | undefined): Failure {
  const line = text.slice(0, offset).split('\n').length;
  const place = file === undefined ? undefined : { file, line };
  return configErrors.failure('CONFIG_SYNTAX', { cause: 'it is nested too deeply' }, { place });
}

/** Aliases are followed here for the first time: one that leads nowhere, or too many, end it. */
function toObject(document: Document): Record<string, unknown> | Error {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    // An empty file is an empty configuration.
    if (value === null || value === undefined) return {};
    if (isMap(document.contents)) return value as Record<string, unknown>;
    return new Error('it must be a mapping of settings, not a list or a single value');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function danglingAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

/**
 * The place of the deepest part of the path that the file holds; the rest came from elsewhere. Of a
 * setting it is the key, as its value may begin lines below.
 */
function locate(
  document: Document,
  lines: LineCounter,
  file: string,
  path: readonly PropertyKey[],
): Place {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return at(lines, file, offset);
  }
  return { file };
}

function at(lines: LineCounter, file: string, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  const name = path.at(-1);
  const node: unknown = isMap(parent)
    ? parent.items.find(({ key }) => String(key) === String(name))?.key
    : document.getIn(path, true);
  return (node as { range?: readonly number[] } | undefined)?.range?.[0];
}

function unreadable(file: string, error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return configErrors.failure('CONFIG_MISSING', { file });
  return configErrors.failure('CONFIG_UNREADABLE', { file, cause: code ?? String(error) });
}
