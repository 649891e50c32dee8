import { writeFile } from 'node:fs/promises';

import { openDatabaseShop, type DatabaseShop } from './support/database-shop';
import { openShop, type Shop } from './support/shop';

/** Right as far as can be told without asking: only Kong knows its plugins. */
const onlyKongKnows = `_format_version: '3.0'
services:
  - name: orders
    host: orders.internal
    routes:
      - name: orders
        paths: [/orders]
        plugins:
          - name: rate-limiting
            config:
              minute: lots
              policy: nowhere
  - name: crm
    host: crm.internal
    plugins:
      - name: not-installed
consumers:
  - username: ann
    keyauth_credentials: [{ key: ann-has-a-key }]
`;

describe.each([
  ['without a database', (): Promise<Shop> => openShop()],
  ['with a database', (): Promise<DatabaseShop> => openDatabaseShop()],
])('validate --online with a Kong %s', (_name, open) => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await open();
  });

  afterEach(() => shop.stop());

  it('finds all that Kong would refuse in one run, each with its place', async () => {
    await writeFile(shop.kongFile, onlyKongKnows);

    const offline = await shop.run('validate');
    const { code, out } = await shop.run('validate', '--online', '--json');

    const { findings } = JSON.parse(out) as { findings: { code: string; message: string }[] };
    expect([offline.code, code]).toEqual([0, 1]);
    expect(findings).toEqual(
      [
        ['plugin not-installed on service crm', 'name', 16, /not-installed/],
        ['plugin rate-limiting on route orders', 'config.minute', 11, /expected a number/],
        ['plugin rate-limiting on route orders', 'config.policy', 12, /expected one of: local/],
      ].map(([entity, what, line, reason]) =>
        expect.objectContaining({
          code: 'KONG_SCHEMA_REFUSED',
          entity,
          message: expect.stringMatching(
            new RegExp(`^Kong would refuse ${String(what)}: .*${(reason as RegExp).source}`),
          ) as unknown,
          place: expect.objectContaining({ file: shop.kongFile, line }) as unknown,
        }),
      ),
    );
  });

  it('names the items of a list that Kong means', async () => {
    await writeFile(
      shop.kongFile,
      `_format_version: "3.0"
services:
  - name: crm
    host: crm.internal
    routes:
      - name: crm
        methods: [GET, get]
        paths:
          - /a
          - bad
          - /c
          - worse
        plugins: [{ name: cors, config: { methods: [GET, FOO] } }]
`,
    );

    const { out } = await shop.run('validate', '--online', '--json');

    const { findings } = JSON.parse(out) as {
      findings: { message: string; place: { line: number } }[];
    };
    const named = findings.map(({ message, place }) => [
      /refuse (\S+): /.exec(message)?.[1],
      place.line,
    ]);
    expect(named).toEqual([
      ['methods[1]', 7],
      ['paths[1]', 10],
      ['paths[3]', 12],
      // Of a nested list Kong's sentence does not say which.
      ['config.methods', 13],
    ]);
  });

  it('finds nothing in what Kong takes, and changes nothing', async () => {
    const before = await shop.live();

    const { code, out, err } = await shop.run('validate', '--online');

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/entities checked: no findings\n$/);
    expect(await shop.live()).toEqual(before);
  });
});

describe('validate --online', () => {
  let shop: DatabaseShop;

  beforeEach(async () => {
    shop = await openDatabaseShop();
  });

  afterEach(() => shop.stop());

  it('asks once for every entity, and for nothing else', async () => {
    shop.admin.requests.clear();

    await shop.run('validate', '--online');

    const asked = shop.admin.requests.list();
    expect(asked.every(({ method, path }) => method === 'POST' && path.endsWith('/validate'))).toBe(
      true,
    );
    expect(asked).toHaveLength(7);
  });

  it('says so where Kong cannot be asked, beside what it found by itself', async () => {
    await shop.admin.stop();
    await writeFile(
      shop.kongFile,
      "{ _format_version: '3.0', services: [{ name: a, host: h, port: 99999 }] }",
    );

    const { code, err } = await shop.run('validate', '--online');

    expect(code).toBe(1);
    expect(err).toMatch(/KONG_UNREACHABLE/);
    expect(err).toMatch(/99999|65535/);
  });
});
