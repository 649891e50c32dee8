import { Option } from 'commander';

import { writeFileAtomic, type WriteOptions } from '../../../catalog/atomic-file';
import type { KongState } from '../../kong/model';
import { renderFiles } from '../../kong/write';
import { encodeDocument } from '../../targets/kong-dbless/push-document';
import { cliErrors } from '../errors';
import { failOnOption, isFailure, weigh, type FailOn } from '../fail-on';
import { printFailures } from '../findings';
import { look } from '../look';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  kongFilesText,
  stateText,
} from '../options';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface RenderFlags extends CommonFlags {
  readonly output?: string;
  readonly showSecrets?: boolean;
  readonly failOn: FailOn;
  readonly format: 'yaml' | 'json';
}

export const addRender: AddCommand = (program, terminal, end) => {
  const command = program
    .command('render')
    .description(summaries.render.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('-o, --output <file>', 'write it there instead; - for standard output')
    .addOption(
      new Option('--format <format>', 'yaml: your file, edited; json: what DB-less Kong gets')
        .choices(['yaml', 'json'])
        .default('yaml'),
    );
  command
    .addOption(failOnOption())
    .option('--show-secrets', 'let JSON with values from the environment be printed');
  addCommonFlags(command).action(async (files: string[], flags: RenderFlags) => {
    const seen = await look(flags, files, terminal);
    if (!seen) {
      end(1);
      return;
    }
    const { inputs, decision } = seen;
    if (!inputs.parsed) throw cliErrors.error('NO_KONG_CONFIG');
    const { desired } = decision.translation;
    const rendered = renderFiles(inputs.parsed, desired);
    // Templates stay in YAML; in JSON, which Kong itself reads, they are filled in.
    const output = flags.output === '-' ? undefined : flags.output;
    const holdsSecrets = flags.format === 'json' && holdsEnvironment(desired);
    if (holdsSecrets && output === undefined && flags.showSecrets !== true) {
      throw cliErrors.error('RENDER_SECRETS');
    }
    const text =
      flags.format === 'json'
        ? `${encodeDocument(desired).text}\n`
        : rendered.value.map((file) => file.text).join('---\n');
    const failures = weigh([...seen.failures, ...rendered.failures], flags.failOn);
    printFailures(failures, terminal);
    if (output === undefined) terminal.out(text);
    else await writeOutput(output, text, { mode: holdsSecrets ? 0o600 : 0o640 });
    end(isFailure(failures, flags.failOn) ? 1 : 0);
  });
};

function holdsEnvironment({ entities }: KongState): boolean {
  return entities.some(({ secrets }) => secrets.length > 0);
}

/** A file that exists keeps its mode: its owner may have opened it to Kong's group. */
async function writeOutput(file: string, text: string, options: WriteOptions): Promise<void> {
  try {
    await writeFileAtomic(file, text, options);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error);
    throw cliErrors.error('RENDER_UNWRITABLE', { file, cause }, { place: { file } });
  }
}
