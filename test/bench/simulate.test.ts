/** Virtual time and seeded chance: the same on every machine. */
import type { Look } from '../../bench/scale/record-look';
import { kongReloadMs } from '../../bench/scale/measured-elsewhere';
import { simulate } from '../../bench/scale/simulate';
import { VirtualClock } from '../../bench/scale/virtual-clock';

const look: Look = {
  services: 2_000,
  lists: [
    { path: '/meshes/default/meshservices', pages: [{ bytes: 1_000 }, { bytes: 500 }] },
    { path: '/meshes/default/dataplanes', pages: [{ bytes: 10 }] },
  ],
};
const scenario = {
  ...{ daemons: 50, intervalMs: 1_000, look, pageMs: () => 20, seed: 7 },
  measuredMs: 10_000,
};

test('sleepers wake in order, those of one moment together, and an abort wakes at once', async () => {
  const clock = new VirtualClock();
  const never = new AbortController().signal;
  const aborted = new AbortController();
  const woken: string[] = [];
  const sleep = (name: string, ms: number, signal = never): void => {
    void clock.sleep(ms, signal).then(() => woken.push(`${name}@${String(clock.now())}`));
  };
  sleep('late', 30);
  sleep('early', 10);
  sleep('twin', 10);
  sleep('gone', 500, aborted.signal);
  aborted.abort();

  await clock.runUntil(20);
  const soon = [...woken];
  await clock.runUntil(100);

  expect(soon).toEqual(['gone@0', 'early@10', 'twin@10']);
  expect(woken).toEqual(['gone@0', 'early@10', 'twin@10', 'late@30']);
  expect(clock.now()).toBe(100);
});

test('daemons that were started together drift apart, and ask no more rarely than they should', async () => {
  const exact = await simulate({ ...scenario, spread: false });
  const spread = await simulate({ ...scenario, spread: true });

  // In step all of them come in one tenth of a second out of ten.
  expect(exact.peakRequestsPerSecond / exact.meanRequestsPerSecond).toBeCloseTo(10, 1);
  expect(spread.peakRequestsPerSecond / spread.meanRequestsPerSecond).toBeLessThan(3);
  expect(exact.meanPeriodMs).toBe(1_000);
  expect(spread.meanPeriodMs).toBeGreaterThan(900);
  expect(spread.meanPeriodMs).toBeLessThan(1_000);
});

test('requests, bytes and work follow from the look', async () => {
  const { meanRequestsPerSecond, meanMiBPerSecond, meanInFlight } = await simulate({
    ...scenario,
    daemons: 1,
    spread: false,
  });

  expect(meanRequestsPerSecond).toBeCloseTo(3, 1);
  expect(meanMiBPerSecond * 2 ** 20).toBeCloseTo(1_510, -1);
  expect(meanInFlight).toBeCloseTo(0.06, 2);
});

test('a reload costs what was measured, and in between what lies between', () => {
  expect(kongReloadMs(1_000)).toBe(355);
  expect(kongReloadMs(2_000)).toBeGreaterThan(710);
  expect(kongReloadMs(2_000)).toBeLessThan(2_950);
  expect(kongReloadMs(50_000)).toBeGreaterThan(29_500);
});
