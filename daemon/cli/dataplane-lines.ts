/** The mesh side of a plan in words, beside what decK's sentences say of Kong. */
import type { PassReport } from '../reconcile/report';
import type { DataplaneChange } from '../targets/dataplane/dataplane-target';

/** What changes on the Dataplanes, for the summary of a plan. */
export function summarizeDataplanes({
  expanded,
  contracted,
}: PassReport['dataplane']): readonly string[] {
  const changes = [...expanded, ...contracted];
  const of = (op: DataplaneChange['op']) => changes.filter((change) => change.op === op);
  const added = of('add-outbound').length;
  const removed = of('remove-outbound').length;
  return [
    ...of('create').map(({ dataplane }) => `Dataplane: ${dataplane} created`),
    ...(added + removed > 0 ? [`Outbounds: ${added} added, ${removed} removed`] : []),
    ...[...of('set-service'), ...of('set-label')].map(
      ({ dataplane, before, after }) =>
        `Identity: ${before ?? '(none)'} → ${after ?? '(none)'} on dataplane ${dataplane}`,
    ),
  ];
}

/** One change of a Dataplane as an event line. */
export function formatDataplaneChange({
  dataplane,
  op,
  what,
  before,
  after,
}: DataplaneChange): string {
  if (op === 'create') return `creating dataplane ${dataplane} (${what})`;
  if (op === 'set-service' || op === 'set-label') {
    return `setting ${what} ${before ?? '(none)'} → ${after ?? '(none)'} on dataplane ${dataplane}`;
  }
  return `${op === 'add-outbound' ? 'adding' : 'removing'} ${what} on dataplane ${dataplane}`;
}
