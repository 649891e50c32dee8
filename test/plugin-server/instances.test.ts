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
  it('are found until they are closed', () => {
    const instances = createInstances();
    const { id } = instances.start(sampleClass, configOf('k', 1), 0);

    expect(instances.find(id)?.id).toBe(id);
    expect(instances.close(id, 0)?.id).toBe(id);
    expect(instances.find(id)).toBeUndefined();
    expect(instances.close(id, 0)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['text', '5'],
    ['nothing', undefined],
    ['a list', [1]],
  ])('are not found by %s', (_name, id) => {
    expect(createInstances().find(id)).toBeUndefined();
  });

  describe('sweep', () => {
    const limits = {
      outdatedIdleMs: 100,
      rebuildMs: 50,
      idleMs: 1_000,
      perConfig: 2,
      total: 1_000,
    };
    const swept = (all: readonly Instance[], left: Instances): boolean[] =>
      all.map(({ id }) => left.find(id) === undefined);

    it('drops what is as old as one that Kong closed, once idle: its plugin was deleted', () => {
      const instances = createInstances(limits);
      const deleted = instances.start(sampleClass, configOf('deleted', 1), 0);
      const before = instances.start(sampleClass, configOf('k', 2), 0);
      const other = instances.start(sampleClass, configOf('other', 3), 0);
      const after = instances.start(sampleClass, configOf('k', 4), 50);

      instances.sweep(500);
      expect(instances.size).toBe(4);
      instances.close(before.id, 500);
      instances.sweep(550);

      expect(swept([deleted, before, other, after], instances)).toEqual([true, true, false, false]);
    });

    it('keeps one per worker of one config, whose numbers differ', () => {
      const instances = createInstances(limits);
      for (const [worker, sequence] of [5, 9].entries())
        instances.start(sampleClass, configOf('k', sequence), worker);

      instances.sweep(1_000_000);

      expect(instances.size).toBe(2);
    });

    it('drops what is of an earlier Kong: it counts anew when it restarts', () => {
      const instances = createInstances(limits);
      const closed = instances.start(sampleClass, configOf('k', 8), 0);
      const old = instances.start(sampleClass, configOf('k', 9), 0);
      instances.close(closed.id, 0);
      const current = instances.start(sampleClass, configOf('k', 2), 400);

      instances.sweep(500);

      expect(swept([old, current], instances)).toEqual([true, false]);
    });

    it('takes a worker that is late with a change for no new Kong', () => {
      const instances = createInstances(limits);
      const closed = instances.start(sampleClass, configOf('k', 8), 0);
      const current = instances.start(sampleClass, configOf('k', 9), 0);
      instances.close(closed.id, 0);
      const late = instances.start(sampleClass, configOf('other', 3), 40);

      instances.sweep(500);

      expect(swept([current, late], instances)).toEqual([false, true]);
    });

    it.each([[undefined], [0]])('says nothing of the age of what has no number: %s', (sequence) => {
      const instances = createInstances(limits);
      const unknown = instances.start(sampleClass, { __key__: 'k', __seq__: sequence }, 0);
      const closed = instances.start(sampleClass, configOf('other', 7), 0);
      instances.close(closed.id, 0);

      instances.sweep(500);

      expect(instances.find(unknown.id)).toBe(unknown);
    });

    it('never drops one in use', () => {
      const instances = createInstances(limits);
      const old = instances.start(sampleClass, configOf('k', 1), 0);
      instances.close(instances.start(sampleClass, configOf('other', 2), 0).id, 0);
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
