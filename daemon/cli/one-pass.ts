import { setTimeout as sleep } from 'node:timers/promises';

import pc from 'picocolors';

import { planOf } from '../plan/diff';
import { waitForFiles } from '../plan/filters/changing-files';
import { formatPlan, planToJson } from '../plan/format';
import { formatDataplaneChange, formatSummary } from '../plan/format-summary';
import { deletedBy } from '../plan/hold';
import type { PassContext, PassRequest } from '../reconcile/context';
import { runPass } from '../reconcile/pass';
import { emptyPlan, type PassReport } from '../reconcile/report';
import { compose } from './compose';
import { environmentOf } from './environment-secrets';
import { cliErrors } from './errors';
import { isFailure, weigh, type FailOn } from './fail-on';
import { printFailures } from './findings';
import { loadFromFlags, progressOf, type CommonFlags } from './options';
import type { ExitCode, Terminal } from './terminal';

export interface OnePass {
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
  const context = await compose(loaded.config, terminal.env, {
    readOnly: request.dryRun,
    progress: progressOf(flags, terminal),
    report: (failure) => {
      printFailures([failure], terminal);
    },
  });
  const confirmDeletes = request.confirmDeletes === true;
  if (!request.dryRun)
    await filesAtRest(context, { dryRun: true, confirmDeletes }, terminal.signal);
  const report = await runPass(
    context,
    {},
    { dryRun: request.dryRun, confirmDeletes },
    terminal.signal,
  );
  const { failOn = 'error' } = request;
  const failures = weigh([...loaded.failures, ...report.failures], failOn);
  print({ ...report, failures }, flags, request, terminal);
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
      formatSummary(plan, { held: deletedBy(held).length, dataplane: report.dataplane }),
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
  terminal.out(formatPlan(plan, { paint, held, showHeld, names, secrets, beside: { dataplane } }));
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
