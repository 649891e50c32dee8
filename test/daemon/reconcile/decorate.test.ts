/** A decorated target is still one: whatever the target can do, and whatever it is asked later. */
import { gateKong } from '../../../daemon/reconcile/by-leader';
import { watchPass } from '../../../daemon/status/watch-pass';
import { decorate } from '../../../daemon/reconcile/decorate';
import type { KongTarget } from '../../../daemon/targets/target';
import { startDblessPlace } from '../../contract/dbless-place';
import { testKongTarget, testRefusedGuards } from '../../contract/kong-target.contract';
import { openScene } from './support/scene';

const term = new AbortController().signal;
const watched = (kong: KongTarget): KongTarget =>
  watchPass({ ...openScene().context, kong }).context.kong!;

const decorators: readonly [name: string, apply: (target: KongTarget) => KongTarget][] = [
  ['by the election', (target) => gateKong(target, term)],
  ['by what times a pass', watched],
  ['by both', (target) => gateKong(watched(target), term)],
];

describe.each(decorators)('a target that is decorated %s', (_, apply) => {
  const start = async () => {
    const place = await startDblessPlace();
    return {
      ...place,
      target: apply(place.target),
      another: () => apply(place.another()),
    };
  };
  testKongTarget(start);
  testRefusedGuards(start);

  it('has all that the target has, and what is added to it later', () => {
    const target = {
      name: 'kong-any',
      probesLightly: true,
      read: () => Promise.reject(new Error('not asked')),
      canonicalise: () => Promise.reject(new Error('not asked')),
      apply: () => Promise.reject(new Error('not asked')),
      probe: () => Promise.resolve('same' as const),
      check: (plan: unknown) => Promise.resolve({ plan, failures: [] }),
      closed: false,
      close() {
        this.closed = true;
      },
      ofTomorrow: () => 'answers',
    };

    const decorated = apply(target as unknown as KongTarget) as unknown as typeof target;

    expect(Object.keys(decorated)).toEqual(Object.keys(target));
    expect(decorated.probesLightly).toBe(true);
    expect(decorated.ofTomorrow()).toBe('answers');
    decorated.close();
    expect(target.closed).toBe(true);
  });
});

it('calls what is replaced, and all else on the target itself', () => {
  class Counter {
    #count = 0;
    add(by: number): number {
      return (this.#count += by);
    }
    get count(): number {
      return this.#count;
    }
  }
  const counter = new Counter();

  const doubled = decorate(counter, { add: (by) => counter.add(2 * by) });

  expect([doubled.add(2), doubled.count]).toEqual([4, 4]);
});
