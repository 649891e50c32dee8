/** decK's flags and variables that say which gateway is meant and which part of it is ours. */
import { Option, type Command } from 'commander';

import { cliErrors } from './errors';

export interface GatewayFlags {
  readonly kongAddr?: string;
  readonly selectTag: readonly string[];
  readonly workspace?: string;
  readonly parallelism?: string;
  readonly headers: readonly string[];
  readonly kongAdminToken?: string;
  readonly kongAdminTokenFile?: string;
  readonly timeout?: string;
}

/** The kinds of target that are a gateway. */
export type TargetKind = 'admin' | 'dbless';

export function addGatewayFlags(command: Command): Command {
  return command
    .option('--kong-addr <url>', 'the Admin API of a Kong with a database')
    .option('--select-tag <tag>', 'only entities with this tag; repeatable, all count', collect, [])
    .option('--workspace <name>', 'workspace, for a Kong that has them')
    .option('--parallelism <n>', 'requests at once to a Kong with a database')
    .option('--headers <name:value>', 'a header for the Admin API; repeatable', collect, [])
    .option('--kong-admin-token-file <file>', 'file with the token for the Admin API')
    .option('--timeout <seconds>', 'longest wait for one answer of the Admin API')
    .addOption(
      new Option(
        '--kong-admin-token <token>',
        'not taken: others could read it; use the file or the variable',
      ).hideHelp(),
    );
}

/** decK's name of `--json`, which the command must have. */
export function addJsonOutput(command: Command): Command {
  return command
    .option('--json-output', "the same as --json, under decK's name")
    .on('option:json-output', () => void command.setOptionValue('json', true));
}

/**
 * The settings that the flags stand for, by path.
 * @param kind of the target; undefined where it is not known yet: nothing is set then.
 * @throws MeshdError TOKEN_ON_COMMAND_LINE, HEADER_INVALID.
 */
export function gatewaySettings(
  flags: Partial<GatewayFlags>,
  kind: TargetKind | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> {
  const { selectTag, workspace, parallelism, timeout } = flags;
  if (flags.kongAdminToken !== undefined) throw cliErrors.error('TOKEN_ON_COMMAND_LINE');
  if (kind === undefined || selectTag === undefined) return {};
  const at = `kong.target.${kind}`;
  const token = flags.kongAdminTokenFile === undefined ? env['DECK_KONG_ADMIN_TOKEN'] : undefined;
  const settings: Record<string, unknown> = {
    [`${at}.tokenFile`]: flags.kongAdminTokenFile,
    [`${at}.timeout`]: timeout === undefined ? undefined : `${timeout}s`,
  };
  for (const [name, value] of flags.headers?.map(readHeader) ?? []) {
    settings[`${at}.headers.${name}`] = value;
  }
  if (token !== undefined && token !== '') settings[`${at}.headers.kong-admin-token`] = token;
  if (kind === 'dbless') return settings;
  return {
    ...settings,
    [`${at}.url`]: flags.kongAddr,
    [`${at}.selectTags`]: selectTag.length > 0 ? selectTag : undefined,
    [`${at}.workspace`]: workspace,
    [`${at}.parallelism`]: parallelism === undefined ? undefined : Number(parallelism),
  };
}

function readHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([\w-]+)\s*:\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw cliErrors.error('HEADER_INVALID');
  if (name.toLowerCase() === 'kong-admin-token') throw cliErrors.error('TOKEN_ON_COMMAND_LINE');
  return [name, value];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
