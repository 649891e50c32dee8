import { hasErrors, MeshdError, type Failure } from '../../../catalog/error';
import { kongFiles } from '../../config/kong-files';
import type { Entity } from '../../kong/model';
import { parseKongConfig, type ParsedConfig } from '../../kong/parse';
import { checkTargetFit, type FitTarget } from '../../kong/target-fit';
import { validateState } from '../../kong/validate';
import { checkLinks } from '../../translate/check-links';
import { TranslateRules } from '../../translate/rules';
import { fitTargetOf } from '../../targets/kong-target-config';
import type { Answer } from '../ask-kong';
import { printFailures } from '../findings';
import { addGatewayFlags, addJsonOutput } from '../gateway-flags';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  configFile,
  filesOf,
  kongFilesText,
  loadFromFlags,
  loadGatewayOnly,
  stateText,
} from '../options';
import type { Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface ValidateFlags extends CommonFlags {
  readonly online?: boolean;
}

export const addValidate: AddCommand = (program, terminal, end) => {
  const command = program
    .command('validate')
    .description(summaries.validate.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('--online', "also ask the gateway's own schemas, which know its plugins")
    .option('--json', 'print the findings as JSON');
  addGatewayFlags(addCommonFlags(addJsonOutput(command))).action(
    async (given: string[], flags: ValidateFlags) => {
      const files = filesOf(flags, given);
      // Files alone are Kong's: nobody need say for them where the mesh is.
      const alone = files.length > 0 && configFile(flags, terminal) === undefined;
      const loaded = await (alone ? loadGatewayOnly : loadFromFlags)(flags, given, terminal);
      const failures = [...loaded.failures];
      // The Kong files can be checked even where the rest of the configuration is wrong.
      const paths = files.length > 0 ? files : loaded.ok ? (loaded.config.kong?.config ?? []) : [];
      let entities = 0;
      if (paths.length > 0) {
        const ownerTag = loaded.ok ? loaded.config.ownerTag : 'kong-meshd';
        const { target, policy = 'sync' } = (loaded.ok && loaded.config.kong) || {};
        const fit = target && fitTargetOf(target, policy);
        const read = await readFiles(paths, ownerTag, fit, terminal);
        failures.push(...read.failures);
        if (read.parsed) {
          const { parsed } = read;
          const online =
            flags.online === true
              ? await checkOnline(parsed, given, flags, terminal)
              : { failures: [], judged: new Set<Entity>() };
          const { judged } = online;
          failures.push(...validateState({ ...parsed, judged }));
          failures.push(...checkLinks(parsed.state.entities, TranslateRules.parse({})));
          failures.push(...online.failures);
          entities = parsed.state.entities.length;
        }
      }
      if (flags.json === true)
        terminal.out(`${JSON.stringify({ entities, findings: failures })}\n`);
      else {
        printFailures(failures, terminal);
        if (flags.quiet !== true) terminal.out(summaryOf(entities, failures.length));
      }
      end(hasErrors(failures) ? 1 : 0);
    },
  );
};

function summaryOf(entities: number, findings: number): string {
  const count = findings === 0 ? 'no findings' : `${findings} finding${findings === 1 ? '' : 's'}`;
  return `${entities} entities checked: ${count}\n`;
}

/** Files that are not there are a finding like any other. */
async function readFiles(
  paths: readonly string[],
  meshTag: string,
  target: FitTarget | undefined,
  { env }: Terminal,
): Promise<{ readonly parsed?: ParsedConfig; readonly failures: readonly Failure[] }> {
  try {
    const parsed = parseKongConfig(await kongFiles(paths).read(), {
      env,
      meshTag,
      lookUp: target?.looksUp,
    });
    const misfits = target ? checkTargetFit(parsed, target) : [];
    return { parsed, failures: [...parsed.failures, ...misfits] };
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    return { failures: [error.toFailure()] };
  }
}

/** What Kong says; that it cannot be asked is a finding like any other. */
async function checkOnline(
  parsed: ParsedConfig,
  files: readonly string[],
  flags: ValidateFlags,
  terminal: Terminal,
): Promise<Answer> {
  const nothing = { failures: [], judged: new Set<Entity>() };
  const loaded = await loadGatewayOnly(flags, files, terminal);
  // Its findings are reported already.
  if (!loaded.ok) return nothing;
  try {
    const [{ askKong }, { openGateway }] = await Promise.all([
      import('../ask-kong.js'),
      import('../open-gateway.js'),
    ]);
    const gateway = openGateway(loaded.config, [], terminal);
    try {
      const parallelism = loaded.config.kong?.target?.admin?.parallelism ?? 10;
      const { client } = gateway;
      return await askKong(parsed, { client, parallelism, signal: terminal.signal });
    } finally {
      gateway.close();
    }
  } catch (error) {
    if (!(error instanceof MeshdError)) throw error;
    return { ...nothing, failures: [error.toFailure()] };
  }
}
