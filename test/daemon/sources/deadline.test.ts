import { getEventListeners } from 'node:events';

import { withDeadline } from '../../../daemon/sources/kuma/deadline';

it('lets many reads wait on one signal: Node would warn of a leak from eleven on', async () => {
  const { signal } = new AbortController();
  const late = () => new Error('too late');
  const next = () => new Promise<void>((done) => setImmediate(done));

  const reads = Array.from({ length: 30 }, () => withDeadline(signal, 1_000, late, next));
  const waiting = getEventListeners(signal, 'abort').length;
  await Promise.all(reads);

  expect(waiting).toBeGreaterThan(10);
  expect(boundOf(signal)).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

/** 0 is no bound. `getMaxListeners` of Node 20 takes no signal that was made in the realm of a test. */
function boundOf(signal: AbortSignal): unknown {
  const mark = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'events.maxEventTargetListeners',
  );
  return mark && (signal as unknown as Record<symbol, unknown>)[mark];
}
