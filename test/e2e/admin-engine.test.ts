/**
 * The engine against a Kong with a database: the stand-in, or with E2E_KONG_ADMIN a real one that has
 * a database. It touches only what carries its own tag, and takes that away at the end.
 */
import { parseKongConfig } from '../../daemon/kong/parse';
import type { KongState } from '../../daemon/kong/model';
import { diff } from '../../daemon/plan/diff';
import { createAdminTarget, type AdminTarget } from '../../daemon/targets/kong-admin/admin-target';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';

const tag = 'kong-meshd-e2e';
const never = new AbortController().signal;

const shop = `
_format_version: "3.0"
services:
  - name: e2e-orders
    host: e2e-orders-upstream
    routes:
      - { name: e2e-orders, paths: [/e2e/orders], tags: [shop] }
    plugins:
      - { name: rate-limiting, config: { minute: 100, policy: local } }
upstreams:
  - name: e2e-orders-upstream
    targets: [{ target: "10.9.9.1:80" }, { target: "10.9.9.2:80", weight: 50 }]
consumers:
  - username: e2e-ada
    keyauth_credentials: [{ key: e2e-key-of-ada }]
    acls: [{ group: e2e-shop }]
`;

describe('the engine on a Kong with a database', () => {
  let url: string;
  let stop = async (): Promise<void> => undefined;
  const targets: AdminTarget[] = [];

  beforeAll(async () => {
    const named = process.env['E2E_KONG_ADMIN'];
    if (named !== undefined && (await databaseOf(named)) !== 'off') {
      url = named;
      return;
    }
    const server = await startAdmin({ mode: 'db' });
    url = server.url;
    stop = () => server.stop();
  });

  afterAll(async () => {
    await bring('_format_version: "3.0"\n');
    for (const target of targets) target.close();
    await stop();
  });

  /** A target of its own each time, as each run of the command has: nothing is remembered. */
  async function bring(text: string) {
    const target = createAdminTarget({ url, selectTags: [tag], ownerTag: 'kong-meshd' });
    targets.push(target);
    const desired = await target.canonicalise(stateOf(text), never);
    const plan = diff(await target.read(never), desired);
    const report = await target.apply(plan, desired, never);
    return { plan, report };
  }

  it('brings everything there, and then has nothing left to do', async () => {
    const first = await bring(shop);
    const second = await bring(shop);

    expect(first.report.failures).toEqual([]);
    expect(first.plan.summary.creating).toBe(9);
    expect(second.plan.changes).toEqual([]);
  });

  it('changes what changed and nothing else', async () => {
    await bring(shop);

    const { plan, report } = await bring(shop.replace('weight: 50', 'weight: 60'));

    expect(report.failures).toEqual([]);
    expect(plan.changes).toMatchObject([{ op: 'update', next: { type: 'targets' } }]);
    expect((await bring(shop.replace('weight: 50', 'weight: 60'))).plan.changes).toEqual([]);
  });

  it('leaves alone what somebody else has, and says who', async () => {
    const mine = `
_format_version: "3.0"
services: [{ name: e2e-theirs, host: mine }, { name: e2e-mine, host: mine }]
`;
    const theirs = await send('PUT', '/services/e2e-theirs', { host: 'theirs', tags: ['other'] });

    try {
      const { report } = await bring(mine);
      const still = await send('GET', '/services/e2e-theirs');

      expect(report.failures.map(({ code }) => code)).toEqual(['KONG_NAME_TAKEN']);
      expect(still).toMatchObject({ id: theirs.id, host: 'theirs', tags: ['other'] });
      expect(await send('GET', '/services/e2e-mine')).toMatchObject({ host: 'mine' });
    } finally {
      await send('DELETE', '/services/e2e-theirs');
    }
  });

  async function send(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(10_000),
      ...(body && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }
});

function stateOf(text: string): KongState {
  const { state, failures } = parseKongConfig([{ path: 'kong.yml', text }], { env: {} });
  expect(failures).toEqual([]);
  return state;
}

async function databaseOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const { configuration } = (await response.json()) as { configuration: { database: string } };
  return configuration.database;
}
