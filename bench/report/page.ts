/** docs/performance.md and its charts, made of the results and of nothing else. */
import { bounds, judge, type Verdict } from '../bounds';
import { formatNumber } from './axis';
import { drawChart } from './chart';
import { deckBaseline } from './deck-baseline';
import type { Entry, Results } from './results';
import type { Chart, FigureText, Section } from './section';
import { sections } from './sections';

export interface Page {
  readonly markdown: string;
  /** By file name. */
  readonly charts: Readonly<Record<string, string>>;
}

export const chartFolder = 'images/performance';

const intro = `<!-- Generated from bench/results by \`npm run bench -- render\`: edit neither by hand. -->

# Performance

Every figure here is printed by the command above its table, and can be had again by anyone:

\`\`\`sh
npm run bench -- all --json --write   # all of them, one after the other, and this page
npm run bench -- pass --json --check  # one of them; exit code 1 where a bound does not hold
\`\`\`

The stand-ins for Kong, the control plane and the sidecar are those of the tests, in processes of their
own where a process is measured. A load average above the number of cores says that others used the
machine: times of that run are upper limits, and CPU and ratios are what to look at.
`;

/** @param results by bench; those that the page knows nothing of come last. */
export function renderPage(results: Results): Page {
  const charts: Record<string, string> = {};
  const known = new Set(sections.map(({ bench }) => bench));
  const others = Object.keys(results)
    .filter((bench) => !known.has(bench))
    .map((bench): Section => ({ bench, title: bench, about: '', figures: [] }));
  const shown = [...sections, ...others].flatMap((section) => {
    const entry = results[section.bench];
    return entry ? [{ section, entry, verdicts: verdictsOf(section.bench, entry) }] : [];
  });
  const parts = shown.map(({ section, entry, verdicts }) => {
    for (const chart of section.charts ?? []) {
      const svg = drawChart(chart, linesOf(chart, entry));
      if (svg !== undefined) charts[chart.file] = svg;
    }
    return sectionText(section, entry, verdicts, charts);
  });
  const verdicts = shown.flatMap((part) => part.verdicts);
  const judged = new Set(verdicts.map(({ bench }) => bench));
  const unjudged = new Set(bounds.map(({ bench }) => bench).filter((bench) => !judged.has(bench)));
  return { markdown: [intro, boundsText(verdicts, [...unjudged]), ...parts].join('\n'), charts };
}

function verdictsOf(bench: string, { figures, skipped }: Entry): readonly Verdict[] {
  return skipped === undefined ? judge(bench, figures) : [];
}

/** @param unjudged benches that have bounds, but no results. */
function boundsText(verdicts: readonly Verdict[], unjudged: readonly string[]): string {
  const held = verdicts.filter(({ holds }) => holds).length;
  const rows = verdicts.map((verdict) => [
    `\`${verdict.bench}\``,
    `\`${verdict.figure}\``,
    verdict.value === undefined ? '–' : formatNumber(verdict.value),
    limitText(verdict),
    verdictText(verdict),
    verdict.why,
  ]);
  const head = ['bench', 'figure', 'measured', 'bound', 'verdict', 'why this much'];
  const missing = unjudged.map((bench) => `\`${bench}\``).join(', ');
  return `## What must hold

${String(held)} of ${String(verdicts.length)} bounds hold.${missing === '' ? '' : ` Not measured yet: ${missing}.`}

${table(head, rows)}
`;
}

function sectionText(
  section: Section,
  entry: Entry,
  verdicts: readonly Verdict[],
  charts: Readonly<Record<string, string>>,
): string {
  const lines = [`## ${section.title}`, ''];
  if (section.about !== '') lines.push(section.about, '');
  lines.push(provenance(entry), '');
  if (entry.failed !== undefined) lines.push(`It did not come to its end: ${entry.failed}`, '');
  if (entry.skipped !== undefined) lines.push(`Not run there: ${entry.skipped}.`, '');
  for (const block of tablesOf(section, entry, verdicts)) lines.push(block, '');
  if (section.bench === 'sync') lines.push(baselineText(entry), '');
  for (const { file, alt } of section.charts ?? []) {
    if (charts[file] !== undefined) lines.push(`![${alt}](${chartFolder}/${file})`, '');
  }
  return lines.join('\n');
}

