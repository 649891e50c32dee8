/** What one caller can cost the server that everybody looks at. */
import { request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

import type { CallerLimits } from '../../http-server/bound-callers';
import { listenOnAddress } from '../../http-server/listen';
import { closeServer, createReadOnlyServer, send } from '../../http-server/read-only-server';
import { sharedBody } from '../../http-server/shared-body';
import { until } from '../support/until';

const large = Buffer.alloc(16 * 1024 * 1024, 'x');
let server: Server;
let made: number;
const sockets: Socket[] = [];

async function serve(limits: Partial<CallerLimits> = {}): Promise<void> {
  made = 0;
  server = createReadOnlyServer({
    routes: {
      '/large': (response) => {
        made += 1;
        send(response, 200, 'text/plain', large);
      },
      '/small': (response) => {
        made += 1;
        send(response, 200, 'text/plain', `${made}\n`);
      },
    },
    mayCall: () => true,
    hostSetting: 'nothing',
    limits,
  });
  await listenOnAddress(server, { host: '127.0.0.1', port: 0 });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await closeServer(server);
});

const port = (): number => (server.address() as AddressInfo).port;

async function open(): Promise<Socket & { ended?: boolean }> {
  const socket: Socket & { ended?: boolean } = connect(port(), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => (socket.ended = true));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

function ask(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: port(), host: '127.0.0.1', path, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject).end();
  });
}

const line = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

it('makes one answer at a time for a caller that asks often and never reads', async () => {
  await serve();
  const greedy = await open();
  greedy.pause();
  greedy.write(line('/large').repeat(10));

  await until(() => expect(made).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(made).toBe(1);
  expect(await ask('/small')).toBe(200);
});

it('ends the connection of a caller that sends more requests than may wait', async () => {
  await serve();
  const greedy = await open();
  greedy.pause();
  greedy.write(line('/large').repeat(2_000));

  greedy.resume();
  await until(() => expect(greedy.ended).toBe(true));

  expect(made).toBeLessThanOrEqual(17);
});

it('ends an answer that is not read in its time', async () => {
  await serve({ answerMs: 150 });
  const slow = await open();
  slow.pause();
  slow.write(line('/large'));
  await until(() => expect(made).toBe(1));

  await until(async () => {
    const count = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
    expect(count).toBe(0);
  });
});

it('answers requests that were sent together one after the other, in their order', async () => {
  await serve();
  const socket = await open();
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));

  socket.write(line('/small').repeat(10));
  await until(() => expect(answer).toContain('\r\n\r\n10\n'));

  expect([...answer.matchAll(/\r\n\r\n(\d+)\n/g)].map(([, n]) => Number(n))).toEqual([
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  ]);
});

it('leaves connections to others when one address takes all that it may have', async () => {
  await serve({ perAddress: 3 });
  const held = [await open(), await open(), await open()];

  const further = await open();
  await until(() => expect(further.ended).toBe(true));
  held[0]?.destroy();
  await until(async () => expect(await ask('/small')).toBe(200));

  expect(held.slice(1).some(({ ended }) => ended)).toBe(false);
});

describe('a shared body', () => {
  it('is made once for all who ask at the same time, and anew for what has changed', async () => {
    let version = 1;
    let count = 0;
    const body = sharedBody({ of: () => version, maxAgeMs: 60_000 }, () => ({ count: ++count }));

    const together = await Promise.all([body(), body(), body()]);
    version = 2;
    const after = await body();

    expect(new Set(together).size).toBe(1);
    expect([together[0].count, after.count]).toEqual([1, 2]);
  });

  it('is tried again where it could not be made', async () => {
    let fails = true;
    const body = sharedBody({ of: () => 1, maxAgeMs: 60_000 }, () => {
      if (fails) throw new Error('not now');
      return 'made';
    });

    await expect(body()).rejects.toThrow('not now');
    fails = false;
    await expect(body()).resolves.toBe('made');
  });

  it('grows old', async () => {
    let count = 0;
    const body = sharedBody({ of: () => 1, maxAgeMs: 0 }, () => ++count);

    expect([await body(), await body()]).toEqual([1, 2]);
  });
});
