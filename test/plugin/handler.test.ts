import { Buffer } from 'node:buffer';

import { formatSnapshot } from '../../catalog/snapshot';
import { createDecisionCounts } from '../../plugin/mesh-upstream/decision-counts';
import { createHandler, type Handler } from '../../plugin/mesh-upstream/handler';
import { createLog, type Log } from '../../plugin/mesh-upstream/log';
import { Plugin } from '../../plugin/mesh-upstream';
import {
  readServiceTable,
  wholeSource,
  type ServiceTable,
} from '../../plugin/mesh-upstream/service-table';
import { closeSnapshotWatches } from '../../plugin/mesh-upstream/snapshot-watch';
import { fakePdk } from './support/fake-pdk';
import { serviceOf, snapshotOf } from './support/snapshot-of';

const web = serviceOf(
  'web',
  {},
  { port: 80, auto: 'mesh', addresses: { mesh: 'web.svc.mesh.local:80' } },
);
const silent: Log = () => undefined;

async function tableOf(...services: Parameters<typeof snapshotOf>[0]): Promise<ServiceTable> {
  return readServiceTable(wholeSource(Buffer.from(formatSnapshot(snapshotOf(services)))), 'test');
}

function handlerOn(config: object, table: ServiceTable | undefined, log: Log = silent): Handler {
  const watch = () => ({ current: table, firstRead: Promise.resolve() });
  return createHandler({ service: 'orders', ...config }, { watch, log, env: {} });
}