function provenance({ command, date, revision, machine, load, seconds }: Entry): string {
  const { cpu, cores, memoryGiB, os, node } = machine;
  return [
    `\`${command}\` — ${date.slice(0, 10)}, revision ${revision}, ${formatNumber(seconds)} s, on`,
    `${String(cores)} cores of ${cpu}, ${formatNumber(memoryGiB)} GiB, ${os}, Node ${node}; load average`,
    `${formatNumber(load.before)} before and ${formatNumber(load.after)} after.`,
  ].join('\n');
}

/** One table of what stands alone, and one for each thing that figures are by. */
function tablesOf(
  { figures: texts }: Section,
  { figures }: Entry,
  verdicts: readonly Verdict[],
): readonly string[] {
  const shown = new Set<string>();
  const blocks: string[] = [];
  for (const what of new Set(texts.map(({ by }) => by))) {
    const group = texts.filter(({ by }) => by === what);
    const keysOf = (text: FigureText): readonly string[] =>
      Object.keys(figures).filter((key) =>
        what === undefined ? key === text.name : nameOf(key) === text.name && key !== text.name,
      );
    const present = group.filter((text) => keysOf(text).length > 0);
    present.flatMap(keysOf).forEach((key) => shown.add(key));
    if (present.length === 0) continue;
    const sizes = [...new Set(present.flatMap(keysOf).map(sizeOf))].sort((a, b) => a - b);
    const head = what === undefined ? ['value'] : sizes.map(formatNumber);
    const rows = present.map((text) => {
      const values =
        what === undefined
          ? [figures[text.name]]
          : sizes.map((size) => figures[`${text.name}${String(size)}`]);
      return [
        `\`${text.name}\``,
        ...values.map((value) => (value === undefined ? '' : formatNumber(value))),
        text.unit,
        text.means,
        boundOf(keysOf(text), verdicts),
      ];
    });
    const corner = what === undefined ? 'figure' : `figure, by ${what}`;
    blocks.push(table([corner, ...head, 'unit', 'means', 'bound'], rows));
  }
  const rest = Object.entries(figures).filter(([key]) => !shown.has(key));
  if (rest.length > 0 && texts.length === 0) {
    const rows = rest.map(([key, value]) => [
      `\`${key}\``,
      formatNumber(value),
      boundOf([key], verdicts),
    ]);
    blocks.push(table(['figure', 'value', 'bound'], rows));
  }
  return blocks;
}

function boundOf(keys: readonly string[], verdicts: readonly Verdict[]): string {
  return verdicts
    .filter(({ figure }) => keys.includes(figure))
    .map((verdict) => {
      const size = sizeOf(verdict.figure);
      const at = keys.length > 1 ? ` at ${formatNumber(size)}` : '';
      return `${limitText(verdict)}${at}: ${verdictText(verdict)}`;
    })
    .join('; ');
}

function limitText({ is, limit }: Verdict): string {
  return `${is} ${formatNumber(limit)}`;
}

function verdictText({ holds, value }: Verdict): string {
  if (holds) return 'holds';
  return value === undefined ? '**not measured**' : '**does not hold**';
}

/** What decK took elsewhere, beside what was measured here. */
function baselineText({ figures }: Entry): string {
  const rows = deckBaseline.map(({ step, ours, services, wallS, cpuS, rssMiB, calls }) => {
    const own = (suffix: string): string => {
      const value = figures[`${ours}${suffix}${String(services)}`];
      return value === undefined ? '' : formatNumber(value);
    };
    const wall = own('WallS') === '' ? own('S') : own('WallS');
    return [
      `${step}, ${formatNumber(services)}`,
      wall,
      formatNumber(wallS),
      own('CpuS'),
      formatNumber(cpuS),
      own('RssMiB'),
      formatNumber(rssMiB),
      own('Calls'),
      formatNumber(calls),
    ];
  });
  const both = (name: string): readonly string[] => [name, `${name}, decK`];
  const head = ['', ...['wall s', 'CPU s', 'MiB', 'calls'].flatMap(both)];
  return `decK 1.65.1 with the same files, measured on another day on two busy cores against another
stand-in: an orientation, not a ratio. The bench \`deck\` measures both in one run.

${table(head, rows)}`;
}

function linesOf({ series }: Chart, { figures }: Entry) {
  return series.map(({ figure, label }) => ({
    label,
    points: Object.entries(figures)
      .filter(([key]) => key !== figure && nameOf(key) === figure)
      .map(([key, y]) => ({ x: sizeOf(key), y })),
  }));
}

function nameOf(key: string): string {
  return key.replace(/\d+$/, '');
}

function sizeOf(key: string): number {
  return Number(/\d+$/.exec(key)?.[0] ?? NaN);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
