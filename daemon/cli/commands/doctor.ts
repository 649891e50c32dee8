import { Option } from 'commander';

import { allRules } from '../../doctor/all-rules';
import { diagnose } from '../../doctor/diagnose';
import { isAtLeast, severities, type Severity } from '../../doctor/finding';
import { countBySeverity, formatFindings } from '../../doctor/format';
import { gatherFacts } from '../../doctor/gather/gather-facts';
import { compose } from '../compose';
import { printFailures } from '../findings';
import {
  addCommonFlags,
  collectFiles,
  type CommonFlags,
  kongFilesText,
  loadFromFlags,
  progressOf,
  stateText,
} from '../options';
import { formatTable } from '../table';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface DoctorFlags extends CommonFlags {
  readonly list?: boolean;
  readonly failOn: Severity | 'never';
  readonly pluginSocket?: string;
}

export const addDoctor: AddCommand = (program, terminal, end) => {
  const command = program
    .command('doctor')
    .description(summaries.doctor.description)
    .argument('[files...]', kongFilesText)
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('--json', 'print the findings as JSON')
    .option('--list', 'list the rules instead, asking nobody')
    .option('--plugin-socket <path>', "the plugin server's socket, where Kong does not say it")
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 from this severity on')
        .choices([...severities, 'never'])
        .default('error'),
    );
  addCommonFlags(command).action(async (files: string[], flags: DoctorFlags) => {
    if (flags.list === true) {
      terminal.out(listRules(flags.json === true));
      return;
    }
    const loaded = await loadFromFlags(flags, files, terminal);
    if (!loaded.ok) {
      printFailures(loaded.failures, terminal);
      end(1);
      return;
    }
    const { config, failures } = loaded;
    const context = await compose(config, terminal.env, {
      readOnly: true,
      progress: progressOf(flags, terminal),
    });
    const { pluginSocket, failOn } = flags;
    const facts = await gatherFacts({ config, context, failures, pluginSocket }, terminal.signal);
    context.kong?.close?.();
    const findings = diagnose(facts);
    if (flags.json === true) {
      const report = { summary: countBySeverity(findings), findings };
      terminal.out(`${JSON.stringify(report, null, 2)}\n`);
    } else {
      terminal.out(formatFindings(findings, terminal.colour));
    }
    const failed =
      failOn !== 'never' && findings.some(({ severity }) => isAtLeast(severity, failOn));
    end(failed ? 1 : 0);
  });
};

function listRules(json: boolean): string {
  const rules = allRules.map(({ code, name, severity, title }) => ({
    code,
    name,
    severity,
    title,
  }));
  if (json) return `${JSON.stringify(rules, null, 2)}\n`;
  return formatTable(
    ['CODE', 'RULE', 'SEVERITY', 'FINDS'],
    rules.map(({ code, name, severity, title }) => [code, name, severity, title]),
  );
}
