/**
 * Lets only the elected replica write what replicas share. A standby does everything else: it observes,
 * translates and keeps its own snapshot, so that it is ready to lead at any moment.
 */
import type { Leadership } from '../election/leadership';
import { underTerm } from '../election/live-signal';
import type { DataplaneTarget } from '../targets/dataplane/dataplane-target';
import { decorate } from './decorate';
import type { UpstreamTarget } from '../targets/kubernetes-align/upstream-target';
import type { KongTarget } from '../targets/target';
import type { PassContext } from './context';
import type { PassMemory } from './pass';

/** What the next pass works with. Takes from the memory what another leader may have changed. */
export type ContextOfPass = (memory: PassMemory) => PassContext;

export function byLeader(
  context: PassContext,
  leadership: Pick<Leadership, 'term'>,
): ContextOfPass {
  let last: AbortSignal | undefined;
  return (memory) => {
    const term = leadership.term();
    if (term !== last) forget(memory);
    last = term;
    const { kong, dataplane, upstream } = context;
    return {
      ...context,
      kong: term && kong && gateKong(kong, term),
      dataplane: term && dataplane && gateDataplane(dataplane, term),
      upstream: term && upstream && gateUpstream(upstream, term),
    };
  };
}

/** What Kong and the Dataplanes hold is read anew; what was seen of the mesh and the files stays. */
function forget(memory: PassMemory): void {
  delete memory.kongState;
  delete memory.kongPlaces;
  delete memory.passthrough;
  delete memory.record;
  delete memory.massDeletion;
  delete memory.drifted;
  delete memory.last;
  delete memory.lasting;
  memory.settled = false;
}

/** Looking is free to all; only the leader writes, and only while its term lasts. */
export function gateKong(kong: KongTarget, term: AbortSignal): KongTarget {
  return decorate(kong, {
    apply: (plan, desired, signal) =>
      underTerm(term, signal, (joined) => kong.apply(plan, desired, joined)),
  });
}

function gateUpstream(upstream: UpstreamTarget, term: AbortSignal): UpstreamTarget {
  return decorate(upstream, {
    apply: (steps, nowMs, signal) =>
      underTerm(term, signal, (joined) => upstream.apply(steps, nowMs, joined)),
  });
}

function gateDataplane(dataplane: DataplaneTarget, term: AbortSignal): DataplaneTarget {
  return decorate(dataplane, {
    expand: (plan, signal) => underTerm(term, signal, (joined) => dataplane.expand(plan, joined)),
    contract: (plan, signal) =>
      underTerm(term, signal, (joined) => dataplane.contract(plan, joined)),
  });
}
