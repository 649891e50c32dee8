import { setTimeout as sleep } from 'node:timers/promises';

import pc from 'picocolors';

import { planOf } from '../plan/diff';
import { waitForFiles } from '../plan/filters/changing-files';
import { formatPlan, planToJson } from '../plan/format';
import { formatSummary } from '../plan/format-summary';
import { deletedBy } from '../plan/hold';
import type { PassContext, PassRequest } from '../reconcile/context';
import { runPass } from '../reconcile/pass';
import { emptyPlan, type PassReport } from '../reconcile/report';
import { awaitPluginServer } from './await-plugin-server';
import { compose } from './compose';
import { formatDataplaneChange, summarizeDataplanes } from './dataplane-lines';
import { environmentOf } from './environment-secrets';
import { cliErrors } from './errors';
import { isFailure, weigh, type FailOn } from './fail-on';
import { printFailures } from './findings';
import {
  approvalOf,
  approveReport,
  formatPlanFile,
  readPlanFile,
  writePlanFile,
} from './plan-file';
import { loadFromFlags, progressOf, type CommonFlags } from './options';
import type { ExitCode, Terminal } from './terminal';

export interface OnePass {
  /** Where to write the plan, for a dry run. */
  readonly planOut?: string;
  /** The plan to follow, and no other. */
  readonly plan?: string;
  readonly failOn?: FailOn;
  readonly showHeld?: boolean;
  readonly dryRun: boolean;
  readonly confirmDeletes?: boolean;
  readonly nonZeroExitCode?: boolean;
}

/** One pass, printed as decK prints it; `sync` and `diff` differ in whether it writes. */
export async function onePass(
  files: readonly string[],
  flags: CommonFlags,
  request: OnePass,
  terminal: Terminal,
): Promise<ExitCode> {
  const loaded = await loadFromFlags(flags, files, terminal);
  if (!loaded.ok) {
    printFailures(loaded.failures, terminal);
    return 1;
  }
  const { target } = loaded.config.kong ?? {};
  if ((flags.selectTag?.length ?? 0) > 0 && !target?.admin) {
    throw cliErrors.error('SELECT_TAG_WHOLE');
  }
  const { dryRun, planOut, failOn = 'error' } = request;
  const composed = (readOnly: boolean): Promise<PassContext> =>
    compose(loaded.config, terminal.env, {
      readOnly,
      progress: progressOf(flags, terminal),
      report: (failure) => {
        printFailures([failure], terminal);
      },
    });
  const context = await composed(dryRun);
  const { plan: planFile } = request;
  const followed = planFile === undefined ? undefined : await readPlanFile(planFile, loaded.config);
  const confirmDeletes = followed?.confirmDeletes ?? request.confirmDeletes === true;
  const look = { dryRun: true, confirmDeletes };
  if (!dryRun) await filesAtRest(context, look, terminal.signal);
  const approval = followed && approvalOf(followed);
  if (approval) {
    // Before anything is written; a pass begins from nothing, as the one did that made the plan.
    const now = await runPass(await composed(true), {}, look, terminal.signal);
    if (now.outcome !== 'failed') approveReport(approval, now);
  }
  const report = await runPass(
    context,
    {},
    { dryRun, confirmDeletes, ...(approval ? { approval } : {}) },
    terminal.signal,
  );
  const behind =
    report.snapshot?.written === true
      ? await awaitPluginServer(loaded.config, context, terminal.signal)
      : [];
  const failures = weigh([...loaded.failures, ...report.failures, ...behind], failOn);
  const weighed = { ...report, failures };
  if (planOut !== undefined && report.outcome !== 'failed') {
    const shown = reportToJson(weighed, environmentOf(terminal));
    const text = formatPlanFile(report, shown, loaded.config, confirmDeletes);
    if (planOut === '-') terminal.out(text);
    else await writePlanFile(planOut, text);
  }
  if (planOut === '-') printFailures(failures, terminal);
  else print(weighed, flags, request, terminal);
  if (report.outcome === 'failed' || isFailure(failures, failOn)) return 1;
  // What is held back was not done; a diff only shows that it waits.
  if (report.outcome === 'held' && !request.dryRun) return 1;
  const { plan = emptyPlan, held = [] } = report.kong ?? {};
  const changes = plan.changes.length + held.length + report.dataplane.expanded.length;
  return request.nonZeroExitCode === true && changes > 0 ? 2 : 0;
}

/** Files that are still changing after this are left to the pass, which holds back what they change. */
const longestWaitMs = 60_000;

/**
 * Waits until the files have stood unchanged for the settle time, where the pass would change something
 * because of them: a file that is still being copied may lack the other half for a moment only.
 */
async function filesAtRest(
  context: PassContext,
  request: PassRequest,
  signal: AbortSignal,
): Promise<void> {
  const { kongFiles } = context;
  if (!kongFiles) return;
  const until = performance.now() + longestWaitMs;
  while (performance.now() < until) {
    // What cannot be read is the pass's to report.
    const read = await kongFiles.read().catch(() => undefined);
    if (!read || kongFiles.settlesInMs() <= 0) return;
    const { kong } = await runPass(context, {}, request, signal);
    const changes = kong?.plan.changes ?? [];
    const waiting = waitForFiles(kongFiles.settlesInMs(), kongFiles.mayGrow());
    if ((waiting(planOf(changes), []).holds ?? []).length === 0) return;
    const seconds = Math.ceil(kongFiles.settlesInMs() / 1000);
    context.progress?.({ step: `waiting ${seconds} s for the Kong files to stand unchanged` });
    await sleep(kongFiles.settlesInMs(), undefined, { signal });
  }
}

function print(
  report: PassReport,
  flags: CommonFlags,
  { showHeld = false }: OnePass,
  terminal: Terminal,
): void {
  if (flags.json === true) {
    terminal.out(`${JSON.stringify(reportToJson(report, environmentOf(terminal)), null, 2)}\n`);
    return;
  }
  printFailures(report.failures, terminal);
  if (flags.quiet === true) return;
  if (flags.silenceEvents === true) {
    if (!report.kong) return;
    const { plan, held } = report.kong;
    terminal.out(
      formatSummary(plan, {
        held: deletedBy(held).length,
        further: summarizeDataplanes(report.dataplane),
      }),
    );
    return;
  }
  const { dataplane } = report;
  for (const change of [...dataplane.expanded, ...dataplane.contracted]) {
    terminal.out(`${formatDataplaneChange(change)}\n`);
  }
  if (report.snapshot?.written === true) terminal.out(`wrote snapshot ${report.snapshot.file}\n`);
  if (!report.kong) return;
  const paint = pc.createColors(terminal.colour);
  const { plan, held, names } = report.kong;
  const secrets = environmentOf(terminal);
  terminal.out(
    formatPlan(plan, {
      paint,
      held,
      showHeld,
      names,
      secrets,
      beside: { further: summarizeDataplanes(dataplane) },
    }),
  );
}

/** decK's JSON, with what decK does not know beside it. */
export function reportToJson(report: PassReport, secrets: Iterable<string>): object {
  const { kong, failures, snapshot, dataplane, outcome, services, links } = report;
  const { plan = emptyPlan, names } = kong ?? {};
  return {
    ...planToJson(plan, failures, { secrets, names }),
    held: planToJson(planOf(kong?.held ?? []), [], { secrets, names, isHeld: true }).changes,
    outcome,
    services,
    dataplane,
    snapshot,
    links,
    findings: failures,
  };
}
