import type { Clock } from '../../../daemon/reconcile/clock';
import { createLoop, type LoopTiming } from '../../../daemon/reconcile/loop';

const timing: LoopTiming = {
  intervalMs: 1000,
  debounceMs: 50,
  minIntervalMs: 100,
  maxBackoffMs: 3000,
};

/** A clock whose sleeps end at once and move the time on; `during` runs inside each sleep. */
function fakeClock(during: (ms: number, at: number) => void = () => undefined) {
  let time = 0;
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => time,
    async sleep(ms, signal) {
      const ended = (): boolean => signal.aborted;
      if (ended()) return;
      sleeps.push(ms);
      during(ms, time);
      if (!ended()) time += ms;
      await Promise.resolve();
    },
  };
  return { clock, sleeps, now: () => time };
}

async function runFor(passes: number, pass: () => Promise<boolean>, clock: Clock) {
  const controller = new AbortController();
  const starts: number[] = [];
  const loop = createLoop({
    timing,
    clock,
    random: () => 1,
    pass: async () => {
      starts.push(clock.now());
      if (starts.length === passes) controller.abort();
      return pass();
    },
  });
  await loop.run(controller.signal);
  return { starts, loop };
}

test('passes start one interval apart when nothing happens', async () => {
  const { clock } = fakeClock();

  const { starts } = await runFor(4, async () => true, clock);

  expect(starts).toEqual([0, 1000, 2000, 3000]);
});

test('failed passes back off, doubling up to the longest wait, and a good one resets it', async () => {
  const { clock } = fakeClock();
  const outcomes = [false, false, false, false, false, false, true, false];

  const { starts } = await runFor(9, async () => outcomes.shift() ?? true, clock);

  // The interval is the least distance; the backoff counts once it is longer.
  const distances = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  expect(distances).toEqual([1000, 1000, 1000, 1600, 3000, 3000, 1000, 1000]);
});

test('a rejected pass counts as failed and ends nothing', async () => {
  const { clock, sleeps } = fakeClock();
  let calls = 0;

  await runFor(
    2,
    async () => {
      calls++;
      throw new Error('boom');
    },
    clock,
  );

  expect(calls).toBe(2);
  expect(sleeps[0]).toBe(200);
});

test('triggers that come together are one pass, after the debounce and not before the minimum', async () => {
  const controller = new AbortController();
  const starts: number[] = [];
  const box: { loop?: ReturnType<typeof createLoop> } = {};
  const { clock } = fakeClock((ms) => {
    // During the long wait of the interval three changes arrive at once.
    if (ms > 500) {
      box.loop?.trigger();
      box.loop?.trigger();
      box.loop?.trigger();
    }
  });
  box.loop = createLoop({
    timing,
    clock,
    random: () => 1,
    pass: async () => {
      starts.push(clock.now());
      if (starts.length === 3) controller.abort();
      return true;
    },
  });

  await box.loop.run(controller.signal);

  expect(starts).toEqual([0, 150, 300]);
});

test.each([
  ['at the begin of the pause', 0, 100],
  ['just before its end', 70, 120],
])(
  'a trigger %s waits for the longer of pause and debounce, not for both',
  async (_name, at, due) => {
    const controller = new AbortController();
    const starts: number[] = [];
    const box: { loop?: ReturnType<typeof createLoop> } = {};
    let time = 0;
    const clock: Clock = {
      now: () => time,
      async sleep(ms) {
        const end = time + ms;
        if (starts.length === 1 && time <= at && at < end) {
          time = at;
          box.loop?.trigger();
        }
        time = end;
        return Promise.resolve();
      },
    };
    box.loop = createLoop({
      timing,
      clock,
      pass: async () => {
        starts.push(clock.now());
        if (starts.length === 2) controller.abort();
        return Promise.resolve(true);
      },
    });

    await box.loop.run(controller.signal);

    expect(starts).toEqual([0, due]);
  },
);

test('a trigger during a backoff does not shorten it', async () => {
  const box: { loop?: ReturnType<typeof createLoop> } = {};
  const controller = new AbortController();
  const starts: number[] = [];
  const { clock } = fakeClock((ms) => {
    if (ms >= 200) box.loop?.trigger();
  });
  box.loop = createLoop({
    timing,
    clock,
    random: () => 1,
    pass: async () => {
      starts.push(clock.now());
      if (starts.length === 3) controller.abort();
      return false;
    },
  });

  await box.loop.run(controller.signal);

  expect(starts[1]).toBeGreaterThanOrEqual(200);
  expect((starts[2] ?? 0) - (starts[1] ?? 0)).toBeGreaterThanOrEqual(400);
});

test('an abort ends the loop in the middle of a wait', async () => {
  const controller = new AbortController();
  const { clock } = fakeClock((ms) => {
    if (ms > 500) controller.abort();
  });
  let passes = 0;
  const loop = createLoop({
    timing,
    clock,
    random: () => 1,
    pass: async () => {
      passes++;
      return true;
    },
  });

  await loop.run(controller.signal);

  expect(passes).toBe(1);
});

test('the first interval is cut short at random, the later ones by a tenth at most', async () => {
  const { clock } = fakeClock();
  const controller = new AbortController();
  const starts: number[] = [];
  const drawn = [0.5, 0, 1, 0.5];
  const loop = createLoop({
    timing,
    clock,
    random: () => drawn.shift() ?? 1,
    pass: async () => {
      starts.push(clock.now());
      if (starts.length === 5) controller.abort();
      return true;
    },
  });

  await loop.run(controller.signal);

  expect(starts).toEqual([0, 500, 1400, 2400, 3350]);
});

test('an abort in the middle of a pass ends the loop without another wait', async () => {
  const { clock, sleeps } = fakeClock();
  const controller = new AbortController();
  const loop = createLoop({
    timing,
    clock,
    random: () => 1,
    pass: async () => {
      controller.abort();
      return true;
    },
  });

  await loop.run(controller.signal);

  expect(sleeps).toEqual([]);
});
