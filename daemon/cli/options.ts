/** The flags that all commands share, and the configuration that they, the environment and the file give. */
import { existsSync } from 'node:fs';

import type { Command } from 'commander';

import type { Failure } from '../../catalog/error';
import { loadConfig, type LoadResult } from '../config/load';
import type { Terminal } from './terminal';

export interface CommonFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly mesh?: string;
  readonly kumaUrl?: string;
  readonly kongUrl?: string;
  readonly snapshot?: string;
  readonly json?: boolean;
}

const defaultFile = 'kong-meshd.yaml';

export function addCommonFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', `configuration file (default: ${defaultFile} where it exists)`)
    .option('--set <path=value>', 'override one setting; repeatable', collect, [])
    .option('--mesh <name>', 'mesh of the gateway')
    .option('--kuma-url <url>', "the control plane's API server")
    .option('--kong-url <url>', "a DB-less Kong's Admin API")
    .option('--snapshot <file>', "the plugin's snapshot file");
}

/** @param kongFiles files or folders given on the command line in place of `kong.config`. */
export async function loadFromFlags(
  flags: CommonFlags,
  kongFiles: readonly string[],
  terminal: Terminal,
): Promise<LoadResult> {
  return loadConfig({
    file: configFile(flags, terminal),
    env: terminal.env,
    settings: flags.set ?? [],
    flags: {
      mesh: flags.mesh,
      'sources.0.kuma.url': flags.kumaUrl,
      'kong.target.dbless.url': flags.kongUrl,
      'kong.config': kongFiles.length > 0 ? kongFiles : undefined,
      'plugin.snapshot': flags.snapshot,
    },
  });
}

/** What the user named; else the default file where there is one; else none. */
function configFile(flags: CommonFlags, terminal: Terminal): string | undefined {
  const named = flags.config ?? terminal.env['KONG_MESHD_CONFIG'];
  if (named !== undefined) return named;
  return existsSync(defaultFile) ? defaultFile : undefined;
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

export type { Failure };
