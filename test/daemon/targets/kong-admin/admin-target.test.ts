import { diff } from '../../../../daemon/plan/diff';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import { bring, parse } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const header = '_format_version: "3.0"\n';

const shop = `${header}
services:
  - name: orders
    host: orders.up
    routes:
      - name: orders
        paths: [/orders]
        plugins:
          - name: cors
upstreams:
  - name: orders.up
    targets:
      - target: 10.0.0.1:8080
      - target: 10.0.0.2:8080
`;

describe('Admin API target', () => {
  let kong: Kong;

  beforeEach(async () => {
    kong = await startKong();
  });
  afterEach(() => kong.stop());

  describe('ids', () => {
    it('keeps those of entities that exist under the same name, and lets references follow', async () => {
      const service = await kong.call('POST', '/services', { name: 'orders', host: 'old.example' });
      const upstream = await kong.call('POST', '/upstreams', { name: 'orders.up' });
      await kong.call('POST', `/upstreams/${upstream.id}/targets`, { target: '10.0.0.1:8080' });

      const report = await bring(kong.target(), shop);

      expect(report.failures).toEqual([]);
      expect(report.applied.summary).toEqual({ creating: 3, updating: 1, deleting: 0 });
      expect(await kong.call('GET', '/services/orders')).toMatchObject({ id: service.id });
      expect(await kong.call('GET', '/routes/orders')).toMatchObject({
        service: { id: service.id },
      });
      expect((await bring(kong.target(), shop)).applied.changes).toEqual([]);
    });

    it('keeps an entity where the user gives another id', async () => {
      await bring(kong.target(), shop);
      const service = await kong.call('GET', '/services/orders');
      const id = '11111111-1111-4111-8111-111111111111';

      const report = await bring(
        kong.target(),
        shop.replace('- name: orders\n    host', `- id: ${id}\n    name: orders\n    host`),
      );

      expect(report.failures).toEqual([]);
      expect(report.applied.changes).toEqual([]);
      expect(await kong.call('GET', '/services/orders')).toEqual(service);
    });
  });

  it('says what it never writes', () => {
    const desired = { ...parse(shop), passthrough: { rbac_roles: [{ name: 'r' }], _comment: 'x' } };

    expect(kong.target().unsupported?.(desired)).toMatchObject([
      { code: 'KONG_KEY_NOT_WRITTEN', severity: 'error', entity: 'key rbac_roles' },
    ]);
  });

  it('keeps a consumer with a custom id apart from one whose username is the same', async () => {
    const both = `${header}consumers: [{ custom_id: foo }, { username: foo, keyauth_credentials: [{ key: k }] }]\n`;

    const report = await bring(kong.target(), both);

    expect(report.failures).toEqual([]);
    expect((await kong.call('GET', '/consumers')).data).toHaveLength(2);
    const [key] = (await kong.call('GET', '/key-auths')).data;
    expect(await kong.call('GET', `/consumers/${key.consumer.id}`)).toMatchObject({
      username: 'foo',
    });
    expect((await bring(kong.target(), both)).applied.changes).toEqual([]);
  });

  describe('on a shared gateway', () => {
    const selectTags = ['team-a'];

    it('touches nothing without its tags', async () => {
      const theirs = await kong.call('PUT', '/services/theirs', { host: 'theirs.example' });
      await bring(kong.target({ selectTags }), shop);

      const report = await bring(kong.target({ selectTags }), header);

      expect(report.applied.summary.deleting).toBe(6);
      expect((await kong.call('GET', '/services')).data).toEqual([theirs]);
    });

    it('gives every entity its tags, and those of the mesh the owner tag too', async () => {
      const target = kong.target({ selectTags });
      const desired = parse(shop);
      const [first, ...rest] = desired.entities;
      const mixed = { ...desired, entities: [{ ...first!, owner: 'mesh' as const }, ...rest] };

      const canonical = await target.canonicalise(mixed, never);
      await target.apply(diff(await target.read(never), canonical), canonical, never);

      expect((await kong.call('GET', '/services/orders')).tags).toEqual(['team-a', 'kong-meshd']);
      expect((await kong.call('GET', '/routes/orders')).tags).toEqual(['team-a']);
      expect((await kong.call('GET', '/upstreams/orders.up/targets')).data[0].tags).toEqual([
        'team-a',
      ]);
      const read = await kong.target({ selectTags }).read(never);
      expect(read.entities.map(({ owner }) => owner)).toEqual(['mesh', ...rest.map(() => 'user')]);
    });

    it.each([
      [
        'service',
        'PUT',
        '/services/orders',
        { host: 'x.example', tags: ['team-b'] },
        'service orders',
      ],
      ['upstream', 'PUT', '/upstreams/orders.up', { tags: ['team-b'] }, 'upstream orders.up'],
      ['global plugin', 'POST', '/plugins', { name: 'cors', tags: ['team-b'] }, 'plugin cors'],
    ])(
      'reports a %s of somebody else before anything is written',
      async (_name, method, path, body, entity) => {
        const theirs = await kong.call(method, path, body);
        const target = kong.target({ selectTags });
        const desired = await target.canonicalise(
          parse(`${shop}plugins:\n  - name: cors\n`),
          never,
        );
        const plan = diff(await target.read(never), desired);

        const { plan: allowed, failures } = await target.check(plan, never);

        const [conflict] = failures;
        expect(conflict).toMatchObject({
          code: 'KONG_NAME_TAKEN',
          entity,
          place: { file: 'kong.yml' },
        });
        expect(conflict?.message).toContain(theirs.id);
        expect(conflict?.message).toContain('team-b');
        expect(allowed.changes.length).toBeLessThan(plan.changes.length);
        const isWrite = (call: string) => !/^GET |^POST \/schemas\//.test(call);
        expect(kong.takeCalls().filter(isWrite)).toEqual([`${method} ${path}`]);
        const report = await target.apply(plan, desired, never);
        expect(report.failures.map(({ code }) => code)).toContain('KONG_NAME_TAKEN');
        expect(report.applied.changes).toHaveLength(allowed.changes.length);
        expect(await kong.call('GET', `/${path.split('/')[1]}/${theirs.id}`)).toEqual(theirs);
      },
    );

    it('knows who holds an address on an upstream of its own', async () => {
      await bring(kong.target({ selectTags }), shop);
      const theirs = await kong.call('POST', '/upstreams/orders.up/targets', {
        target: '10.0.0.3:8080',
      });

      const report = await bring(kong.target({ selectTags }), shop.replace('10.0.0.2', '10.0.0.3'));

      expect(report.failures).toMatchObject([{ code: 'KONG_NAME_TAKEN' }]);
      expect(report.failures[0]!.message).toContain(theirs.id);
      expect(report.applied.summary).toEqual({ creating: 0, updating: 0, deleting: 1 });
    });

    it('asks for many creates by listing, once a type', async () => {
      const services = Array.from(
        { length: 120 },
        (_, index) => `  - { name: s${index}, host: s }\n`,
      );
      await kong.call('PUT', '/services/s7', { host: 'x.example' });
      const target = kong.target({ selectTags });
      const desired = await target.canonicalise(
        parse(`${header}services:\n${services.join('')}`),
        never,
      );
      const plan = diff(await target.read(never), desired);
      kong.takeCalls();

      const { failures } = await target.check(plan, never);

      expect(failures).toMatchObject([{ code: 'KONG_NAME_TAKEN', entity: 'service s7' }]);
      expect(kong.takeCalls()).toEqual(['GET /services?size=1000']);
    });

    it.each([
      ['service', '/services/orders'],
      ['route', '/routes/orders'],
      ['upstream', '/upstreams/orders.up'],
      ['target', '/upstreams/orders.up/targets/10.0.0.1:8080'],
    ])('takes back a %s that lost its tags', async (_name, path) => {
      await bring(kong.target({ selectTags }), shop);
      const { id } = await kong.call('PATCH', path, { tags: null });

      const report = await bring(kong.target({ selectTags }), shop);

      expect(report.failures).toEqual([]);
      expect(report.applied.changes).toMatchObject([{ op: 'update', next: { id } }]);
      expect(await kong.call('GET', path)).toMatchObject({ id, tags: ['team-a'] });
    });

    it('does not take what another team has made of the same name, though it has the same id', async () => {
      await bring(kong.target({ selectTags: ['team-b'] }), shop);

      const report = await bring(kong.target({ selectTags }), shop);

      expect(report.writes).toBe(0);
      expect(new Set(report.failures.map(({ code }) => code))).toEqual(
        new Set(['KONG_NAME_TAKEN', 'KONG_ENTITY_LEFT_OUT']),
      );
      expect((await kong.target({ selectTags: ['team-b'] }).read(never)).entities).toHaveLength(6);
    });

    it('does not take what another team renamed, though it keeps an id made of the old name', async () => {
      const service = (name: string) =>
        `${header}services:\n  - { name: ${name}, host: x.example }\n`;
      const other = { selectTags: ['team-b'] };
      await bring(kong.target(other), service('orders'));
      await bring(kong.target(other), service('carts'));
      const theirs = await kong.call('GET', '/services/carts');

      const report = await bring(kong.target({ selectTags }), service('orders'));

      expect(report.writes).toBe(0);
      expect(report.failures).toMatchObject([{ code: 'KONG_NAME_TAKEN' }]);
      expect(report.failures[0]!.message).toContain(`service carts (id ${theirs.id})`);
      expect(await kong.call('GET', '/services/carts')).toEqual(theirs);
    });

    it('does not take a plugin that another team moved, though it keeps an id made of the old place', async () => {
      const other = { selectTags: ['team-b'] };
      const guard = 'plugins: [{ name: key-auth }]';
      const guarded = `${header}services:\n  - { name: orders, host: x.example, ${guard} }\n`;
      await bring(kong.target(other), guarded);
      await bring(kong.target(other), guarded.replace(`, ${guard} }`, ` }\n${guard}`));
      await bring(kong.target(other), `${header}${guard}\n`);
      const theirs = await kong.target(other).read(never);

      const report = await bring(kong.target({ selectTags }), guarded);

      expect(theirs.entities).toMatchObject([{ type: 'plugins', references: {} }]);
      expect(report.failures).toMatchObject([{ code: 'KONG_NAME_TAKEN' }]);
      expect((await kong.target(other).read(never)).entities).toEqual(theirs.entities);
    });

    it('takes over what carries the tags of an earlier owner, and deletes what of it is not wanted', async () => {
      await bring(kong.target({ selectTags: ['before'] }), `${shop}  - name: old.up\n`);

      const report = await bring(kong.target({ selectTags, adopt: ['before'] }), shop);

      expect(report.applied.summary).toEqual({ creating: 0, updating: 6, deleting: 1 });
      expect((await kong.target({ selectTags: ['before'] }).read(never)).entities).toEqual([]);
      expect((await kong.target({ selectTags }).read(never)).entities).toHaveLength(6);
    });

    it('takes its tags from the files where it was given none, and does not let them change', async () => {
      const tagged = (tag: string) =>
        shop.replace(header, `${header}_info: { select_tags: [${tag}] }\n`);
      const target = kong.target();
      const desired = await target.canonicalise(parse(tagged('team-a')), never);
      await target.apply(diff(await target.read(never), desired), desired, never);

      const other = target.canonicalise(parse(tagged('team-b')), never);

      await expect(other).rejects.toMatchObject({ code: 'KONG_SELECT_TAGS' });
      expect((await kong.call('GET', '/services/orders')).tags).toEqual(['team-a']);
    });
  });

  describe('apply', () => {
    const broken = shop.replace(
      '- name: cors',
      '- name: rate-limiting\n            config: { minute: -1 }',
    );

    it('reports a refused entity with its place and ships the rest', async () => {
      const target = kong.target();

      const report = await bring(target, broken);

      expect(report.failures).toMatchObject([
        {
          code: 'KONG_ENTITY_REFUSED',
          entity: 'plugin rate-limiting on route orders',
          place: { file: 'kong.yml', line: 10 },
        },
        { code: 'KONG_ROUTE_UNGUARDED', entity: 'route orders' },
      ]);
      expect(report.failures[0]!.message).toContain('config.minute');
      expect(report.applied.summary.creating).toBe(4);
      expect(report.state).toEqual(await target.read(never));
      expect(diff(report.state, await kong.target().read(never)).changes).toEqual([]);
    });

    it('leaves out what depends on a refused entity', async () => {
      const report = await bring(
        kong.target(),
        shop.replace('name: orders\n    host', 'name: or ders\n    host'),
      );

      expect(report.failures.map(({ code, entity }) => `${code} ${entity}`)).toEqual([
        'KONG_ENTITY_REFUSED service or ders',
        'KONG_ENTITY_LEFT_OUT route orders',
        'KONG_ENTITY_LEFT_OUT plugin cors on route orders',
      ]);
      expect(report.applied.summary.creating).toBe(3);
    });

    it('is not held up by a name by which Kong lets nobody ask', async () => {
      const report = await bring(
        kong.target({ selectTags: ['a'] }),
        shop.replace('name: orders\n    host', 'name: or ders\n    host'),
      );

      expect(report.failures[0]).toMatchObject({ entity: 'service or ders' });
      expect(report.applied.summary.creating).toBe(3);
    });

    it('deletes routes before their service, and keeps a service that somebody else routes to', async () => {
      await bring(kong.target({ selectTags: ['a'] }), shop);
      await kong.call('PUT', '/routes/theirs', { paths: ['/x'], service: { name: 'orders' } });

      const report = await bring(kong.target({ selectTags: ['a'] }), header);

      expect(report.failures).toMatchObject([
        { code: 'DELETION_TAKES_OTHERS', entity: 'service orders' },
      ]);
      expect(report.state.entities.map(({ type }) => type)).toEqual(['services']);
    });

    it.each([
      ['429', { status: 429, headers: { 'retry-after': '0' } }],
      ['500', { status: 500 }],
      ['a reset', { reset: true }],
      ['a lost reply', { reset: true, applied: true }],
    ])('gets over %s at any write', async (_name, fault) => {
      for (const method of ['PUT', 'POST'])
        kong.server.faults.add({ match: { method }, times: 2, ...fault });

      const report = await bring(kong.target(), shop);

      expect(report.failures).toEqual([]);
      expect((await bring(kong.target(), shop)).applied.changes).toEqual([]);
    });

    /** Nothing is asked before the first target is posted. */
    const unguarded = shop.replace(/ +plugins:\n +- name: cors\n/, '');

    it('stops where Kong stops answering, says what was not done, and goes on from there', async () => {
      const target = kong.target({ retries: 0, parallelism: 1 });
      kong.server.faults.add({ match: { method: 'POST' }, times: 100, reset: true });

      const report = await bring(target, unguarded);

      expect(report.failures).toMatchObject([{ code: 'KONG_APPLY_STOPPED' }]);
      expect(await target.probe(never)).toBe('drifted');
      kong.server.faults.clear();
      expect((await bring(target, unguarded)).failures).toEqual([]);
      expect((await bring(kong.target(), unguarded)).applied.changes).toEqual([]);
    });

    it('ends when aborted in the middle, and finds out afterwards what was written', async () => {
      const target = kong.target({ parallelism: 1 });
      const controller = new AbortController();
      const reason = new Error('stop');
      kong.server.faults.add({ match: { method: 'POST' }, hang: true });

      const work = bring(target, unguarded, controller.signal);
      while (!kong.server.requests.list().some(({ method }) => method === 'POST')) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      controller.abort(reason);

      await expect(work).rejects.toBe(reason);
      expect((await target.read(never)).entities.map(({ type }) => type)).toContain('services');
    });

    it('sends what the user wrote and no defaults, so that Kong keeps its own', async () => {
      await bring(kong.target(), shop);

      const bytes = kong.server.requests.list().filter(({ method }) => method === 'PUT');

      expect(bytes.every(({ bodyBytes }) => bodyBytes < 120)).toBe(true);
    });

    it('clears what a file no longer says, of targets too', async () => {
      const weighted = shop.replace(
        '10.0.0.1:8080',
        '10.0.0.1:8080\n        weight: 5\n        tags: [x]',
      );
      await bring(kong.target(), weighted);

      await bring(kong.target(), shop);

      expect(await kong.call('GET', '/upstreams/orders.up/targets/10.0.0.1:8080')).toMatchObject({
        weight: 100,
        tags: null,
      });
    });
  });

  describe('calls', () => {
    it('are none for an unchanged pass, one a change, and one more for a look before a deletion', async () => {
      const target = kong.target({ selectTags: ['a'] });
      await bring(target, shop);
      kong.takeCalls();

      await bring(target, shop);
      const unchanged = kong.takeCalls();
      await bring(target, shop.replace('10.0.0.2', '10.0.0.3'));
      const changed = kong.takeCalls();

      expect(unchanged).toEqual([]);
      expect(changed.map((call) => call.split(' ')[0])).toEqual(['POST', 'GET', 'DELETE']);
    });

    it('list the targets of an upstream with more than a page of them', async () => {
      const targets = Array.from(
        { length: 1100 },
        (_, index) => `      - target: 10.1.${index >> 8}.${index & 255}:80\n`,
      );
      const large = `${header}upstreams:\n  - name: large.up\n    targets:\n${targets.join('')}  - name: small.up\n    targets:\n      - target: 10.2.0.1:80\n`;
      await bring(kong.target(), large);
      kong.takeCalls();

      const report = await bring(kong.target(), large);

      expect(report.applied.changes).toEqual([]);
      expect(
        kong.takeCalls().filter((call) => call.includes('/targets/all?size=1000')),
      ).toHaveLength(3);
    });

    it.each([
      ['changed', 'PATCH', '/services/s1500', { host: 'elsewhere' }],
      ['removed', 'DELETE', '/services/s1500', undefined],
      ['added', 'PUT', '/services/new', { host: 'new' }],
      [
        'added before all others',
        'PUT',
        '/services/00000000-0000-4000-8000-000000000000',
        { host: 'n' },
      ],
    ])('of probes do not grow, and still find what was %s', async (_name, method, path, body) => {
      const services = Array.from(
        { length: 2001 },
        (_, index) => `  - { name: s${index}, host: s }\n`,
      );
      const target = kong.target();
      await bring(target, `${header}services:\n${services.join('')}`);
      await target.probe(never);
      await kong.call(method, path, body);
      kong.takeCalls();

      const seen = [];
      for (let round = 0; round < 3; round++) seen.push(await target.probe(never));

      expect(seen).toContain('drifted');
      expect(kong.takeCalls().length).toBeLessThanOrEqual(3 * 20);
    });

    it('of a probe find a target that somebody removed', async () => {
      const target = kong.target();
      await bring(target, shop);
      const before = await target.probe(never);
      await kong.call('DELETE', '/upstreams/orders.up/targets/10.0.0.1:8080');

      const after = await target.probe(never);

      expect([before, after]).toEqual(['same', 'drifted']);
      expect((await bring(target, shop)).applied.summary.creating).toBe(1);
    });

    it('are made again after a probe without an answer, as nobody knows what Kong holds', async () => {
      const target = kong.target();
      await bring(target, shop);
      kong.server.faults.add({ match: { method: 'GET', path: '/' }, status: 500, times: Infinity });
      await expect(target.probe(never)).rejects.toMatchObject({ code: 'KONG_FAILED' });

      await expect(target.read(never)).rejects.toMatchObject({ code: 'KONG_FAILED' });

      kong.server.faults.clear();
      expect((await bring(target, shop)).applied.changes).toEqual([]);
      expect(await target.probe(never)).toBe('same');
    });

    it('list everything again after the time set for it', async () => {
      let nowMs = 0;
      const target = kong.target({ relistMs: 1000, now: () => nowMs });
      await bring(target, shop);
      nowMs = 1000;
      kong.takeCalls();

      const whole = await target.probe(never);

      expect(whole).toBe('same');
      expect(kong.takeCalls()).toContainEqual(expect.stringMatching('/status'));
    });
  });

  it('refuses a Kong without a database', async () => {
    const dbless = await startAdmin({ mode: 'dbless' });
    const target = kong.target({ url: dbless.url });

    const reading = target.read(never);

    await expect(reading).rejects.toMatchObject({ code: 'KONG_NOT_DATABASE' });
    await dbless.stop();
  });

  it('reports entities that this Kong does not know', async () => {
    const report = await bring(kong.target(), `${shop}consumer_groups:\n  - name: gold\n`);

    expect(report.failures).toMatchObject([
      { code: 'KONG_TYPE_UNKNOWN', entity: 'consumer group gold' },
    ]);
    expect(report.applied.summary.creating).toBe(6);
  });
});
