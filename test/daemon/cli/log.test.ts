/** What a person reads of a day: each state once when it begins and once when it ends. */
import { reportPass, type Log, type LogMemory } from '../../../daemon/cli/log';
import { emptyPlan, type PassReport } from '../../../daemon/reconcile/report';
import { failure } from '../reconcile/support/scene';

let lines: [level: string, text: string, about: unknown][];
let memory: LogMemory;

beforeEach(() => {
  lines = [];
  memory = { known: new Map() };
});

function log(outcome: PassReport['outcome'], rest: Partial<PassReport> = {}): void {
  const to = (level: string) => (fields: { outcome?: string; code?: string }, text: string) => {
    if (level !== 'debug') lines.push([level, text, fields.outcome ?? fields.code]);
  };
  const kept = { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
  const report: PassReport = {
    outcome,
    services: 1,
    catalogHash: 'x',
    kong: { target: 'kong-dbless', plan: emptyPlan, writes: 0, held: [], holds: [] },
    snapshot: null,
    dataplane: { expanded: [], contracted: [] },
    failures: [],
    links: [],
    durationMs: 1,
    ...rest,
  };
  reportPass(kept as unknown as Log, report, memory);
}

it('tells of a hold when it begins and when it ends, however many passes it lasts', () => {
  const held = { failures: [failure('DELETIONS_HELD_BACK', undefined, 'warning')] };
  for (let passes = 0; passes < 240; passes += 1) log('held', held);
  log('unchanged');
  log('unchanged');

  expect(lines).toEqual([
    ['warn', 'pass', 'held'],
    ['warn', 'finding', 'DELETIONS_HELD_BACK'],
    ['info', 'pass', 'unchanged'],
    ['info', 'finding gone', 'DELETIONS_HELD_BACK'],
  ]);
});

it('tells of an outage in the same way', () => {
  const down = { failures: [failure('KONG_UNREACHABLE')] };
  for (let passes = 0; passes < 30; passes += 1) log('failed', down);
  log('applied');

  expect(lines).toEqual([
    ['warn', 'pass', 'failed'],
    ['error', 'finding', 'KONG_UNREACHABLE'],
    ['info', 'pass', 'applied'],
    ['info', 'finding gone', 'KONG_UNREACHABLE'],
  ]);
});

it('tells of each pass that writes, also while something is held', () => {
  const wrote = {
    kong: { target: 'kong-dbless', plan: emptyPlan, writes: 1, held: [], holds: [] },
  };
  log('held', wrote);
  log('held');
  log('held', wrote);
  log('applied', wrote);
  log('applied', wrote);

  expect(lines.map(([, , outcome]) => outcome)).toEqual(['held', 'held', 'applied', 'applied']);
});
