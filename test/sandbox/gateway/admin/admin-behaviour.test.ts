import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import { emptyConfigHash } from '../../../../sandbox/gateway/config-view';
import { send, start } from './admin-client';

describe('the feed', () => {
  it('gives a view of the whole load and tells of it once', async () => {
    const admin = await start({ mode: 'dbless' });
    let changes = 0;
    const stop = admin.feed.onChange(() => changes++);
    const config = JSON.stringify({
      _format_version: '3.0',
      services: [{ name: 'orders', host: 'orders.up', routes: [{ name: 'r', paths: ['/o'] }] }],
      upstreams: [{ name: 'orders.up', targets: [{ target: '10.0.0.1:80' }] }],
    });

    await send(admin, 'POST', '/config', { config });
    const view = admin.feed.current();
    stop();
    await send(admin, 'POST', '/config', { config: '{"_format_version":"3.0"}' });

    expect(changes).toBe(1);
    expect(view.services).toMatchObject([{ name: 'orders', port: 80, protocol: 'http' }]);
    expect(view.routes).toMatchObject([{ name: 'r', service: { id: view.services[0]!.id } }]);
    expect(view.targets).toMatchObject([{ upstream: { id: view.upstreams[0]!.id }, weight: 100 }]);
    expect(view.hash).toMatch(/^[0-9a-f]{32}$/);
    expect(admin.feed.current().hash).toBe(emptyConfigHash);
  });

  it('leaves a view as it was when a write follows', async () => {
    const admin = await start({ mode: 'db' });
    await send(admin, 'POST', '/services', { name: 'one', host: 'h' });
    const before = admin.feed.current();

    await send(admin, 'PATCH', '/services/one', { port: 81 });
    await send(admin, 'POST', '/services', { name: 'two', host: 'h' });

    expect(before.services.map(({ port }) => port)).toEqual([80]);
    expect(admin.feed.current().services).toHaveLength(2);
    expect(admin.feed.current().hash).not.toBe(before.hash);
  });

  it('tells of no refused write', async () => {
    const admin = await start({ mode: 'dbless' });
    let changes = 0;
    admin.feed.onChange(() => changes++);

    await send(admin, 'POST', '/config', { _format_version: '3.0', services: [{ name: 'x' }] });
    await send(admin, 'POST', '/services', { name: 'x', host: 'h' });

    expect(changes).toBe(0);
  });
});

describe('a file to start with', () => {
  it('is loaded, and counts for check_hash', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'admin-'));
    const file = path.join(folder, 'kong.yml');
    const text = '_format_version: "3.0"\nservices:\n- name: s\n  host: h\n';
    await writeFile(file, text);

    const admin = await start({ mode: 'dbless', declarativeConfigFile: file });
    const again = await send(admin, 'POST', '/config?check_hash=1', { config: text });
    await rm(folder, { recursive: true });

    expect(admin.feed.current().services).toMatchObject([{ name: 's' }]);
    expect(again.status).toBe(304);
  });

  it('fails the start where it is not good', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'admin-'));
    const file = path.join(folder, 'kong.yml');
    await writeFile(file, '_format_version: "3.0"\nservices:\n- name: s\n');

    const starting = startAdmin({ mode: 'dbless', declarativeConfigFile: file });

    await expect(starting).rejects.toThrow('required field missing');
    await rm(folder, { recursive: true });
  });
});

