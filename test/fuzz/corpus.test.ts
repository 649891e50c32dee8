/** Inputs that once failed, and a few new ones of every target, so that none of them rots. */
import { keptInputs } from './corpus';
import { inputOf } from './inputs';
import { mustLeavePrototypesAlone } from './invariants';
import type { Subject } from './target';
import { allTargets } from './targets/all-targets';

describe.each(allTargets.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await target.open();
  });

  afterAll(() => subject.close());

  it('holds for every input that once failed', async () => {
    const failed: string[] = [];
    for (const { file, input } of keptInputs(target)) {
      try {
        await subject.run(input);
        mustLeavePrototypesAlone();
      } catch (error) {
        failed.push(`${file}: ${String(error)}`);
      }
    }

    expect(failed).toEqual([]);
  });

  it('holds for new inputs, some of which get past the first parser', async () => {
    let deep = 0;
    for (let index = 0; index < 20; index += 1) {
      if (await subject.run(inputOf(target, 'in the suite', index))) deep += 1;
      mustLeavePrototypesAlone();
    }

    expect(deep).toBeGreaterThan(0);
  });
});