describe('the access handler', () => {
  let table: ServiceTable;
  beforeAll(async () => {
    table = await tableOf(serviceOf('orders'), web);
  });

  it.each<[string, object, readonly [string, ...unknown[]][]]>([
    [
      'one call where Host follows the target',
      { service: 'web' },
      [['setTarget', 'web.svc.mesh.local', 80]],
    ],
    [
      'two with the mesh host name',
      {},
      [
        ['setTarget', '127.0.0.1', 30001],
        ['setHeader', 'Host', 'orders.svc.mesh.local:8080'],
      ],
    ],
    [
      'two with a literal Host',
      { host_header: 'api.example.com' },
      [
        ['setTarget', '127.0.0.1', 30001],
        ['setHeader', 'Host', 'api.example.com'],
      ],
    ],
    [
      "three with the client's Host, port and all",
      { host_header: 'preserve' },
      [
        ['getHeader', 'host'],
        ['setTarget', '127.0.0.1', 30001],
        ['setHeader', 'Host', 'client.example.com:8443'],
      ],
    ],
    ['none where the request passes', { service: 'nobody', on_missing: 'passthrough' }, []],
  ])('makes %s', async (_name, config, expected) => {
    const { kong, calls } = fakePdk({ getHeader: () => 'client.example.com:8443' });

    await handlerOn(config, table).access(kong);

    expect(calls.map(({ method, args }) => [method, ...args])).toEqual(expected);
  });

  it('takes the mesh host name where the client sent no Host', async () => {
    const { kong, calls } = fakePdk({ getHeader: () => undefined });

    await handlerOn({ host_header: 'preserve' }, table).access(kong);

    expect(calls.at(-1)?.args).toEqual(['Host', 'orders.svc.mesh.local:8080']);
  });

  it('answers 503 with a body that names service and reason', async () => {
    const { kong, calls } = fakePdk();

    await handlerOn({ service: 'nobody' }, table).access(kong);

    expect(calls).toEqual([
      {
        method: 'exit',
        args: [
          503,
          {
            message: 'The mesh has no service nobody.',
            code: 'UPSTREAM_SERVICE_UNKNOWN',
            reason: 'unknown-service',
            service: 'nobody',
          },
          { 'X-Mesh-Upstream': 'unknown-service' },
        ],
      },
    ]);
  });

  it.each<[string, unknown]>([
    ['no config at all', undefined],
    ['a config without a service', {}],
    ['a service that is no reference', { service: 'a b' }],
    ['an address form there is not', { service: 'orders', address: 'pod' }],
  ])('answers 503 on %s', async (_name, raw) => {
    const { kong, calls } = fakePdk();

    await createHandler(raw, { log: silent, env: {} }).access(kong);

    expect(calls[0]).toMatchObject({
      method: 'exit',
      args: [503, { reason: 'invalid-config' }, {}],
    });
  });

  it.each(['setTarget', 'setHeader'])(
    'answers 503 when %s fails, and does not throw',
    async (name) => {
      const { kong, calls } = fakePdk({
        [name]: () => {
          throw new Error('refused');
        },
      });

      await expect(handlerOn({}, table).access(kong)).resolves.toBeUndefined();

      expect(calls.at(-1)).toMatchObject({
        method: 'exit',
        args: [503, { reason: 'internal-error' }, {}],
      });
    },
  );

  it('does not even throw when nothing works', async () => {
    const broken = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no kong');
        },
      },
    );

    await expect(handlerOn({}, table).access(broken as never)).resolves.toBeUndefined();
  });

  it('answers 503 from a lookup that breaks', async () => {
    const breaking = {
      hash: 'x',
      size: 1,
      retire: () => undefined,
      trustMs: undefined,
      renewed: false,
      find: () => {
        throw new Error('corrupt');
      },
    };
    const { kong, calls } = fakePdk();

    await handlerOn({}, breaking).access(kong);

    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      method: 'exit',
      args: [503, { reason: 'internal-error' }, {}],
    });
  });

  it('decides anew when the snapshot changes, and only then', async () => {
    let lookups = 0;
    const counting = (inner: ServiceTable): ServiceTable => ({
      ...inner,
      find: (reference) => {
        lookups += 1;
        return inner.find(reference);
      },
    });
    let current = counting(table);
    const watch = () => ({
      get current() {
        return current;
      },
      firstRead: Promise.resolve(),
    });
    const handler = createHandler({ service: 'orders' }, { watch, log: silent, env: {} });
    const { kong, calls } = fakePdk();

    await handler.access(kong);
    await handler.access(kong);
    current = counting(
      await tableOf(serviceOf('orders', {}, { addresses: { outbound: '127.0.0.1:30077' } })),
    );
    await handler.access(kong);

    expect(lookups).toBe(2);
    const targets = calls.filter(({ method }) => method === 'setTarget');
    expect(targets.map(({ args }) => args[1])).toEqual([30001, 30001, 30077]);
  });

  it('waits for the first read, then answers', async () => {
    const read: { current?: ServiceTable; finish?: () => void } = {};
    const firstRead = new Promise<void>((resolve) => {
      read.finish = resolve;
    });
    const watch = () => ({
      get current() {
        return read.current;
      },
      firstRead,
    });
    const handler = createHandler({ service: 'web' }, { watch, log: silent, env: {} });
    const { kong, calls } = fakePdk();

    const access = handler.access(kong);
    read.current = table;
    read.finish?.();
    await access;

    expect(calls.map(({ method }) => method)).toEqual(['setTarget']);
  });

  it('does not wait for ever for a first read that hangs', async () => {
    const watch = () => ({ current: undefined, firstRead: new Promise<void>(() => undefined) });
    const handler = createHandler({ service: 'web' }, { watch, log: silent, env: {} });
    const { kong, calls } = fakePdk();

    await handler.access(kong);

    expect(calls[0]).toMatchObject({ method: 'exit', args: [503, { reason: 'no-snapshot' }, {}] });
  });

  it('logs a rejection once, however many requests and instances meet it', async () => {
    const lines: string[] = [];
    const log = createLog(
      (line) => lines.push(line),
      () => 0,
    );
    const instances = [1, 2, 3].map(() => handlerOn({ service: 'nobody' }, table, log));

    for (const instance of instances) {
      for (let request = 0; request < 5; request += 1) await instance.access(fakePdk().kong);
    }

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'warn',
      code: 'UPSTREAM_SERVICE_UNKNOWN',
      outcome: 'rejected',
    });
  });

  it('reads the path of the environment where the config names none', async () => {
    const paths: string[] = [];
    const watch = (path: string) => {
      paths.push(path);
      return { current: table, firstRead: Promise.resolve() };
    };

    createHandler({ service: 'a' }, { watch, log: silent, env: {} });
    createHandler(
      { service: 'a' },
      { watch, log: silent, env: { KONG_MESHD_SNAPSHOT: '/env.json' } },
    );
    createHandler(
      { service: 'a', snapshot: '/own.json' },
      { watch, log: silent, env: { KONG_MESHD_SNAPSHOT: '/env.json' } },
    );

    expect(paths).toEqual(['/var/lib/kong-meshd/catalog.json', '/env.json', '/own.json']);
  });
});