describe('plugins of plugin servers', () => {
  const extraPluginSchemas = [
    {
      name: 'mesh-upstream',
      fields: [
        { protocols: { type: 'set', elements: { type: 'string', one_of: ['http', 'https'] } } },
        {
          config: {
            type: 'record',
            fields: [
              { service: { type: 'string', required: true } },
              {
                on_missing: {
                  type: 'string',
                  default: 'reject',
                  one_of: ['reject', 'passthrough'],
                },
              },
            ],
          },
        },
      ],
      priority: 15,
    },
  ];

  it('are checked by their schema and filled with its defaults', async () => {
    const admin = await start({ mode: 'db', extraPluginSchemas });

    const good = await send(admin, 'POST', '/plugins', {
      name: 'mesh-upstream',
      config: { service: 'orders' },
    });
    const bad = await send(admin, 'POST', '/plugins', {
      name: 'mesh-upstream',
      config: { on_missing: 'shrug' },
    });

    expect(good.body.config).toEqual({ service: 'orders', on_missing: 'reject' });
    expect(bad.body.fields.config).toEqual({
      service: 'required field missing',
      on_missing: 'expected one of: reject, passthrough',
    });
  });

  it('are listed and have a schema endpoint', async () => {
    const admin = await start({ mode: 'dbless', extraPluginSchemas });

    const root = await send(admin, 'GET', '/');
    const schema = await send(admin, 'GET', '/schemas/plugins/mesh-upstream');
    const enabled = await send(admin, 'GET', '/plugins/enabled');

    expect(root.body.plugins.available_on_server['mesh-upstream'].priority).toBe(15);
    expect(schema.body.fields).toHaveLength(2);
    expect(enabled.body.enabled_plugins).toContain('mesh-upstream');
  });
});

describe('references in a document', () => {
  it.each([
    ['by name', 'orders'],
    ['by id', '580c8aca-d632-5804-b307-a24326e1e2d5'],
    ['by id in an object', { id: '580c8aca-d632-5804-b307-a24326e1e2d5' }],
  ])('are taken %s', async (_name, service) => {
    const admin = await start({ mode: 'dbless' });

    const answer = await send(admin, 'POST', '/config', {
      _format_version: '3.0',
      services: [{ name: 'orders', host: 'h' }],
      routes: [{ name: 'r', paths: ['/'], service }],
    });

    expect(answer.status).toBe(201);
    expect(admin.feed.current().routes).toMatchObject([
      { service: { id: '580c8aca-d632-5804-b307-a24326e1e2d5' } },
    ]);
  });
});

it('takes back what it exports', async () => {
  const admin = await start({ mode: 'dbless' });
  await send(admin, 'POST', '/config', {
    _format_version: '3.0',
    services: [
      {
        ...{ name: 'orders', url: 'https://orders.example/v1' },
        routes: [
          { name: 'r', paths: ['/'], plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] },
        ],
      },
    ],
    consumers: [{ username: 'alice', basicauth_credentials: [{ username: 'a', password: 'p' }] }],
    upstreams: [{ name: 'u', targets: [{ target: '[::1]:80' }] }],
  });
  const before = admin.feed.current();
  const exported = await send(admin, 'GET', '/config');

  const answer = await send(admin, 'POST', '/config', { config: exported.body.config });

  expect(answer.status).toBe(201);
  expect({ ...admin.feed.current(), hash: '' }).toEqual({ ...before, hash: '' });
});

describe('a plugin and the protocols of routes', () => {
  const tcp = { protocols: ['tcp'], destinations: [{ port: 9000 }] };

  it('is refused on a route with none of its own, as the entity it is', async () => {
    const admin = await start({ mode: 'db' });
    await send(admin, 'POST', '/services', { name: 's', host: 'h' });
    const made = await send(admin, 'POST', '/services/s/routes', { name: 'r', ...tcp });

    const onRoute = await send(admin, 'POST', '/routes/r/plugins', { name: 'cors' });
    const onService = await send(admin, 'POST', '/services/s/plugins', { name: 'cors' });

    expect(made.status).toBe(201);
    expect([onRoute, onService].map(({ status, body }) => [status, body])).toMatchObject([
      [400, { code: 2, fields: { protocols: "must match the associated route's protocols" } }],
      [
        400,
        {
          code: 2,
          fields: {
            protocols:
              "must match the protocols of at least one route pointing to this Plugin's service",
          },
        },
      ],
    ]);
  });

  it('is taken where one of the routes shares a protocol, and where there is none yet', async () => {
    const admin = await start({ mode: 'db' });
    await send(admin, 'POST', '/services', { name: 's', host: 'h' });

    const before = await send(admin, 'POST', '/services/s/plugins', { name: 'cors' });
    await send(admin, 'POST', '/services/s/routes', { name: 'stream', ...tcp });
    await send(admin, 'POST', '/services/s/routes', { name: 'web', paths: ['/'] });
    const after = await send(admin, 'POST', '/services/s/plugins', { name: 'key-auth' });

    expect([before.status, after.status]).toEqual([201, 201]);
  });
});
