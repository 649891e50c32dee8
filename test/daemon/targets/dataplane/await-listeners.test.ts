import { createServer, type Server } from 'node:net';
import { once } from 'node:events';

import {
  awaitByConnecting,
  awaitThroughControlPlane,
} from '../../../../daemon/targets/dataplane/await-listeners';
import type { DataplaneApi, ProxyState } from '../../../../daemon/targets/dataplane/dataplane-api';
import {
  isHere,
  listeningPlaces,
  takenPlaces,
} from '../../../../daemon/targets/dataplane/local-ports';
import { outbound } from './build';

const online: ProxyState = { online: true, stream: 's1', carriesFile: false, acknowledged: 4 };
const signal = AbortSignal.timeout(20_000);
const orders = outbound(30_000, 'orders');
const billing = outbound(30_001, 'billing');

/** Answers look after look; the last answer stays. */
function api(
  proxies: readonly (ProxyState | undefined)[],
  told?: readonly (readonly string[])[],
  live?: readonly (readonly string[])[],
): DataplaneApi & { looks: number } {
  const next = <T>(values: readonly T[], index: number): T =>
    values[Math.min(index, values.length - 1)]!;
  let looks = 0;
  return {
    url: 'http://cp',
    read: async () => undefined,
    write: async () => 'stored',
    proxy: async () => next(proxies, looks++),
    live: async () => live && new Set(next(live, looks - 1)),
    refreshMs: async () => undefined,
    listeners: async () => told && new Set(next(told, looks - 1)),
    get looks() {
      return looks;
    },
  };
}

function through(parts: {
  api: DataplaneApi;
  before?: ProxyState;
  waitForMs?: number;
  settleMs?: number;
}) {
  const { before, waitForMs = 2_000, settleMs = 1_000 } = parts;
  return awaitThroughControlPlane(
    {
      api: parts.api,
      name: 'kong-01',
      outbounds: [orders, billing],
      waitForMs,
      settleMs,
      pollMs: 5,
      before,
    },
    signal,
  );
}

