/** A term, and signals that know that its time is over before any timer does. */
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { underTerm } from '../../../daemon/election/live-signal';
import { startTerm, type Term } from '../../../daemon/election/term';

const never = new AbortController().signal;
const over = new Error('the term is over');
let nowMs: number;

beforeEach(() => {
  nowMs = 0;
});

/** Its timer is due long after the clock says that it is over. */
function termOf(ms: number): Term {
  return startTerm(
    () => ms - nowMs,
    () => over,
  );
}

it('is over when the clock says so, though its timer is not due', () => {
  const { signal } = termOf(60_000);
  const heard = jest.fn();
  signal.addEventListener('abort', heard);
  expect(signal.aborted).toBe(false);

  nowMs = 60_000;

  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBe(over);
  expect(heard).toHaveBeenCalledTimes(1);
});

it('throws its reason where it is asked to', () => {
  const { signal } = termOf(60_000);
  signal.throwIfAborted();

  nowMs = 60_000;

  expect(() => signal.throwIfAborted()).toThrow(over);
});

it('ends by its timer where nobody asks', async () => {
  const { signal } = startTerm(
    () => 20 - nowMs,
    () => over,
  );
  const ended = new Promise((resolve) => signal.addEventListener('abort', resolve));

  nowMs = 20;
  await ended;

  expect(signal.reason).toBe(over);
});

it('lasts longer when it is extended', async () => {
  let remaining = 20;
  const term = startTerm(
    () => remaining,
    () => over,
  );

  remaining = 10_000;
  term.extend(remaining);
  await new Promise((resolve) => setTimeout(resolve, 60));

  expect(term.signal.aborted).toBe(false);
  term.end(over);
  expect(term.signal.aborted).toBe(true);
});

describe('work under a term', () => {
  it('does not begin when it is over', async () => {
    const work = jest.fn();
    const { signal } = termOf(0);

    await expect(underTerm(signal, never, work)).rejects.toBe(over);

    expect(work).not.toHaveBeenCalled();
  });

  it('is told in the middle, by whatever it asks first', async () => {
    const asked: boolean[] = [];
    const { signal } = termOf(100);

    const working = underTerm(signal, never, async (joined) => {
      asked.push(joined.aborted);
      nowMs = 100;
      asked.push(joined.aborted);
      await Promise.resolve();
      joined.throwIfAborted();
    });

    await expect(working).rejects.toBe(over);
    expect(asked).toEqual([false, true]);
  });

  it('ends with its parent too', async () => {
    const parent = new AbortController();
    const reason = new Error('the daemon ends');

    const working = underTerm(termOf(60_000).signal, parent.signal, async (joined) => {
      parent.abort(reason);
      joined.throwIfAborted();
      return Promise.resolve();
    });

    await expect(working).rejects.toBe(reason);
  });

  it('leaves nothing under way, and nothing that listens', async () => {
    const term = termOf(60_000);
    let late: AbortSignal | undefined;

    await underTerm(term.signal, never, async (joined) => {
      late = joined;
      return Promise.resolve();
    });

    expect(late?.aborted).toBe(true);
    expect(term.signal.aborted).toBe(false);
  });

  describe('that sends requests', () => {
    let server: Server;
    let requests: number;

    beforeEach(async () => {
      requests = 0;
      server = createServer((_request, response) => {
        requests += 1;
        response.end('ok');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });

    afterEach(() => server.close());

    it('sends none after its time, though no timer has run in between', async () => {
      const { port } = server.address() as AddressInfo;
      const { signal } = termOf(100);
      const request = (joined: AbortSignal) =>
        new Promise((resolve, reject) => {
          get({ host: '127.0.0.1', port, signal: joined, agent: false }, resolve).on(
            'error',
            reject,
          );
        });

      const working = underTerm(signal, never, async (joined) => {
        await request(joined);
        // As after a night's sleep: the answer is there, and the next request would follow at once.
        nowMs = 100;
        await request(joined);
      });

      await expect(working).rejects.toMatchObject({ name: 'AbortError' });
      expect(requests).toBe(1);
    });
  });
});
