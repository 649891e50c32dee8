/** The end of a plan's text: decK's three counts, and what decK does not know where there is any of it. */
import type { Plan } from './change';

export interface SummaryBeside {
  /** Lines of what else changes, on the mesh side. */
  readonly further?: readonly string[];
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
  const { held = 0, further = [] } = beside;
  const lines = [
    ...counts,
    ...(held > 0 ? [`Held back: ${plural(held, 'deletion')} (--show-held lists them)`] : []),
    ...further,
  ];
  return `Summary:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