describe('through the control plane', () => {
  const both = ['127.0.0.1:30000', '127.0.0.1:30001'];

  it('ends with the next acknowledgement of listeners', async () => {
    const acknowledged = { ...online, acknowledged: 5 };
    const fake = api([online, online, acknowledged], [both]);

    const awaited = await through({
      api: fake,
      before: online,
      settleMs: 60_000,
      waitForMs: 60_000,
    });

    expect(awaited).toEqual({ listening: [orders, billing], silent: [], offline: false });
    expect(fake.looks).toBe(3);
  });

  it('ends with the first acknowledgement of a new stream, not with its start', async () => {
    const started = { ...online, stream: 's2', acknowledged: undefined };
    const fake = api([started, started, { ...started, acknowledged: 1 }], [both]);

    await through({ api: fake, before: online, settleMs: 60_000, waitForMs: 60_000 });

    expect(fake.looks).toBe(3);
  });

  it('takes the settling time where nothing is counted', async () => {
    const uncounted = { ...online, acknowledged: undefined };
    const fake = api([uncounted]);

    const awaited = await through({ api: fake, before: uncounted, settleMs: 50 });

    expect(awaited.listening).toEqual([orders, billing]);
    expect(fake.looks).toBeGreaterThan(1);
  });

  it('knows what the proxy is not told at all', async () => {
    const awaited = await through({
      api: api([{ ...online, acknowledged: 5 }], [['127.0.0.1:30000']]),
      before: online,
      settleMs: 50,
    });

    expect(awaited).toEqual({ listening: [orders], silent: [billing], offline: false });
  });

  it('waits for what Envoy itself says where that can be asked, whatever was computed', async () => {
    const first = both.slice(0, 1);
    const fake = api([{ ...online, acknowledged: 5 }], [both], [[], first, first, both]);

    const awaited = await through({ api: fake, before: online, settleMs: 1 });

    expect(awaited).toEqual({ listening: [orders, billing], silent: [], offline: false });
    expect(fake.looks).toBe(4);
  });

  it('does not wait for what is not told, where Envoy can be asked as well', async () => {
    const first = both.slice(0, 1);
    const fake = api([online], [first], [first]);

    const awaited = await through({ api: fake, settleMs: 20, waitForMs: 60_000 });

    expect(awaited).toEqual({ listening: [orders], silent: [billing], offline: false });
  });

  it.each([
    ['not connected', { ...online, online: false }],
    ['not known', undefined],
  ])('gives up on a proxy that is %s', async (_name, state) => {
    const awaited = await through({ api: api([state]), waitForMs: 30 });

    expect(awaited).toEqual({ listening: [], silent: [orders, billing], offline: true });
  });

  it('ends when it is aborted', async () => {
    const aborting = new AbortController();
    const waiting = awaitThroughControlPlane(
      {
        api: api([{ ...online, online: false }]),
        name: 'kong-01',
        outbounds: [orders],
        waitForMs: 60_000,
        settleMs: 60_000,
        pollMs: 60_000,
        before: undefined,
      },
      aborting.signal,
    );

    aborting.abort();

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('on this host', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as { port: number }).port;
  });

  afterEach(() => {
    server.close();
  });

  it('tells what listens from what does not', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const free = { address: '127.0.0.1', port: (closed.address() as { port: number }).port };
    closed.close();
    await once(closed, 'close');
    const taken = { address: '127.0.0.1', port };

    expect(await takenPlaces([free, taken], signal)).toEqual([taken]);
    expect(await listeningPlaces([free, taken], signal)).toEqual([taken]);
  });

  it('takes an address of another host for free, as it cannot be told', async () => {
    expect(await takenPlaces([{ address: '192.0.2.1', port }], signal)).toEqual([]);
  });

  it('waits no longer than told, and says whether the sidecar runs', async () => {
    const silent = outbound(1, 'orders');
    const heard = outbound(port, 'billing');

    const awaited = await awaitByConnecting(
      {
        api: api([online]),
        name: 'kong-01',
        outbounds: [silent, heard],
        waitForMs: 30,
        settleMs: 20_000,
        pollMs: 5,
      },
      signal,
    );

    expect(awaited).toEqual({ listening: [heard], silent: [silent], offline: false });
  });

  it('does not wait for what the sidecar is not told of once it has had the time to be', async () => {
    const silent = outbound(1, 'gone-since');
    const heard = outbound(port, 'billing');
    const told = api([online], [[`127.0.0.1:${String(port)}`]]);

    const awaited = await awaitByConnecting(
      {
        api: told,
        name: 'kong-01',
        outbounds: [silent, heard],
        // Waited for to its end, the test would time out.
        waitForMs: 600_000,
        settleMs: 20,
        pollMs: 5,
      },
      signal,
    );

    expect(awaited).toEqual({ listening: [heard], silent: [silent], offline: false });
  });

  it('waits for the others all the same', async () => {
    const gone = outbound(1, 'gone-since');
    const slow = outbound(port, 'billing');
    let asked = 0;
    server.close();
    await once(server, 'close');
    const told: DataplaneApi = {
      ...api([online]),
      listeners: async () => {
        asked += 1;
        if (asked === 2) server.listen(port, '127.0.0.1');
        return new Set([`127.0.0.1:${String(port)}`]);
      },
    };

    const awaited = await awaitByConnecting(
      {
        api: told,
        name: 'kong-01',
        outbounds: [gone, slow],
        waitForMs: 15_000,
        settleMs: 10,
        pollMs: 5,
      },
      signal,
    );

    expect(awaited).toEqual({ listening: [slow], silent: [gone], offline: false });
  });

  it('goes on waiting for what the sidecar is told of', async () => {
    const slow = outbound(1, 'orders');
    let asked = 0;
    const told: DataplaneApi = {
      ...api([online]),
      listeners: async () => {
        asked += 1;
        return new Set(['127.0.0.1:1']);
      },
    };

    const awaited = await awaitByConnecting(
      {
        api: told,
        name: 'kong-01',
        outbounds: [slow],
        waitForMs: 200,
        settleMs: 5,
        pollMs: 5,
      },
      signal,
    );

    expect(awaited.silent).toEqual([slow]);
    expect(asked).toBeGreaterThan(1);
  });
});

test.each([
  ['127.0.0.5', true],
  ['::1', true],
  ['192.0.2.1', false],
  ['kong.internal', false],
])('%s is here: %s', (address, expected) => {
  expect(isHere(address)).toBe(expected);
});
