/** The way to 3.x for a terminal: a line for each stage, what is open below it, and what is ready to be applied. */
import pc from 'picocolors';
import { stringify } from 'yaml';

import { visible } from '../../catalog/text';
import type { CutOver, StageStatus } from './stages';

const marks: Readonly<Record<StageStatus, string>> = { done: '✓', due: '→', blocked: '✗' };

/** More names of one kind are counted, not shown. */
const shownNames = 5;

export function formatCutOver(cutOver: CutOver, colour: boolean): string {
  const paint = pc.createColors(colour);
  const { mesh, version = 'unknown', stages, ready } = cutOver;
  const lines = stages.flatMap(({ stage, status, blockers }) => [
    `${marks[status]} ${stage}`,
    ...blockers.flatMap(({ what, names, fix }) => [
      `    ${visible(what)}: ${visible(listNames(names))}`,
      `      ${paint.green('fix:')} ${visible(fix)}`,
    ]),
  ]);
  const verdict = ready
    ? 'Nothing stands in the way of Kuma 3.0.'
    : `Not ready for Kuma 3.0; next: ${cutOver.next ?? 'what could not be asked'}.`;
  return [paint.bold(`mesh ${mesh}, control plane ${version}`), ...lines, verdict, ''].join('\n');
}

/** One stream of YAML; empty where there is nothing to apply. */
export function formatResources({ stages }: Pick<CutOver, 'stages'>): string {
  return stages
    .flatMap(({ blockers }) => blockers.flatMap(({ apply = [] }) => apply))
    .map((resource) => stringify(resource, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n');
}

function listNames(names: readonly string[]): string {
  const more = names.length - shownNames;
  const shown = names.slice(0, shownNames).join(', ');
  return more > 0 ? `${shown} and ${String(more)} more` : shown;
}
