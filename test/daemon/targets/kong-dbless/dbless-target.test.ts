import { request } from 'node:http';

import { diff } from '../../../../daemon/plan/diff';
import {
  createDblessTarget,
  type DblessOptions,
  type DblessTarget,
} from '../../../../daemon/targets/kong-dbless/dbless-target';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import { quick, startDblessPlace } from '../../../contract/dbless-place';
import {
  bring,
  parse,
  testKongTarget,
  testRefusedGuards,
} from '../../../contract/kong-target.contract';
import { testKeepGuards } from '../../../contract/keep-guards.contract';
import { testNoNoise } from '../../../contract/no-noise.contract';

type Admin = Awaited<ReturnType<typeof startAdmin>>;

const never = new AbortController().signal;
const orders = `
_format_version: "3.0"
services:
  - name: orders
    host: orders.mesh
    routes: [{ name: orders, paths: [/orders] }]
`;

testKongTarget(startDblessPlace);
testRefusedGuards(startDblessPlace);
testKeepGuards(startDblessPlace);
testNoNoise(startDblessPlace);

describe('DB-less target', () => {
  let admin: Admin;
  let target: DblessTarget;

  beforeEach(async () => {
    admin = await startAdmin({ mode: 'dbless' });
  });
  afterEach(async () => {
    target.close();
    await admin.stop();
  });

  function create(options: Partial<DblessOptions> = {}): DblessTarget {
    target = createDblessTarget({ url: admin.url, ...quick, ...options });
    return target;
  }

  const pushes = () => callsTo('POST /config');
  const callsTo = (prefix: string) =>
    admin.requests.list().filter(({ method, path }) => `${method} ${path}`.startsWith(prefix))
      .length;

  it('leaves out what Kong refuses, with its dependants, and names the file', async () => {
    create();

    const report = await bring(
      target,
      `${orders}  - name: bad
    host: bad.mesh
    port: 99999
    routes: [{ name: bad, paths: [/bad] }]
`,
    );

    expect(report.state.entities.map(({ type, key }) => `${type} ${key}`)).toEqual([
      'services orders',
      'routes orders',
    ]);
    expect(report.applied.summary).toEqual({ creating: 2, updating: 0, deleting: 0 });
    expect(report.failures).toEqual([
      expect.objectContaining({
        code: 'KONG_ENTITY_REFUSED',
        entity: 'service bad',
        message: expect.stringContaining('port: value should be between 0 and 65535') as string,
        place: expect.objectContaining({ file: 'kong.yml', line: 7 }) as object,
      }),
      expect.objectContaining({ code: 'KONG_ENTITY_LEFT_OUT', entity: 'route bad' }),
    ]);
  });

  it('says what was refused where nothing else is left, and leaves the node as it is', async () => {
    create();
    const bad = orders.replace('host: orders.mesh', 'host: "a b"');

    const report = await bring(target, bad);

    expect(report.writes).toBe(0);
    expect(report.failures.map(({ code, entity }) => `${code} ${entity}`)).toEqual([
      'KONG_ENTITY_REFUSED service orders',
      'KONG_ENTITY_LEFT_OUT route orders',
    ]);
    expect((await bring(target, bad)).failures).toEqual(report.failures);
    await bring(target, orders);
    expect((await bring(target, bad)).state.entities).toHaveLength(2);
  });

  it('does not send again what was refused while nothing changes, and reports it all the same', async () => {
    let nowMs = 0;
    create({ now: () => nowMs });
    const bad = `${orders}  - { name: bad, host: bad.mesh, port: 99999 }\n`;
    await bring(target, bad);
    const sent = pushes();

    const again = await bring(target, bad);
    const sentAgain = pushes();
    nowMs = 31_000;
    await bring(target, bad);

    expect(again.failures.map(({ code }) => code)).toEqual(['KONG_ENTITY_REFUSED']);
    expect(again.writes).toBe(0);
    expect(sentAgain).toBe(sent);
    expect(pushes()).toBeGreaterThan(sent);
  });

  it('blames no entity for a node that is out of order, and sends again at once when it is not', async () => {
    create();
    await bring(target, orders);
    const more = `${orders}  - { name: more, host: more.mesh, port: 80 }\n`;
    const match = { method: 'POST', path: '/config' };
    admin.faults.add({ match, status: 500, times: 100, body: { message: 'out of order' } });

    const failing = bring(target, more);
    await expect(failing).rejects.toMatchObject({ code: 'KONG_FAILED' });
    admin.faults.clear();
    const report = await bring(target, more);

    expect(report.failures).toEqual([]);
    expect(report.state.entities.map(({ key }) => key)).toContain('more');
  });

  it.each([
    ['keeps the last valid form', {}, 'KONG_ENTITY_KEPT_BACK', 3],
    ['leaves out what is live where told so', { fallback: 'exclude' }, 'KONG_ENTITY_REFUSED', 1],
  ] as const)('%s of what Kong refuses', async (_, how, code, left) => {
    create(how);
    const both = `${orders}  - { name: users, host: users.mesh }\n`;
    await bring(target, both);

    const report = await bring(
      target,
      both.replace('host: orders.mesh', 'host: orders.mesh\n    port: 99999'),
    );

    expect(report.failures[0]?.code).toBe(code);
    expect(report.state.entities).toHaveLength(left);
  });

  it('never takes a live plugin off for a slip in its settings', async () => {
    create();
    const limited = (minute: string) =>
      orders.replace(
        'paths: [/orders] }',
        `paths: [/orders], plugins: [{ name: rate-limiting, config: { minute: ${minute} } }] }`,
      );
    await bring(target, limited('5'));

    const report = await bring(target, limited('many'));

    const plugin = report.state.entities.find(({ type }) => type === 'plugins');
    expect(plugin?.fields['config']).toMatchObject({ minute: 5 });
    expect(report.failures).toMatchObject([
      { code: 'KONG_ENTITY_KEPT_BACK', entity: expect.stringContaining('rate-limiting') as string },
    ]);
    expect(report.writes).toBe(0);
  });

  it('asks for schemas once, and for nothing but the status where nothing changes', async () => {
    create();
    const report = await bring(target, orders);
    const desired = parse(orders);
    const before = admin.requests.list().length;

    const again = await target.canonicalise(desired, never);
    const plan = diff(report.state, again);
    await target.probe(never);

    expect(plan.changes).toEqual([]);
    expect(admin.requests.list().length - before).toBe(1);
  });

  it('tells a restart from somebody else’s push', async () => {
    create();
    await bring(target, orders);

    await post(admin.url, orders.replaceAll('orders', 'other'));
    const replaced = [await target.probe(never), target.drift];
    await post(admin.url, '_format_version: "3.0"');
    const lost = [await target.probe(never), target.drift];
    const report = await bring(target, orders);

    expect(replaced).toEqual(['drifted', 'replaced']);
    expect(lost).toEqual(['drifted', 'lost']);
    expect(report.writes).toBe(1);
    expect(target.drift).toBeUndefined();
  });

  it('repairs a node that somebody gave a file with templates in it', async () => {
    create();
    await bring(target, orders);
    const tag = '${{ env "DECK_TAG" }}';
    await post(admin.url, orders.replace('host:', `tags: ['${tag}']\n    host:`));

    const { entities } = await target.read(never);
    const report = await bring(target, orders);

    expect(entities.find(({ type }) => type === 'services')?.fields['tags']).toEqual([tag]);
    expect(report.failures).toEqual([]);
    expect(report.writes).toBe(1);
  });

  it('never pushes an empty document that no plan asked for', async () => {
    create();
    await bring(target, orders);
    const nothing = parse('_format_version: "3.0"\n');

    const work = target.apply(
      { changes: [], summary: { creating: 0, updating: 0, deleting: 0 } },
      nothing,
      never,
    );

    await expect(work).rejects.toMatchObject({ code: 'KONG_EMPTY_CONFIG' });
    expect((await bring(target, '_format_version: "3.0"\n')).writes).toBe(1);
    expect(await target.probe(never)).toBe('same');
  });

  it('says before it pushes that the document is too large', async () => {
    create({ maxBodyBytes: 100 });

    await expect(bring(target, orders)).rejects.toMatchObject({ code: 'KONG_BODY_TOO_LARGE' });
    expect(pushes()).toBe(0);
  });

  it('says when the node does not show what it took', async () => {
    create({ settleMs: 30 });
    const desired = await target.canonicalise(parse(orders), never);
    const plan = diff(await target.read(never), desired);
    admin.faults.add({
      match: { method: 'POST', path: '/config' },
      status: 201,
      body: {},
    });

    const report = await target.apply(plan, desired, never);

    expect(report.failures.map(({ code }) => code)).toEqual(['KONG_CONFIG_NOT_LIVE']);
    expect(await target.probe(never)).toBe('drifted');
  });

  it('compares passwords by the hash that Kong keeps, and never hashes a hash', async () => {
    const alice = `
_format_version: "3.0"
consumers:
  - username: alice
    basicauth_credentials: [{ username: alice, password: dummy }]
`;
    create();
    await bring(target, alice);
    const read = await createDblessTarget({ url: admin.url, ...quick }).read(never);
    const stranger = create();

    const current = await stranger.read(never);
    const kept = { ...(await stranger.canonicalise(parse(orders), never)) };
    const both = { ...kept, entities: [...kept.entities, ...current.entities] };
    await stranger.apply(diff(current, both), both, never);
    const after = await createDblessTarget({ url: admin.url, ...quick }).read(never);

    const passwordOf = (state: typeof read) =>
      state.entities.find(({ type }) => type === 'basicauth_credentials')?.fields['password'];
    expect(passwordOf(read)).toMatch(/^[0-9a-f]{40}$/);
    expect(passwordOf(after)).toBe(passwordOf(read));
  });

  it('sends again what was applied but whose reply was lost', async () => {
    create();
    admin.faults.add({ match: { method: 'POST', path: '/config' }, applied: true, reset: true });

    const report = await bring(target, orders);

    expect(report).toMatchObject({ writes: 1, failures: [] });
    expect(pushes()).toBe(2);
    expect(await target.probe(never)).toBe('same');
  });

  it('looks at the node where the answer to a push is lost without a word', async () => {
    create({ timeoutMs: 50 });
    const match = { method: 'POST', path: '/config' };
    admin.faults.add({ match, applied: true, hang: true, status: 201 });

    const report = await bring(target, orders);

    expect(report).toMatchObject({ writes: 1, failures: [] });
    expect(pushes()).toBe(1);
    expect(await target.probe(never)).toBe('same');
  });

  it('waits for no push of a node that does not even say how it is', async () => {
    create({ timeoutMs: 50 });
    await bring(target, orders);
    admin.faults.add({ match: { method: 'POST', path: '/config' }, hang: true });
    // The first look, before the push, is answered.
    admin.faults.add({ match: { path: '/status' }, delayMs: 0 });
    admin.faults.add({ match: { path: '/status' }, hang: true, times: 10 });

    const work = bring(target, orders.replace('orders.mesh', 'other.mesh'));

    await expect(work).rejects.toMatchObject({ code: 'KONG_TIMEOUT' });
  });

  it.each([
    ['hangs', { hang: true }, 'KONG_TIMEOUT'],
    [
      'wants a token',
      { status: 401, body: { message: 'Invalid credentials' } },
      'KONG_UNAUTHORISED',
    ],
    ['takes smaller bodies only', { status: 413, body: '<html></html>' }, 'KONG_BODY_TOO_LARGE'],
    ['is broken', { status: 502 }, 'KONG_FAILED'],
  ])('keeps the old state where the node %s', async (_name, fault, code) => {
    create({ pushTimeoutMs: 100 });
    await bring(target, orders);
    admin.faults.add({ match: { method: 'POST', path: '/config' }, times: 5, ...fault });

    await expect(bring(target, orders.replace('orders.mesh', 'other.mesh'))).rejects.toMatchObject({
      code,
    });
    admin.faults.clear();

    expect(await target.probe(never)).toBe('same');
  });

  it('stops in the middle of a push', async () => {
    create();
    admin.faults.add({ match: { method: 'POST', path: '/config' }, hang: true });
    const desired = await target.canonicalise(parse(orders), never);
    const plan = diff(await target.read(never), desired);
    const controller = new AbortController();
    const reason = new Error('stop');

    const work = target.apply(plan, desired, controller.signal);
    setTimeout(() => controller.abort(reason), 50);

    await expect(work).rejects.toBe(reason);
  });

  it('says that a node with a database is none for it', async () => {
    const db = await startAdmin({ mode: 'db' });
    target = createDblessTarget({ url: db.url, ...quick });

    await expect(target.read(never)).rejects.toMatchObject({ code: 'KONG_NOT_DBLESS' });
    await db.stop();
  });
});

async function post(url: string, config: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(`${url}/config`, { method: 'POST', headers }, (response) => {
      response.resume().on('end', resolve);
    });
    outgoing.on('error', reject).end(JSON.stringify({ config }));
  });
}
