import { getEventListeners, getMaxListeners } from 'node:events';

import { withDeadline } from '../../../daemon/sources/kuma/deadline';

it('lets many reads wait on one signal: Node would warn of a leak from eleven on', async () => {
  const { signal } = new AbortController();
  const late = () => new Error('too late');
  const next = () => new Promise<void>((done) => setImmediate(done));

  const reads = Array.from({ length: 30 }, () => withDeadline(signal, 1_000, late, next));
  const waiting = getEventListeners(signal, 'abort').length;
  // 0 is no bound.
  const bound = getMaxListeners(signal) || Infinity;
  await Promise.all(reads);

  expect(waiting).toBeGreaterThan(10);
  expect(bound).toBeGreaterThanOrEqual(waiting);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
