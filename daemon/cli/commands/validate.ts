import { MeshdError, type Failure } from '../../../catalog/error';
import { kongFiles } from '../../config/kong-files';
import { parseKongConfig } from '../../kong/parse';
import { validateState } from '../../kong/validate';
import { hasErrors, printFailures } from '../findings';
import { addCommonFlags, loadFromFlags, type CommonFlags } from '../options';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';

export const addValidate: AddCommand = (program, terminal, end) => {
  const command = program
    .command('validate')
    .description('check kong-meshd.yaml and the Kong configuration, without the network')
    .argument('[files...]', 'Kong configuration in place of kong.config')
    .option('--json', 'print the findings as JSON');
  addCommonFlags(command).action(async (files: string[], flags: CommonFlags) => {
    const loaded = await loadFromFlags(flags, files, terminal);
    const failures = [...loaded.failures];
    // The Kong files can be checked even where the rest of the configuration is wrong.
    const paths = files.length > 0 ? files : loaded.ok ? (loaded.config.kong?.config ?? []) : [];
    let entities = 0;
    if (paths.length > 0) {
      const ownerTag = loaded.ok ? loaded.config.ownerTag : 'kong-meshd';
      const checked = await check(paths, ownerTag, terminal);
      failures.push(...checked.failures);
      entities = checked.entities;
    }
    if (flags.json === true) terminal.out(`${JSON.stringify({ entities, findings: failures })}\n`);
    else {
      printFailures(failures, terminal);
      const count =
        failures.length === 0
          ? 'no findings'
          : `${failures.length} finding${failures.length === 1 ? '' : 's'}`;
      terminal.out(`${entities} entities checked: ${count}\n`);
    }
    end(hasErrors(failures) ? 1 : 0);
  });
};

/** Files that are not there are a finding like any other. */
async function check(
  paths: readonly string[],
  meshTag: string,
  { env }: Terminal,
): Promise<{ readonly entities: number; readonly failures: readonly Failure[] }> {
  try {
    const parsed = parseKongConfig(await kongFiles(paths).read(), { env, meshTag });
    const failures = [...parsed.failures, ...validateState(parsed)];
    return { entities: parsed.state.entities.length, failures };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    return { entities: 0, failures: [error.toFailure()] };
  }
}
