/** With a policy that only adds, files may refer to what only the gateway has, as with `deck gateway apply`. */
import { openDatabaseShop, type DatabaseShop } from './support/database-shop';

let shop: DatabaseShop;

beforeEach(async () => {
  shop = await openDatabaseShop();
  await shop.call('POST', '/services', { name: 'there', host: 'there.internal', tags: ['team-b'] });
  await shop.call('POST', '/services/there/routes', { name: 'way', paths: ['/way'] });
  await shop.call('POST', '/consumers', { username: 'ann' });
  await shop.call('POST', '/upstreams', { name: 'pool' });
});
afterEach(() => shop.stop());

const apply = (policy: string, ...more: readonly string[]) =>
  shop.run('sync', '--set', `kong.policy=${policy}`, ...more);
const write = (text: string) => shop.edit(shop.kongFile, () => `_format_version: "3.0"\n${text}`);

const everything = `
plugins:
  - { name: cors, service: there }
  - { name: key-auth, route: { name: way } }
  - { name: rate-limiting, consumer: ann, config: { minute: 5 } }
routes: [{ name: more, paths: [/more], service: { name: there } }]
keyauth_credentials: [{ key: secret-1, consumer: ann }]
targets: [{ target: '10.0.0.1:80', upstream: pool }]
`;

describe.each(['upsert-only', 'create-only'])('%s', (policy) => {
  it.each([
    ['without select tags', ''],
    ['with select tags that the others do not carry', '_info: { select_tags: [team-a] }'],
  ])('hangs entities on what only the gateway has, %s', async (_title, header) => {
    await write(header + everything);

    const first = await apply(policy);
    const diff = await shop.run('diff', '--set', `kong.policy=${policy}`);

    expect(first).toMatchObject({ code: 0 });
    const there = await shop.call('GET', '/services/there');
    expect(await shop.call('GET', '/services/there/plugins')).toMatchObject({
      data: [{ name: 'cors' }],
    });
    expect(await shop.call('GET', '/routes/way/plugins')).toMatchObject({
      data: [{ name: 'key-auth' }],
    });
    expect(await shop.call('GET', '/routes/more')).toMatchObject({ service: { id: there.id } });
    expect(await shop.call('GET', '/consumers/ann/plugins')).toMatchObject({
      data: [{ name: 'rate-limiting' }],
    });
    expect(await shop.call('GET', '/consumers/ann/key-auth')).toMatchObject({
      data: [{ key: 'secret-1' }],
    });
    expect(await shop.call('GET', '/upstreams/pool/targets')).toMatchObject({
      data: [{ target: '10.0.0.1:80' }],
    });
    expect(diff.out).toMatch(/Created: 0\s+Updated: 0\s+Deleted: 0/);
    expect(diff.code).toBe(0);
  });

  it('refers by id', async () => {
    const { id } = await shop.call('GET', '/services/there');
    await write(`plugins: [{ name: cors, service: { id: ${id.toUpperCase()} } }]`);

    expect(await apply(policy)).toMatchObject({ code: 0 });
    expect(await shop.call('GET', '/services/there/plugins')).toMatchObject({
      data: [{ name: 'cors' }],
    });
  });

  it('reports where a reference leads nowhere, and writes the others', async () => {
    await write(`
plugins:
  - { name: cors, service: nowhere }
  - { name: cors, service: '..' }
  - { name: cors, route: 5d1d1a47-4b3a-4a34-8d11-0a3b2d2b9f10 }
  - { name: cors, service: there }
`);
    const { code, out, err } = await apply(policy);

    expect(code).toBe(1);
    expect(`${out}${err}`).toContain('REFERENCE_NOT_AT_GATEWAY');
    expect(`${out}${err}`).toContain('kong.yml:4');
    expect(`${out}${err}`).toContain('service refers to service nowhere');
    expect(`${out}${err}`).toContain('service refers to service ..');
    expect(`${out}${err}`).toContain('route refers to route 5d1d1a47');
    const { data } = await shop.call('GET', '/plugins');
    expect(data.filter(({ name }: { name: string }) => name === 'cors')).toHaveLength(1);
  });

  it('does not show what a variable holds', async () => {
    shop.env['DECK_NAME'] = 'hunter2';
    await write(`plugins: [{ name: cors, service: '\${{ env "DECK_NAME" }}' }]`);

    const { code, out, err } = await apply(policy);

    expect(code).toBe(1);
    expect(`${out}${err}`).toContain('REFERENCE_NOT_AT_GATEWAY');
    expect(`${out}${err}`).not.toContain('hunter2');
  });
});

it('updates what hangs on it already, in place', async () => {
  const before = await shop.call('POST', '/services/there/plugins', { name: 'cors' });
  await write('plugins: [{ name: cors, service: there, config: { max_age: 5 } }]');

  expect(await apply('upsert-only')).toMatchObject({ code: 0 });
  expect(await shop.call('GET', '/services/there/plugins')).toMatchObject({
    data: [{ id: before.id, config: { max_age: 5 } }],
  });
});

it('is an error of the file with sync, which stands for the whole of the gateway', async () => {
  await write('plugins: [{ name: cors, service: there }]');

  const { code, out, err } = await apply('sync');

  expect(code).toBe(1);
  expect(`${out}${err}`).toContain('KONG_REFERENCE_DANGLING');
});

it('finds what default_lookup_tags tells it to look for, also with sync', async () => {
  await write(`_info:
  select_tags: [team-a]
  default_lookup_tags: { services: [team-b] }
plugins: [{ name: cors, service: there }]`);

  expect(await apply('sync')).toMatchObject({ code: 0 });
  expect(await shop.call('GET', '/services/there/plugins')).toMatchObject({
    data: [{ name: 'cors' }],
  });
});

it('takes such references offline', async () => {
  await write(everything);

  const valid = await shop.run('validate', '--set', 'kong.policy=upsert-only');

  expect(valid.out).toContain('no findings');
});

it('says that the host of a service which only the gateway has stays open beside the plugin', async () => {
  await write('plugins: [{ name: mesh-upstream, service: there, config: { service: orders } }]');

  const { code, out, err } = await apply('upsert-only');

  expect(code).toBe(0);
  expect(`${out}${err}`).toContain('LINK_OUTSIDE_FILES');
});