describe('Plugin', () => {
  afterAll(closeSnapshotWatches);

  it('rejects where the snapshot file does not exist', async () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const plugin = new Plugin({
      service: 'orders',
      snapshot: '/nonexistent/kong-meshd/catalog.json',
    });
    const { kong, calls } = fakePdk();

    await plugin.access(kong);

    write.mockRestore();
    expect(calls[0]).toMatchObject({
      method: 'exit',
      args: [503, { reason: 'no-snapshot', service: 'orders' }, {}],
    });
  });
});

describe('what became of requests', () => {
  const down = serviceOf('down', { availability: 'unavailable' });
  let table: ServiceTable;
  beforeAll(async () => {
    table = await tableOf(serviceOf('orders'), web, down);
  });

  async function countsOf(
    raw: object,
    requests: number,
    results: Readonly<Record<string, () => unknown>> = {},
  ): Promise<readonly object[]> {
    const counts = createDecisionCounts();
    const watch = () => ({ current: table, firstRead: Promise.resolve() });
    const handler = createHandler(raw, { watch, counts, log: silent, env: {} });
    for (let n = 0; n < requests; n += 1) await handler.access(fakePdk(results).kong);
    return counts.all().filter(({ count }) => count > 0);
  }
  const refuse = (): never => {
    throw new Error('the request is over');
  };

  it.each<[string, object, object]>([
    [
      'a request that is sent',
      { service: 'orders' },
      { result: 'sent', reason: '', service: 'orders' },
    ],
    [
      'one that goes to the fallback of a missing service',
      { service: 'nobody', fallback: 'orders' },
      { result: 'fallback', reason: 'unknown-service', service: 'orders' },
    ],
    [
      'one that goes to the fallback of an unavailable service',
      { service: 'down', fallback: 'orders' },
      { result: 'fallback', reason: 'unavailable', service: 'orders' },
    ],
    [
      'one that passes',
      { service: 'nobody', on_missing: 'passthrough' },
      { result: 'passthrough', reason: 'unknown-service' },
    ],
    [
      'one that is turned away',
      { service: 'nobody' },
      { result: 'rejected', reason: 'unknown-service' },
    ],
    [
      'one for a port there is not',
      { service: 'orders', port: '1' },
      { result: 'rejected', reason: 'unknown-port' },
    ],
    [
      'one with a config that is none',
      { service: 'a b' },
      { result: 'rejected', reason: 'invalid-config' },
    ],
  ])('counts %s, once each time', async (_name, config, expected) => {
    expect(await countsOf(config, 3)).toEqual([{ ...expected, count: 3 }]);
  });

  it('counts a fault of the plugin as what it ends in', async () => {
    expect(await countsOf({ service: 'orders' }, 2, { setTarget: refuse })).toEqual([
      { result: 'rejected', reason: 'internal-error', count: 2 },
    ]);
  });

  it('counts nothing that Kong has left behind', async () => {
    expect(await countsOf({ service: 'orders' }, 2, { setTarget: refuse, exit: refuse })).toEqual(
      [],
    );
  });
});
