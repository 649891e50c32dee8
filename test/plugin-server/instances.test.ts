import { createInstances, type Instance, type Instances } from '../../plugin-server/instances';
import { toPluginClass } from '../../plugin-server/plugin-class';
import * as sample from './support/sample-plugin';

const sampleClass = toPluginClass(sample, 'sample');
const configOf = (key: string, sequence: number) => ({
  behaviour: 'none',
  __key__: key,
  __seq__: sequence,
});

describe('instances', () => {
  it('have ids that no other process has given', () => {
    const ids = Array.from(
      { length: 50 },
      () => createInstances().start(sampleClass, configOf('k', 1), 0).id,
    );

    expect(new Set(ids).size).toBe(50);
    expect(Math.min(...ids)).toBeGreaterThan(2 ** 40);
    expect(ids.every((id) => Number.isSafeInteger(id + 1e9))).toBe(true);
  });

  it('are found until they are closed', () => {
    const instances = createInstances();
    const { id } = instances.start(sampleClass, configOf('k', 1), 0);

    expect(instances.find(id)?.id).toBe(id);
    expect(instances.close(id)?.id).toBe(id);
    expect(instances.find(id)).toBeUndefined();
    expect(instances.close(id)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['text', '5'],
    ['nothing', undefined],
    ['a list', [1]],
  ])('are not found by %s', (_name, id) => {
    expect(createInstances().find(id)).toBeUndefined();
  });

  describe('sweep', () => {
    const limits = { replacedIdleMs: 100, idleMs: 1_000, perConfig: 2, total: 1_000 };
    const swept = (all: readonly Instance[], left: Instances): boolean[] =>
      all.map(({ id }) => left.find(id) === undefined);

    it('drops what a newer config replaced, once idle', () => {
      const instances = createInstances(limits);
      const old = instances.start(sampleClass, configOf('k', 1), 0);
      const current = instances.start(sampleClass, configOf('k', 2), 50);

      instances.sweep(60);
      expect(instances.size).toBe(2);
      instances.sweep(500);

      expect(swept([old, current], instances)).toEqual([true, false]);
    });

    it('drops by another sequence, not by a higher one: Kong counts anew when it restarts', () => {
      const instances = createInstances(limits);
      const old = instances.start(sampleClass, configOf('k', 9), 0);
      const current = instances.start(sampleClass, configOf('k', 2), 0);

      instances.sweep(500);

      expect(swept([old, current], instances)).toEqual([true, false]);
    });

    it('never drops one in use', () => {
      const instances = createInstances(limits);
      const old = instances.start(sampleClass, configOf('k', 1), 0);
      instances.start(sampleClass, configOf('k', 2), 0);
      old.running = 1;

      instances.sweep(1_000_000);

      expect(instances.find(old.id)).toBe(old);
    });

    it('keeps one per worker of the present config, however idle', () => {
      const instances = createInstances(limits);
      for (const worker of [0, 1]) instances.start(sampleClass, configOf('k', 1), worker);

      instances.sweep(1_000_000);

      expect(instances.size).toBe(2);
    });

    it('drops the oldest of too many of one config, once idle', () => {
      const instances = createInstances(limits);
      const all = [0, 1, 2, 3].map((at) => instances.start(sampleClass, configOf('k', 1), at));

      instances.sweep(500);
      expect(instances.size).toBe(4);
      instances.sweep(5_000);

      expect(swept(all, instances)).toEqual([true, true, false, false]);
    });

    it('bounds what deleted plugins leave behind', () => {
      const instances = createInstances({ ...limits, total: 10 });
      for (let n = 0; n < 50; n += 1) instances.start(sampleClass, configOf(`deleted-${n}`, 1), 0);
      const used = instances.start(sampleClass, configOf('used', 1), 5_000);

      instances.sweep(5_100);

      expect(instances.size).toBeLessThanOrEqual(11);
      expect(instances.find(used.id)).toBe(used);
    });
  });
});
