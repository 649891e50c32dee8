import { judge, type Result, type Verdict } from '../../bench/support/judge';
import { Timeline } from '../../bench/support/timeline';

const followMs = 1_000;

function result(fields: Partial<Result>): Result {
  return {
    name: 'lookup-out-a',
    dueMs: 500,
    sentMs: 500,
    endedMs: 510,
    status: 200,
    from: 'i1',
    ...fields,
  };
}

/** `lookup-out-a` from 100 to 1,000 with i1 to 1,200; then `config-out-b` has i2, from 1,000 on. */
function history(): Timeline {
  const timeline = new Timeline();
  const first = timeline.begin('lookup-out-a', 100);
  timeline.own('i1', first, 100);
  first.answeredMs = 200;
  timeline.end(first, 1_000);
  timeline.release('i1', 1_200);
  const second = timeline.begin('config-out-b', 1_000);
  timeline.own('i2', second, 1_000);
  return timeline;
}

const late = { sentMs: 1_050, endedMs: 1_060 };
const much = { sentMs: 5_000, endedMs: 5_010 };

test.each<[string, Partial<Result>, Verdict]>([
  ['the instance that it was for', {}, 'answered'],
  ['its own instance while that ends', late, 'answered'],
  ['another service', { from: 'i2' }, 'wrong'],
  ['another service, once the first is gone', { ...late, from: 'i2' }, 'wrong'],
  ['an instance that had ended by then', much, 'wrong'],
  ['nobody who is known', { from: 'undefined' }, 'wrong'],
  ['a refusal while it was there', { status: 503 }, 'failed'],
  ['a refusal before the gateway first answered', { status: 404, sentMs: 150 }, 'pending'],
  ['a refusal when it was gone', { ...late, status: 503 }, 'refused'],
  ['a refusal of what went meanwhile', { status: 503, endedMs: 1_010 }, 'refused'],
  ['a refusal of what never was', { name: 'config-out-x', status: 404 }, 'refused'],
  ['silence', { status: 0 }, 'failed'],
  ['silence when it was gone', { ...late, status: 0 }, 'failed'],
  ['a refusal long after it came', { name: 'config-out-b', ...much, status: 404 }, 'failed'],
])('%s', (_what, fields, expected) => {
  expect(judge(result(fields), history(), followMs)).toBe(expected);
});

describe('while something is out', () => {
  const refusal = { status: 503, sentMs: 500, endedMs: 510 };

  test.each<[string, 'kong' | 'pluginServer', Partial<Result>, Verdict]>([
    ['Kong excuses a refusal', 'kong', refusal, 'unavailableKong'],
    ['Kong excuses silence', 'kong', { status: 0 }, 'unavailableKong'],
    ['Kong excuses no wrong answer', 'kong', { from: 'i2' }, 'wrong'],
    ['the plugin server excuses', 'pluginServer', refusal, 'unavailablePluginServer'],
    ['the plugin server excuses no silence', 'pluginServer', { status: 0 }, 'failed'],
  ])('%s', (_what, kind, fields, expected) => {
    const timeline = history();
    timeline.outage(kind, 400)(505);

    expect(judge(result(fields), timeline, followMs)).toBe(expected);
  });

  it('no longer excuses anything once it is over', () => {
    const timeline = history();
    timeline.outage('kong', 300)(400);

    expect(judge(result(refusal), timeline, followMs)).toBe('failed');
  });

  it('excuses no service whose address is in the configuration for a plugin server', () => {
    const timeline = history();
    judge(result({ name: 'config-out-b', sentMs: 1_100, endedMs: 1_110, from: 'i2' }), timeline, 1);
    timeline.outage('pluginServer', 1_200);
    const refused = result({ name: 'config-out-b', sentMs: 1_300, endedMs: 1_310, status: 503 });

    expect(judge(refused, timeline, followMs)).toBe('failed');
  });
});

it('takes an instance that got another name for that service from then on', () => {
  const timeline = new Timeline();
  timeline.own('i1', timeline.begin('lookup-out-a', 100), 100);
  const renamed = timeline.begin('config-vip-c', 600);
  timeline.own('i1', renamed, 600);
  const under = { sentMs: 595, endedMs: 605 };

  const before = judge(result(under), timeline, followMs);
  const after = judge(result({ sentMs: 700, endedMs: 710 }), timeline, followMs);

  expect([before, after]).toEqual(['answered', 'wrong']);
});
