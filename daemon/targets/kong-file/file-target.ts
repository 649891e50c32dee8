/** The desired configuration as files in decK's format: for Git, for decK, for Kong to load. */
import { mkdir, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { writeFileAtomic } from '../../../catalog/atomic-file';
import type { Failure } from '../../../catalog/error';
import type { Entity, Json, JsonObject, KongState } from '../../kong/model';
import { parseKongConfig, type ConfigFile, type ParsedConfig } from '../../kong/parse';
import { renderFiles, renderState } from '../../kong/write';
import { targetErrors } from '../errors';
import { fileProblem } from '../file-problem';
import type { KongTarget } from '../target';
import { leaveOutInvalid } from './leave-out-invalid';
import { checkInside, isFilePath, outputPaths } from './output-paths';
import { marksOf, readOutput } from './read-output';

export interface FileTargetOptions {
  /** A file (`.yml`, `.yaml`, `.json`), or a folder for a configuration of several files. */
  readonly path: string;
  /** Entities with this tag are read as owned by the mesh. */
  readonly meshTag?: string;
  /** How long what is written may take to get to Kong. */
  readonly arrivalMs?: number;
  /** What templates in the files read. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Edits the files that the desired state comes from; without any it writes one new file in a fixed order.
 * Writes in place where the path is that of the user's own file.
 */
export function createFileTarget(options: FileTargetOptions): KongTarget {
  const path = resolve(options.path);
  const { meshTag, env = process.env } = options;
  const canonicalOf = new WeakMap<Entity, Entity>();
  let applied:
    { readonly paths: readonly string[]; readonly text: string; marks: string } | undefined;

  /** Written by this process: all that it may ever take away. */
  const ours = new Set<string>();

  function parse(files: readonly ConfigFile[]): ParsedConfig {
    return parseKongConfig(files, { env, ...(meshTag === undefined ? {} : { meshTag }) });
  }

  function canonical(state: KongState): KongState {
    const entities = state.entities.map((entity) => {
      const known = canonicalOf.get(entity) ?? withoutNulls(entity);
      canonicalOf.set(entity, known);
      return known;
    });
    return { ...state, entities };
  }

  function render(desired: KongState): { files: ConfigFile[]; failures: readonly Failure[] } {
    const { files: given = [] } = desired;
    if (given.length === 0) {
      const file = isFilePath(path) ? path : resolve(path, 'kong.yml');
      return { files: [{ path: file, text: renderState(desired, file) }], failures: [] };
    }
    const paths = outputPaths(
      path,
      given.map((file) => file.path),
    );
    // A file that is written in place is the user's to correct.
    const inPlace = new Set(given.map((file) => file.path).filter((each) => paths.includes(each)));
    const { value, failures } = renderFiles(parse(given), desired, {
      leavesOut: ({ file }) => !inPlace.has(file),
    });
    const files = value.map(({ text }, index) => ({ path: paths[index] ?? path, text }));
    return { files, failures };
  }

  async function write(file: ConfigFile): Promise<boolean> {
    try {
      if (!isFilePath(path)) await checkInside(path, file.path);
      await mkdir(dirname(file.path), { recursive: true, mode: 0o750 });
      return await writeFileAtomic(file.path, file.text);
    } catch (error) {
      throw fileProblem('TARGET_FILE_UNWRITABLE', file.path, error);
    }
  }

  return {
    name: 'kong-file',
    probesLightly: true,
    keepsText: true,
    ...(options.arrivalMs === undefined ? {} : { arrivalMs: options.arrivalMs }),
    async read(signal) {
      signal.throwIfAborted();
      const files = await readOutput(path);
      if (files.length === 0) return { entities: [], passthrough: {}, selectTags: [] };
      const parsed = parse(files);
      if (parsed.complete) return canonical(parsed.state);
      const failure = parsed.failures.find(({ severity }) => severity === 'error');
      const cause = failure?.message ?? 'it is no configuration';
      throw targetErrors.error('TARGET_FILE_INVALID', { path, cause }, { place: failure?.place });
    },
    async canonicalise(desired, signal) {
      signal.throwIfAborted();
      return Promise.resolve(canonical(desired));
    },
    async check(plan, signal) {
      signal.throwIfAborted();
      return Promise.resolve(leaveOutInvalid(plan));
    },
    async apply(plan, desired, signal) {
      const { files, failures } = render(desired);
      const before = await readOutput(path);
      signal.throwIfAborted();
      let writes = 0;
      for (const file of files) if (await write(file)) writes++;
      const left = await removeOthers(before, files, { parse, ours });
      writes += left.removed;
      const paths = files.map((file) => file.path);
      paths.forEach((each) => ours.add(each));
      applied = { paths, text: textOf(files), marks: await marksOf(paths) };
      return { writes, applied: plan, failures: [...failures, ...left.failures], state: desired };
    },
    async probe(signal) {
      signal.throwIfAborted();
      if (!applied) return 'unknown';
      const marks = await marksOf(applied.paths);
      if (marks === applied.marks) return 'same';
      const now = (await readOutput(path)).filter((file) => applied?.paths.includes(file.path));
      if (textOf(now) !== applied.text) return 'drifted';
      applied.marks = marks;
      return 'same';
    },
  };
}

/**
 * Files of the output folder whose source is gone: those that this process wrote go, any other is
 * named and stays, because nothing tells whose it is. A file without entities is not looked at.
 */
async function removeOthers(
  before: readonly ConfigFile[],
  written: readonly ConfigFile[],
  {
    parse,
    ours,
  }: {
    readonly parse: (files: readonly ConfigFile[]) => ParsedConfig;
    readonly ours: Set<string>;
  },
): Promise<{ readonly removed: number; readonly failures: readonly Failure[] }> {
  const kept = new Set(written.map(({ path }) => path));
  const failures: Failure[] = [];
  let removed = 0;
  for (const { path, text } of before) {
    if (kept.has(path) || parse([{ path, text }]).state.entities.length === 0) continue;
    if (!ours.has(path)) {
      const place = { file: path };
      failures.push(targetErrors.failure('TARGET_FILE_FOREIGN', { file: path }, { place }));
      continue;
    }
    try {
      await unlink(path);
      ours.delete(path);
      removed++;
    } catch (error) {
      throw fileProblem('TARGET_FILE_UNWRITABLE', path, error);
    }
  }
  return { removed, failures };
}

function textOf(files: readonly ConfigFile[]): string {
  return JSON.stringify(files.map(({ path, text }) => [path, text]).sort());
}

/** A field that is null says what a field that is not there says. */
function withoutNulls(entity: Entity): Entity {
  return { ...entity, fields: dropNulls(entity.fields) };
}

function dropNulls(value: JsonObject): JsonObject {
  const entries = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    if (item === null) return [];
    return [[name, isRecord(item) ? dropNulls(item) : item]];
  });
  return Object.fromEntries(entries);
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
