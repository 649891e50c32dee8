/** A step in words: what `diff` and the log show. Pure. */
import { describeTarget, type Outbound } from '../../../catalog/gateway';
import type { DataplaneChange, DataplaneStep } from './dataplane-target';
import { placeOf } from './outbound-form';

/** What expand would do. */
export function expandingChanges(step: DataplaneStep): readonly DataplaneChange[] {
  const { dataplane, create, add, service, workload } = step;
  return [
    ...(create ? [{ dataplane, op: 'create', what: `address ${step.address}` } as const] : []),
    ...(service
      ? [{ dataplane, op: 'set-service', what: 'kuma.io/service', ...sides(service) } as const]
      : []),
    ...(workload
      ? [{ dataplane, op: 'set-label', what: 'kuma.io/workload', ...sides(workload) } as const]
      : []),
    ...add.map((outbound): DataplaneChange => ({
      dataplane,
      op: 'add-outbound',
      what: describeOutbound(outbound),
    })),
  ];
}

/** What contract would do. */
export function contractingChanges({
  dataplane,
  remove,
}: DataplaneStep): readonly DataplaneChange[] {
  return remove.map((outbound) => ({
    dataplane,
    op: 'remove-outbound',
    what: describeOutbound(outbound),
  }));
}

function sides({ before, after }: { readonly before: string | undefined; readonly after: string }) {
  return { ...(before === undefined ? {} : { before }), after };
}

function describeOutbound(outbound: Outbound): string {
  return `outbound ${placeOf(outbound)} to ${describeTarget(outbound.target)}`;
}
