import pc from 'picocolors';

import { hasErrors, MeshdError, type Failure } from '../../../catalog/error';
import type { Config } from '../../config/schema';
import { kongFiles } from '../../config/kong-files';
import { entityLabel } from '../../kong/model';
import { parseKongConfig } from '../../kong/parse';
import { formatPlan, planToJson } from '../../plan/format';
import { formatSummary } from '../../plan/format-summary';
import { carriesTags } from '../../plan/filters/policy';
import { removeOwned, type Removal } from '../../plan/removal';
import { targetErrors } from '../../targets/errors';
import { confirm } from '../confirm';
import { environmentOf } from '../environment-secrets';
import { cliErrors } from '../errors';
import { printFailures } from '../findings';
import { addGatewayFlags, addJsonOutput } from '../gateway-flags';
import { openGateway, type Gateway } from '../open-gateway';
import {
  addCommonFlags,
  collectFiles,
  loadGatewayOnly,
  progressOf,
  stateText,
  type CommonFlags,
} from '../options';
import type { ExitCode, Terminal } from '../terminal';
import type { AddCommand } from './command';
import { summaries } from './summaries';

interface ResetFlags extends CommonFlags {
  readonly all?: boolean;
  readonly yes?: boolean;
}

export const addReset: AddCommand = (program, terminal, end) => {
  const command = program
    .command('reset')
    .description(summaries.reset.description)
    .argument(
      '[files...]',
      'Kong configuration in place of kong.config, for its select tags and workspace',
    )
    .option('-s, --state <file>', stateText, collectFiles, [])
    .option('--all', 'also where no select tags say what is ours: the whole gateway')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print the result as JSON');
  command.option('--silence-events', 'print only findings and the summary');
  addGatewayFlags(addCommonFlags(addJsonOutput(command))).action(
    async (files: string[], flags: ResetFlags) => {
      const loaded = await loadGatewayOnly(flags, files, terminal);
      if (!loaded.ok) {
        printFailures(loaded.failures, terminal);
        end(1);
        return;
      }
      const gateway = openGateway(
        loaded.config,
        flags.selectTag ?? [],
        terminal,
        progressOf(flags, terminal),
      );
      try {
        const scope = await scopeOf(loaded.config, gateway, terminal);
        if (scope.selectTags.length === 0 && flags.all !== true) {
          throw cliErrors.error('RESET_WHOLE_GATEWAY');
        }
        end(await reset(gateway, scope, flags, terminal));
      } finally {
        gateway.close();
      }
    },
  );
};

/** Which part of the gateway the files own. */
interface Scope {
  readonly selectTags: readonly string[];
  readonly workspace: string | undefined;
}

/**
 * @throws MeshdError KONG_SELECT_TAGS, and what keeps the files from being read as a whole: what they do
 * not say would widen what is deleted.
 */
async function scopeOf(
  { kong, ownerTag }: Config,
  { selectTags, workspace }: Gateway,
  { env }: Terminal,
): Promise<Scope> {
  if (!kong || kong.config.length === 0) return { selectTags, workspace };
  const files = await kongFiles(kong.config).read();
  const parsed = parseKongConfig(files, { env, meshTag: ownerTag });
  const failure = parsed.failures.find(({ severity }) => severity === 'error');
  if (!parsed.complete && failure) throw new MeshdError(failure);
  const { selectTags: ofFiles } = parsed.state;
  const used = workspace ?? parsed.state.workspace;
  if (ofFiles.length === 0) return { selectTags, workspace: used };
  const same = [...ofFiles].sort().join() === [...selectTags].sort().join();
  if (selectTags.length === 0 || same) return { selectTags: ofFiles, workspace: used };
  const details = { files: ofFiles.join(', '), target: selectTags.join(', ') };
  throw targetErrors.error('KONG_SELECT_TAGS', details);
}

/** @throws MeshdError RESET_NOT_READY, RESET_NOT_CONFIRMED, and those of the target. */
async function reset(
  gateway: Gateway,
  { selectTags: tags, workspace }: Scope,
  flags: ResetFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { signal } = terminal;
  // All of it: what others have hung on to ours is not in a list by tags.
  const state = await (await gateway.target([], workspace)).read(signal);
  const removal = removeOwned(state, carriesTags(tags));
  const failures: Failure[] = removal.kept.map(({ entity, dependant }) =>
    cliErrors.failure(
      'RESET_STILL_NEEDED',
      { dependant: entityLabel(dependant) },
      { entity: entityLabel(entity) },
    ),
  );
  const isWorkLeft = removal.plan.changes.length > 0;
  if (isWorkLeft) {
    if (flags.json !== true) show(removal, flags, terminal);
    await agree(removal, gateway, flags, terminal);
    const writer = await gateway.target(gateway.kind === 'admin' ? tags : [], workspace);
    const report = await writer.apply(removal.plan, removal.left, signal);
    failures.push(...report.failures);
    // What came to be: a refused deletion is not among it.
    finish({ ...removal, plan: report.applied }, failures, flags, terminal);
  } else {
    finish(removal, failures, flags, terminal);
  }
  return hasErrors(failures) ? 1 : 0;
}

async function agree(
  { left, plan }: Removal,
  { kind, client }: Gateway,
  { yes }: ResetFlags,
  terminal: Terminal,
): Promise<void> {
  if (yes === true) return;
  if (kind === 'dbless' && left.entities.length === 0) throw cliErrors.error('RESET_NOT_READY');
  const count = plan.summary.deleting;
  if (await confirm(`Delete ${count} entities from ${client.url}?`, terminal)) return;
  throw cliErrors.error('RESET_NOT_CONFIRMED');
}

function show({ plan, left }: Removal, flags: ResetFlags, terminal: Terminal): void {
  if (flags.silenceEvents === true || flags.quiet === true) return;
  const paint = pc.createColors(terminal.colour);
  const options = { paint, states: [left], secrets: environmentOf(terminal) };
  terminal.out(formatPlan(plan, options).replace(/Summary:\n.*$/s, ''));
}

function finish(
  { plan, left }: Removal,
  failures: readonly Failure[],
  { json, quiet }: ResetFlags,
  terminal: Terminal,
): void {
  if (json === true) {
    const options = { states: [left], secrets: environmentOf(terminal) };
    const report = { ...planToJson(plan, failures, options), findings: failures };
    terminal.out(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  printFailures(failures, terminal);
  if (quiet !== true) terminal.out(formatSummary(plan));
}
