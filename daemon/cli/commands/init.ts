import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

import { Option, type Command } from 'commander';

import { writeFileAtomic } from '../../../catalog/atomic-file';
import { configJsonSchema } from '../../config/paths';
import { starterConfig, starterSnapshot, type StarterChoices } from '../../config/starter';
import { askChoices, kongModes, problemOf } from '../ask-choices';
import { cliErrors } from '../errors';
import { lookAround, type Found } from '../init-look';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface InitFlags extends StarterChoices {
  readonly output: string;
  readonly force?: boolean;
  readonly schema?: boolean;
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

export const addInit: AddCommand = (program, terminal, end) => {
  const command = program
    .command('init')
    .description(summaries.init.description)
    .option('-o, --output <file>', 'where to write it; - for the terminal', 'kong-meshd.yaml')
    .option('--force', 'replace an existing file')
    .option('-y, --yes', 'ask nothing: take the defaults')
    .option('-q, --quiet', 'do not say that it was written')
    .option('--schema', 'print the JSON Schema of the configuration instead')
    .option('--mesh <name>', 'mesh of the gateway', 'default')
    .option('--kuma-url <url>', "the control plane's API server", 'http://127.0.0.1:5681')
    .option('--kong-url <url>', "Kong's Admin API", 'http://127.0.0.1:8001')
    .addOption(
      new Option('--kong-mode <mode>', 'whether that Kong has a database')
        .choices(kongModes)
        .default('dbless'),
    )
    .option('--kong-config <file>', 'the Kong configuration', './kong.yml')
    .option('--dataplane <name>', "name of the gateway's Dataplane", 'kong-01')
    .option('--service <name>', 'the kuma.io/service of the gateway', 'kong');
  command.action(async (flags: InitFlags) => {
    if (flags.schema === true) {
      terminal.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
      end(0);
      return;
    }
    const { output, force } = flags;
    const printed = output === '-';
    // Before the questions: nobody answers seven of them for nothing.
    if (!printed && force !== true && existsSync(output)) {
      throw cliErrors.error('INIT_EXISTS', { file: output }, { place: { file: output } });
    }
    const chosen = await choose(command, flags, terminal);
    const found = printed ? undefined : await lookAround(chosen, terminal.signal);
    const text = starterConfig(found ? settle(command, chosen, found, terminal) : chosen);
    if (printed) {
      terminal.out(text);
    } else {
      await write(output, text);
      if (flags.quiet !== true) {
        for (const line of found?.lines ?? []) terminal.out(`${line}\n`);
        terminal.out(`wrote ${output}\n${nextSteps(output)}`);
      }
    }
    end(0);
  });
};

/** @throws MeshdError INIT_INVALID, INIT_STOPPED. */
async function choose(
  command: Command,
  flags: InitFlags,
  terminal: Terminal,
): Promise<StarterChoices> {
  const { mesh, kumaUrl, kongUrl, kongMode, kongConfig, dataplane, service } = flags;
  const choices = { mesh, kumaUrl, kongUrl, kongMode, kongConfig, dataplane, service };
  const problem = problemOf(choices);
  if (problem !== undefined) throw cliErrors.error('INIT_INVALID', { cause: problem });
  const { ask } = terminal;
  if (!ask || flags.yes === true) return choices;
  const keys = Object.keys(choices) as (keyof StarterChoices)[];
  const given = keys.filter((key) => command.getOptionValueSource(key) === 'cli');
  return askChoices(choices, new Set(given), { ask, err: (text) => terminal.err(text) });
}

/** What was found counts where nobody said anything else: neither by a flag nor as an answer. */
function settle(
  command: Command,
  choices: StarterChoices,
  { kongMode, gateways = [] }: Found,
  { ask }: Terminal,
): StarterChoices {
  const isOpen = (key: keyof StarterChoices): boolean =>
    command.getOptionValueSource(key) !== 'cli' &&
    (ask === undefined || command.opts<InitFlags>().yes === true);
  const [only, ...others] = gateways;
  return {
    ...choices,
    ...(kongMode !== undefined && isOpen('kongMode') ? { kongMode } : {}),
    ...(only !== undefined && others.length === 0 && isOpen('dataplane')
      ? { dataplane: only }
      : {}),
  };
}

function nextSteps(file: string): string {
  const flag = file === 'kong-meshd.yaml' ? '' : ` --config ${file}`;
  const folder = dirname(starterSnapshot);
  return [
    // A daemon that runs as root would make it without a word.
    ...(existsSync(folder)
      ? []
      : [
          `The folder ${folder} for the snapshot is not there: the first sync makes it, or set plugin.snapshot.`,
        ]),
    'Next:',
    `  kong-meshd ping${flag}   # whether all of them answer`,
    `  kong-meshd diff${flag}   # what would change; changes nothing`,
    `  kong-meshd run${flag}    # keep everything in step`,
    '',
  ].join('\n');
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFileAtomic(file, text);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('INIT_UNWRITABLE', { file, cause }, { place: { file } });
  }
}
