/** The user's Kong configuration as a pass may believe it: whole, known, meant for the target, at rest. */
import { isDeepStrictEqual } from 'node:util';

import { hasErrors, MeshdError, type Failure } from '../../catalog/error';
import type { KongFile, KongFiles } from '../config/kong-files';
import type { ConfigFile, Entity, KongState } from '../kong/model';
import { parseKongConfig, type ParsedConfig } from '../kong/parse';
import { checkTargetFit, type FitTarget } from '../kong/target-fit';
import { diff } from '../plan/diff';
import { deletedBy, nameSome } from '../plan/hold';
import { reconcileErrors } from './errors';

export interface UserConfigOptions {
  /** Absent where only the plugin's snapshot is kept. */
  readonly kongFiles?: KongFiles | undefined;
  /** What the files are meant for; absent where they go nowhere. */
  readonly fitTarget?: FitTarget | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ownerTag: string;
}

/** Kept between passes. */
export interface UserConfigMemory {
  files?: readonly KongFile[];
  judged?: Judged;
  /** The last configuration that could be believed. */
  good?: ParsedConfig;
  /** What the last pass used. */
  used?: ParsedConfig | undefined;
}

export interface UserConfig {
  readonly parsed: ParsedConfig | undefined;
  readonly failures: readonly Failure[];
  /** Whether it is what the pass before this one had. */
  readonly unchanged: boolean;
  /** How long, in ms, until something may be deleted because of it; 0: now. */
  readonly settlesInMs: number;
  /** More may follow: nothing is to be changed because of it until then. */
  readonly mayGrow: boolean;
}

export interface Judged {
  readonly parsed: ParsedConfig;
  readonly failures: readonly Failure[];
  readonly whole: boolean;
}

/**
 * What cannot be believed is replaced by the last configuration that could, with a failure that says so.
 * @throws MeshdError, IncompleteConfig where there is none.
 */
export async function readUserConfig(
  options: UserConfigOptions,
  memory: UserConfigMemory,
): Promise<UserConfig> {
  const { kongFiles } = options;
  const atRest = { settlesInMs: 0, mayGrow: false };
  if (!kongFiles) return { parsed: undefined, failures: [], unchanged: true, ...atRest };
  let files: readonly KongFile[];
  let sameFiles = true;
  try {
    files = await kongFiles.read();
  } catch (error) {
    // Editors and deployments take a file away for a moment before they put the new one there.
    if (!memory.good || !(error instanceof MeshdError)) throw error;
    return use(memory.good, [error.toFailure()]);
  }
  sameFiles = memory.files === files;
  if (!sameFiles || !memory.judged) memory.judged = judge(files, options);
  memory.files = files;
  const { parsed, failures, whole } = memory.judged;
  if (!whole) {
    // Half a configuration would delete the other half: the last whole one stays.
    if (!memory.good) throw new IncompleteConfig(failures);
    return use(memory.good, failures);
  }
  const rest = { settlesInMs: kongFiles.settlesInMs(), mayGrow: kongFiles.mayGrow() };
  if (memory.good && rest.settlesInMs > 0) {
    const { lost, differs } = compare(memory.good.state, parsed.state);
    if ((rest.mayGrow && differs) || lost.length > 0) {
      // Nor is anything deleted because of a version that may have stood for a moment only.
      const { settlesInMs } = rest;
      return use(memory.good, [...failures, stillChanging(lost)], { settlesInMs, mayGrow: false });
    }
  }
  // Until it is at rest it does not stand for what was there before: it may be the first half.
  if (memory.good || !rest.mayGrow) memory.good = parsed;
  return use(parsed, failures, rest);

  function use(used: ParsedConfig, found: readonly Failure[], settling = atRest): UserConfig {
    const unchanged = sameFiles && memory.used === used;
    memory.used = used;
    return { parsed: used, failures: found, unchanged, ...settling };
  }
}

function judge(
  files: readonly KongFile[],
  { env, ownerTag, fitTarget }: UserConfigOptions,
): Judged {
  const read = parseKongConfig(files, {
    env,
    meshTag: ownerTag,
    lookUp: fitTarget?.looksUp,
  });
  const parsed = { ...read, state: { ...read.state, files: read.files.map(textOf) } };
  const misfits = fitTarget && parsed.complete ? checkTargetFit(parsed, fitTarget) : [];
  const failures = [...parsed.failures, ...misfits];
  return { parsed, failures, whole: parsed.complete && !hasErrors(misfits) };
}

/** Without its tree, which is for whoever parses. */
function textOf({ path, text }: ConfigFile): ConfigFile {
  return { path, text };
}

/**
 * A file that is written slowly may stand for seconds as its first half, cut between two entities: it is
 * whole to any reader, and lacks what is still to come, the plugins of its routes among it. Nothing of it
 * counts until it is at rest.
 */
function compare(before: KongState, now: KongState): { lost: readonly Entity[]; differs: boolean } {
  const { changes } = diff(before, now);
  const besides = [before, now].map(({ entities: _, files: __, ...others }) => others);
  const differs = changes.length > 0 || !isDeepStrictEqual(besides[0], besides[1]);
  return { lost: deletedBy(changes), differs };
}

function stillChanging(lost: readonly Entity[]): Failure {
  return reconcileErrors.failure('FILES_STILL_CHANGING', {
    lost: lost.length === 0 ? '' : ` (without ${nameSome(lost)})`,
  });
}

/** The user's files cannot be believed, and there is no earlier version of them. */
export class IncompleteConfig extends Error {
  constructor(readonly failures: readonly Failure[]) {
    super('the Kong configuration cannot be read as a whole');
    this.name = 'IncompleteConfig';
  }
}
