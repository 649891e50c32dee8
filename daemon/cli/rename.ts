/** `sync --rename`: walks a change of the gateway's identity, stage by stage. */
import pc from 'picocolors';

import { hasErrors } from '../../catalog/error';
import type { Config } from '../config/schema';
import { createRename } from '../targets/dataplane/rename';
import type { RenamePlan, RenameStage } from '../targets/dataplane/rename-stages';
import { cliErrors } from './errors';
import { printFailures } from './findings';
import type { ExitCode, Terminal } from './terminal';

const marks: Readonly<Record<RenameStage['status'], string>> = {
  done: '✓',
  due: '→',
  blocked: '✗',
  check: '?',
};

/**
 * Shows every stage, and changes tag and label where none is blocked.
 * @throws MeshdError RENAME_NEEDS_NAMES where the configuration does not say what to rename, and those
 * of the control plane.
 */
export async function walkRename(
  config: Config,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const { gateway, mesh, sources } = config;
  const controlPlane = sources.find((source) => source.kuma)?.kuma;
  const { dataplane: dataplanes, service, workload } = gateway;
  if (!controlPlane || !dataplanes || (service ?? workload) === undefined) {
    throw cliErrors.error('RENAME_NEEDS_NAMES');
  }
  const rename = createRename({ controlPlane, mesh, dataplanes, service, workload });
  const { plans, writes, failures } = await rename.apply(terminal.signal);
  if (options.json) terminal.out(`${JSON.stringify({ plans, writes, findings: failures })}\n`);
  else {
    for (const plan of plans) terminal.out(formatPlan(plan, terminal.colour));
    printFailures(failures, terminal);
  }
  return hasErrors(failures) || plans.some(({ ready }) => !ready) ? 1 : 0;
}

function formatPlan({ dataplane, key, from, to, stages }: RenamePlan, colour: boolean): string {
  const paint = pc.createColors(colour);
  const head = paint.bold(`${dataplane}: ${key} ${from ?? '(none)'} → ${to}`);
  const lines = stages.flatMap(({ stage, status, what, remedy }) => [
    `  ${marks[status]} ${stage}: ${what}`,
    ...(remedy === undefined ? [] : [`      ${remedy}`]),
  ]);
  return [head, ...lines, ''].join('\n');
}
