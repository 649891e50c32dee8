/** A result as a line of the run, and all of them as the tables of the page. */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';

import { titles } from './matrix';
import type { Result } from './run-component';
import { components, faults, type Component, type Fault } from './vocabulary';

export function isPassed({ outcome, error }: Result): boolean {
  return error === undefined && outcome?.broken.length === 0;
}

export function describeResult(result: Result): string {
  const { component, fault, variant, outcome, error, tries } = result;
  const name = [component, fault, ...(variant === undefined ? [] : [variant])].join('/');
  const mark = isPassed(result) ? 'ok  ' : 'FAIL';
  const retried = tries > 1 ? ` (try ${tries})` : '';
  if (!outcome)
    return `${mark} ${name}${retried}\n     ${error?.replaceAll('\n', '\n     ') ?? ''}`;
  const { served, refused, healedAfter, logged, broken } = outcome;
  const client = `${served} served${refused > 0 ? `, ${refused} refused` : ''}`;
  const said = logged.length > 0 ? `; ${logged.join(', ')}` : '';
  const line = `${mark} ${name}: ${client}; healed after ${healedAfter.toFixed(1)}${said}${retried}`;
  return [line, ...broken.map((what) => `     ${what}`)].join('\n');
}

const page = join(__dirname, '..', '..', '..', 'docs', 'reliability.md');
const begin = '<!-- made by npm run test:faults -- --write -->';
const end = '<!-- end -->';

/** Replaces what stands between the markers; the rest of the page is written by hand. */
export async function writePage(
  results: readonly Result[],
  run: { readonly seed: number; readonly seconds: number },
): Promise<void> {
  const text = await readFile(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${page} has no markers for the tables`);
  const made = [begin, head(results, run), ...components.map((each) => table(each, results))];
  const whole = `${text.slice(0, from)}${made.join('\n\n')}\n\n${text.slice(to)}`;
  const options = await resolveConfig(page);
  await writeFile(page, await format(whole, { ...options, parser: 'markdown' }));
}

function head(
  results: readonly Result[],
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
): string {
  const tried = results.filter(({ reason }) => reason === undefined);
  const passed = tried.filter(isPassed).length;
  const outcomes = tried.flatMap(({ outcome }) => (outcome ? [outcome] : []));
  const sum = (of: (outcome: (typeof outcomes)[number]) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const longest = Math.max(...outcomes.map(({ healedAfter }) => healedAfter));
  const [cpu] = cpus();
  return [
    `\`npm run test:faults -- --write --seed ${seed}\`, ${new Date().toISOString().slice(0, 10)}, ` +
      `Node ${process.version}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${seconds} s.`,
    `**${passed} of ${tried.length} trials kept every promise**; ${results.length - tried.length} cells cannot exist. ` +
      `Of ${sum((one) => one.served + one.refused + one.failed + one.wrong)} requests ` +
      `${sum((one) => one.wrong)} reached a wrong service and ${sum((one) => one.failed)} failed where there was a way; ` +
      `${sum((one) => one.refused)} were refused where there was none. ` +
      `The longest recovery took ${longest.toFixed(1)} poll intervals.`,
  ].join('\n\n');
}

function table(component: Component, results: readonly Result[]): string {
  const own = results.filter((result) => result.component === component);
  const rows = faults.flatMap((fault) => rowsOf(fault, own));
  return [
    `### ${titles[component]}`,
    '',
    '| fault | client: served / refused / failed / wrong | lost | healed after | logged | counted |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function rowsOf(fault: Fault, own: readonly Result[]): readonly string[] {
  return own
    .filter((result) => result.fault === fault)
    .map((result) => {
      const { variant, outcome, reason } = result;
      const name = variant === undefined ? fault : `${fault}: ${variant}`;
      if (reason !== undefined) return `| ${fault} | n/a: ${reason} | | | | |`;
      if (!outcome) return `| ${name} | **the trial broke down** | | | | |`;
      const { served, refused, failed, wrong, lost, healedAfter, logged, counted } = outcome;
      const cells = [
        isPassed(result) ? name : `**${name}**`,
        `${served} / ${refused} / ${failed} / ${wrong}`,
        lost.length === 0 ? 'nothing' : lost.join(', '),
        healedAfter.toFixed(1),
        logged.map((code) => `\`${code}\``).join(' ') || '–',
        `${counted.findings} findings, ${counted.passes} passes`,
      ];
      return `| ${cells.join(' | ')} |`;
    });
}
