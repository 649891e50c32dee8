/** The end of a plan's text: decK's three counts, and what decK does not know where there is any of it. */
import type { DataplaneChange } from '../targets/dataplane/dataplane-target';
import type { Plan } from './change';

export interface SummaryBeside {
  /** On the mesh side. */
  readonly dataplane?: {
    readonly expanded: readonly DataplaneChange[];
    readonly contracted: readonly DataplaneChange[];
  };
  /** Deletions that wait. */
  readonly held?: number;
}

/**
 * ```
 * Summary:
 *   Created: 1
 *   Updated: 0
 *   Deleted: 0
 *   Held back: 3 deletions (--show-held lists them)
 *   Outbounds: 2 added, 1 removed
 *   Identity: kong-old → kong on dataplane kong-01
 * ```
 */
export function formatSummary({ summary }: Plan, beside: SummaryBeside = {}): string {
  const { creating, updating, deleting } = summary;
  const counts = [`Created: ${creating}`, `Updated: ${updating}`, `Deleted: ${deleting}`];
  const { held = 0, dataplane } = beside;
  const lines = [
    ...counts,
    ...(held > 0 ? [`Held back: ${plural(held, 'deletion')} (--show-held lists them)`] : []),
    ...(dataplane ? meshLines([...dataplane.expanded, ...dataplane.contracted]) : []),
  ];
  return `Summary:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function meshLines(changes: readonly DataplaneChange[]): readonly string[] {
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

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
