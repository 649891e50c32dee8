/** Annotates the Services that Kong's routes lead to. It waits for nobody, and nobody waits for it. */
import type { UpstreamReport } from '../targets/kubernetes-align/upstream-target';
import type { PassContext, PassRequest } from './context';
import type { Inputs } from './observe';

const nothing: UpstreamReport = { writes: 0, failures: [] };

/** What was seen during an outage says nothing about the routes of now. */
export async function enforceUpstream(
  { upstream, clock, progress }: PassContext,
  { observation }: Inputs,
  { dryRun }: PassRequest,
  signal: AbortSignal,
): Promise<UpstreamReport> {
  if (!upstream || dryRun || observation.stale) return nothing;
  const steps = observation.upstream ?? [];
  if (steps.length > 0) progress?.({ step: 'annotating Services' });
  return upstream.apply(steps, clock.now(), signal);
}
