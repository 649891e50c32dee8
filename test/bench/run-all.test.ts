/** From the sources no bench can be started, as nothing is compiled here: each run fails. */
import { allHold, entriesOf, runAll } from '../../bench/run-all';
import { measure } from '../../bench/report/measure';
import { Results } from '../../bench/report/results';

const said: string[] = [];

beforeAll(() => {
  jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => said.push(String(chunk)) > 0);
});

afterAll(() => {
  jest.restoreAllMocks();
});

test('a bench that fails is an entry with the reason, and the rest still runs', async () => {
  const all = await runAll(['page', 'k8s']);

  expect(Object.keys(all.benches)).toEqual(['page', 'k8s']);
  for (const { failed, figures, bounds } of Object.values(all.benches)) {
    expect(failed).toMatch(/^exit 1: .*Cannot find module/);
    expect(figures).toEqual({});
    expect(bounds.length).toBeGreaterThan(0);
    expect(bounds.some(({ holds }) => holds)).toBe(false);
  }
  expect(allHold(all)).toBe(false);
  expect(said.join('')).toContain('all: page: exit 1');
});

test('what is kept can be read again, and holds when, where and how', async () => {
  const entry = await measure('soak', ['--minutes', '1']);

  expect(Results.parse(JSON.parse(JSON.stringify({ soak: entry })))).toEqual({ soak: entry });
  expect(entry.command).toBe('npm run bench -- soak --minutes 1 --json');
  expect(Date.parse(entry.date)).toBeGreaterThan(0);
  expect(entry.machine.cores).toBeGreaterThan(0);
  expect(entry.machine.node).toBe(process.version);
});

test('all is well where bounds hold and what did not run had a reason', () => {
  const base = {
    ...{ command: 'x', date: '2026-01-02', revision: 'r', seconds: 1, figures: {} },
    load: { before: 0, after: 0 },
    machine: { cpu: 'c', cores: 1, memoryGiB: 1, os: 'o', node: 'n' },
  };
  const bound = { bench: 'x', figure: 'y', is: 'at most', limit: 1, why: 'w' } as const;
  const held = { ...base, bounds: [{ ...bound, value: 1, holds: true }] };
  const skipped = { ...base, skipped: 'not here', bounds: [] };

  expect(allHold({ benches: { held, skipped } })).toBe(true);
  expect(allHold({ benches: { held: { ...held, bounds: [{ ...bound, holds: false }] } } })).toBe(
    false,
  );
  expect(allHold({ benches: { broken: { ...held, failed: 'boom' } } })).toBe(false);
  expect(entriesOf({ benches: { held } })).toEqual({ held: base });
});
