/** One look at everything, for the commands that show what is and change nothing. */
import type { Failure } from '../../catalog/error';
import { decide, type Decision } from '../reconcile/decide';
import { observe, type Inputs } from '../reconcile/observe';
import { IncompleteConfig } from '../reconcile/user-config';
import { recall, type RecallMemory } from '../reconcile/recall';
import type { PassContext } from '../reconcile/context';
import { observeOptions } from '../reconcile/pass';
import { compose } from './compose';
import { printFailures } from './findings';
import { loadFromFlags, progressOf, type CommonFlags } from './options';
import type { Terminal } from './terminal';

export interface Look {
  readonly context: PassContext;
  readonly inputs: Inputs;
  readonly decision: Decision;
  readonly failures: readonly Failure[];
}

/**
 * Loads the configuration, observes the mesh and translates. Prints what it finds on the way.
 * @returns undefined where it could not be done; the reason is printed then.
 */
export async function look(
  flags: CommonFlags,
  files: readonly string[],
  terminal: Terminal,
): Promise<Look | undefined> {
  const loaded = await loadFromFlags(flags, files, terminal);
  printFailures(loaded.failures, terminal);
  if (!loaded.ok) return undefined;
  const context = await compose(loaded.config, terminal.env, {
    readOnly: true,
    progress: progressOf(flags, terminal),
  });
  context.progress?.({ step: 'reading the mesh and the configuration' });
  try {
    const request = { dryRun: true, confirmDeletes: false };
    const inputs = await observe(observeOptions(context, request), {}, terminal.signal);
    const memory: RecallMemory = {};
    await recall(context, memory, terminal.signal);
    const decision = decide(inputs, context, memory);
    return { context, inputs, decision, failures: [...inputs.failures, ...decision.failures] };
  } catch (error) {
    if (!(error instanceof IncompleteConfig)) throw error;
    printFailures(error.failures, terminal);
    return undefined;
  }
}
