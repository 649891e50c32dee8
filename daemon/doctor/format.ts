/** Findings for a terminal. */
import pc from 'picocolors';

import { visible } from '../../catalog/text';
import { severities, type Finding, type Severity } from './finding';
import { groupBy } from './view';

/** More of one code are counted, not shown: two thousand services may have one and the same mistake. */
const shownPerCode = 5;

const headings: Readonly<Record<Severity, string>> = {
  error: 'Errors',
  warning: 'Warnings',
  info: 'Notes',
};

/**
 * ```
 * Errors
 *
 * KM302 service orders
 *   No permission allows kong to call orders: requests get 403 RBAC: access denied.
 *   seen: no permission selects it
 *   fix:  Allow MeshSubset kuma.io/service: kong …
 * ```
 */
export function formatFindings(findings: readonly Finding[], colour: boolean): string {
  const paint = pc.createColors(colour);
  const colours = { error: paint.red, warning: paint.yellow, info: paint.cyan };
  const blocks = severities.flatMap((severity) => {
    const ofSeverity = findings.filter((finding) => finding.severity === severity);
    if (ofSeverity.length === 0) return [];
    const groups = [...groupBy(ofSeverity, ({ code }) => code).values()];
    const heading = colours[severity](headings[severity]);
    return [
      heading,
      ...groups.flatMap((group) => [
        ...group.slice(0, shownPerCode).map((finding) => formatFinding(finding, colour)),
        ...restOf(group),
      ]),
    ];
  });
  return [...blocks, `${summarise(findings)}\n`].join('\n');
}

export function formatFinding(finding: Finding, colour: boolean): string {
  const paint = pc.createColors(colour);
  const lines = [
    `${paint.bold(finding.code)} ${visible(finding.subject)}`,
    `  ${visible(finding.cause)}`,
    ...finding.evidence.map((line) => `  ${paint.dim('seen:')} ${visible(line)}`),
    `  ${paint.green('fix:')}  ${visible(finding.fix)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function restOf(group: readonly Finding[]): readonly string[] {
  const more = group.length - shownPerCode;
  return more > 0
    ? [`${group[0]?.code ?? ''} ${more} more like these; --json lists all of them\n`]
    : [];
}

export function countBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

function summarise(findings: readonly Finding[]): string {
  const { error, warning, info } = countBySeverity(findings);
  if (findings.length === 0) return 'nothing found';
  const plural = (count: number, word: string): string =>
    `${count} ${word}${count === 1 ? '' : 's'}`;
  return [plural(error, 'error'), plural(warning, 'warning'), plural(info, 'note')].join(', ');
}
