/** Everything between this gateway and Kuma 3.x: what migrate checks, and what rule KM702 is made of. Pure. */
import type { FactsView } from '../view';
import { stageNames, type Blocker } from './blocker';
import { controlPlaneBlockers, gatewayBlockers } from './gateway';
import { identityBlockers } from './identity';
import { outboundBlockers } from './outbounds';
import { permissionBlockers } from './permissions';
import { policyBlockers } from './policies';

/** In the order of the stages. What could not be asked blocks nothing: it is among the facts' `unasked`. */
export function blockersOf(view: FactsView): readonly Blocker[] {
  const all = [
    ...identityBlockers(view),
    ...outboundBlockers(view),
    ...permissionBlockers(view),
    ...policyBlockers(view),
    ...gatewayBlockers(view),
    ...controlPlaneBlockers(view),
  ];
  return stageNames.flatMap((stage) => all.filter((one) => one.stage === stage));
}
