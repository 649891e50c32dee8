/** The flags that all commands share, and the configuration that they, the environment and the file give. */
import { existsSync } from 'node:fs';

import type { Command } from 'commander';

import type { Failure } from '../../catalog/error';
import { loadConfig, type LoadResult } from '../config/load';
import type { ReportProgress } from '../progress';
import { gatewaySettings, type GatewayFlags, type TargetKind } from './gateway-flags';
import type { Terminal } from './terminal';

export interface CommonFlags extends Partial<GatewayFlags> {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly mesh?: string;
  readonly kumaUrl?: string;
  readonly kongUrl?: string;
  readonly snapshot?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly silenceEvents?: boolean;
  /** Kong files under decK's flag, beside those that are arguments. */
  readonly state?: readonly string[];
}

export const kongFilesText = 'Kong configuration in place of kong.config; - for standard input';
export const stateText = 'the same as an argument; repeatable';

export function collectFiles(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

/** Files or folders given on the command line, however they are. */
export function filesOf(flags: CommonFlags, files: readonly string[]): readonly string[] {
  return [...files, ...(flags.state ?? [])];
}

const defaultFile = 'kong-meshd.yaml';

export function addCommonFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', `configuration file (default: ${defaultFile} where it exists)`)
    .option('--set <path=value>', 'override one setting; repeatable', collect, [])
    .option('--mesh <name>', 'mesh of the gateway')
    .option('--kuma-url <url>', "the control plane's API server")
    .option('--kong-url <url>', "a DB-less Kong's Admin API")
    .option('--snapshot <file>', "the plugin's snapshot file")
    .option('-q, --quiet', 'no progress, events or summary: only results, findings and errors');
}

/** Who hears of progress: nobody where a person did not ask for it or a program reads along. */
export function progressOf(
  { quiet, json }: CommonFlags,
  { progress }: Terminal,
): ReportProgress | undefined {
  return quiet === true || json === true ? undefined : progress;
}

/** @param given files or folders given on the command line in place of `kong.config`. */
export async function loadFromFlags(
  flags: CommonFlags,
  given: readonly string[],
  terminal: Terminal,
): Promise<LoadResult> {
  const kongFiles = filesOf(flags, given);
  const settings = {
    mesh: flags.mesh,
    'sources.0.kuma.url': flags.kumaUrl,
    'kong.config': kongFiles.length > 0 ? kongFiles : undefined,
    'plugin.snapshot': flags.snapshot,
  };
  return loadWithGateway(flags, settings, terminal);
}

/**
 * For commands that speak to the gateway alone: neither sources nor Kong files need be named.
 * `kong.config` is empty where there are none.
 */
export async function loadGatewayOnly(
  flags: CommonFlags,
  given: readonly string[],
  terminal: Terminal,
): Promise<LoadResult> {
  const kongFiles = filesOf(flags, given);
  // Required of a whole configuration, and not read here.
  const unused = { sources: [{ file: { path: 'unused' } }], 'plugin.snapshot': flags.snapshot };
  const files = kongFiles.length > 0 ? kongFiles : undefined;
  const loaded = await loadWithGateway(flags, { ...unused, 'kong.config': files }, terminal);
  if (loaded.ok || files) return loaded;
  const bare = await loadWithGateway(flags, { ...unused, 'kong.config': ['unused'] }, terminal);
  if (!bare.ok || !bare.config.kong) return loaded;
  return { ...bare, config: { ...bare.config, kong: { ...bare.config.kong, config: [] } } };
}

/** The gateway's flags mean its target, of whichever kind that is. */
async function loadWithGateway(
  flags: CommonFlags,
  settings: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<LoadResult> {
  const options = { file: configFile(flags, terminal), env: terminal.env };
  const load = (kind: TargetKind | undefined, kongAddr = flags.kongAddr): Promise<LoadResult> =>
    loadConfig({
      ...options,
      settings: flags.set ?? [],
      flags: {
        ...settings,
        'kong.target.dbless.url': flags.kongUrl,
        ...gatewaySettings({ ...flags, ...(kongAddr ? { kongAddr } : {}) }, kind, terminal.env),
      },
    });
  if (flags.kongAddr !== undefined) return load('admin');
  if (flags.kongUrl !== undefined) return load('dbless');
  const loaded = await load(undefined);
  if (flags.selectTag === undefined || !loaded.ok) return loaded;
  const { target } = loaded.config.kong ?? {};
  if (target?.file) return loaded;
  if (target) return load(target.dbless ? 'dbless' : 'admin');
  // decK's variable names the gateway where nothing else does.
  const kongAddr = terminal.env['DECK_KONG_ADDR'];
  return kongAddr === undefined ? loaded : load('admin', kongAddr);
}

/** What the user named; else the default file where there is one; else none. */
export function configFile(
  flags: CommonFlags,
  terminal: Pick<Terminal, 'env'>,
): string | undefined {
  const named = flags.config ?? terminal.env['KONG_MESHD_CONFIG'];
  if (named !== undefined) return named;
  return existsSync(defaultFile) ? defaultFile : undefined;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

export type { Failure };
