/** The performance page is what the results say, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { allBenches } from '../../bench/all-benches';
import { bounds, judge } from '../../bench/bounds';
import { chartFolder, renderPage } from '../../bench/report/page';
import { merge, readResults, type Entry } from '../../bench/report/results';
import { sections } from '../../bench/report/sections';

const root = join(__dirname, '..', '..');
const resultsFile = join(root, 'bench/results/results.json');

function entry(figures: Record<string, number>, more: Partial<Entry> = {}): Entry {
  return {
    command: 'npm run bench -- pass --json',
    date: '2026-01-02T03:04:05.000Z',
    revision: 'abc',
    machine: { cpu: 'a CPU', cores: 2, memoryGiB: 8, os: 'linux x64', node: 'v20.19.0' },
    load: { before: 0.1, after: 1.5 },
    seconds: 12,
    figures,
    ...more,
  };
}

test('the committed page and charts are those of the committed results', async () => {
  const { markdown, charts } = renderPage(await readResults(resultsFile));

  expect(readFileSync(join(root, 'docs/performance.md'), 'utf8')).toBe(markdown);
  const folder = join(root, 'docs', chartFolder);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(charts).sort());
  for (const [file, svg] of Object.entries(charts)) {
    expect(readFileSync(join(folder, file), 'utf8')).toBe(svg);
  }
});

test('a bound that is broken is said, in the summary and beside its figure', () => {
  const { markdown } = renderPage({
    pass: entry({ unchangedCpuMs10000: 61, unchangedCpuMs50000: 200 }),
  });

  expect(markdown).toContain(
    '| `pass` | `unchangedCpuMs10000` | 61 | at most 60 | **does not hold** |',
  );
  expect(markdown).toContain(
    'at most 60 at 10,000: **does not hold**; at most 250 at 50,000: holds',
  );
  expect(markdown).toMatch(/1 of 6 bounds hold\. Not measured yet: .*`sync`.*\./);
  expect(markdown).toContain('| `unchangedPushes10000` | – | at most 0 | **not measured** |');
});

test('command, machine, date and load stand above every table', () => {
  const { markdown } = renderPage({ pass: entry({ unchangedCpuMs100: 1 }) });

  expect(markdown).toContain('`npm run bench -- pass --json` — 2026-01-02, revision abc, 12 s');
  expect(markdown).toContain('2 cores of a CPU, 8 GiB, linux x64, Node v20.19.0');
  expect(markdown).toContain('load average\n0.1 before and 1.5 after');
});

test('a bench that failed or could not run says so, and one that nobody described has its figures', () => {
  const { markdown } = renderPage({
    pass: entry({}, { failed: 'exit 1: Error: boom' }),
    deck: entry({}, { skipped: 'DECK_BIN names no decK' }),
    novel: entry({ odd7: 3 }),
  });

  expect(markdown).toContain('It did not come to its end: exit 1: Error: boom');
  expect(markdown).toContain('Not run there: DECK_BIN names no decK.');
  expect(markdown).not.toContain('`noopWallRatio10000`');
  expect(markdown).toContain('| `odd7` | 3 |');
});

test('results without figures replace none that have some', () => {
  const measured = entry({ unchangedCpuMs100: 1 });
  const failed = entry({}, { failed: 'boom' });
  const newer = entry({ unchangedCpuMs100: 2 });

  expect(merge({ pass: measured }, { pass: failed, sync: failed })).toEqual({
    pass: measured,
    sync: failed,
  });
  expect(merge({ pass: measured }, { pass: newer })).toEqual({ pass: newer });
});

test('a figure that was not printed does not hold its bound', () => {
  expect(judge('page', { firstPaintMs: 600, drawn: 201 }).map(({ holds }) => holds)).toEqual([
    true,
    false,
  ]);
  expect(judge('page', {}).map(({ holds }) => holds)).toEqual([false, false]);
  expect(judge('deck', { noopWallRatio10000: 5.9 }).every(({ holds }) => !holds)).toBe(true);
});

test('every bench has its words, and every bound a bench that somebody described', () => {
  const described = new Set(sections.map(({ bench }) => bench));

  expect(Object.keys(allBenches).filter((bench) => !described.has(bench))).toEqual([]);
  expect(bounds.filter(({ bench }) => !described.has(bench))).toEqual([]);
});
