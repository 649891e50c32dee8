/** How findings look in a terminal: place, code, cause, remedy. */
import pc from 'picocolors';

import { formatPlace, type Failure } from '../../catalog/error';
import { visible } from '../../catalog/text';
import type { Terminal } from './terminal';

/**
 * ```
 * error LINK_UNKNOWN kong.yml:12:11 service orders
 *   What is wrong and why.
 *   fix: What to do.
 * ```
 */
export function formatFailure(failure: Failure, colour: boolean): string {
  const paint = pc.createColors(colour);
  const word = failure.severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const place = failure.place ? [paint.bold(visible(formatPlace(failure.place)))] : [];
  const entity = failure.entity === undefined ? [] : [failure.entity];
  const head = [word, failure.code, ...place, ...entity].join(' ');
  return `${head}\n  ${failure.message}\n  ${paint.cyan('fix:')} ${failure.remedy}\n`;
}

/** Errors first, each finding once: several passes over one input may find the same. */
export function printFailures(failures: readonly Failure[], terminal: Terminal): void {
  const seen = new Set<string>();
  const ordered = [...failures].sort((a, b) => rank(a) - rank(b));
  for (const failure of ordered) {
    const text = formatFailure(failure, terminal.colour);
    if (seen.has(text)) continue;
    seen.add(text);
    terminal.err(text);
  }
}

function rank({ severity }: Failure): number {
  return severity === 'error' ? 0 : 1;
}
