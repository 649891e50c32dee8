/** What a user or the world gets wrong: a code, the place, the remedy; and what is live stays live. */
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hostOf, kongText, openShop, type Ran, type Shop } from './support/shop';

interface Case {
  /** Spoils something; may give flags for the run. */
  readonly spoil: (shop: Shop) => unknown;
  /** What standard error must say, in this order. */
  readonly says: RegExp;
}

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
  await shop.run('sync');
});

afterEach(() => shop.stop());

/** Nothing a person cannot use: no stack, no object, no placeholder that was not filled. */
function expectReadable({ out, err }: Ran): void {
  expect(`${out}${err}`).not.toMatch(/^\s+at \S+ \(|\[object Object\]|undefined|\{[a-zA-Z]+\}/m);
}

const nowhere: readonly (readonly [string, Case])[] = [
  [
    'a kong.yml that is no YAML',
    {
      spoil: (at) => writeFile(at.kongFile, `${kongText}  - name: [\n`),
      says: /error KONG_\w+ \S+kong\.yml:\d+:\d+[\s\S]*fix: /,
    },
  ],
  [
    'a kong.yml that is written half',
    {
      spoil: (at) => truncate(at.kongFile, kongText.indexOf('ayments]')),
      says: /error KONG_\w+ \S+kong\.yml:\d+:\d+[\s\S]*fix: /,
    },
  ],
  [
    'a kong.yml that is gone',
    {
      spoil: (at) => rm(at.kongFile),
      says: /error KONG_CONFIG_MISSING \S+kong\.yml\n[\s\S]*fix: Check kong\.config/,
    },
  ],
  [
    'an unknown key in kong-meshd.yaml',
    {
      spoil: (at) => at.edit(at.configFile, (text) => `${text}owner_tag: me\n`),
      says: /error CONFIG_UNKNOWN_KEY \S+kong-meshd\.yaml:6:1\n[\s\S]*fix: Did you mean "ownerTag"\?/,
    },
  ],
  [
    'a control plane that cannot be reached',
    {
      spoil: (at) => at.world.controlPlane.stop(),
      says: /error KUMA_UNREACHABLE\n.*http:\/\/127\.0\.0\.1:\d+.*\n {2}fix: Check the url of the kuma source/,
    },
  ],
  [
    'a control plane that refuses the credentials',
    {
      spoil: (at) => {
        at.world.controlPlane.faults.next({ status: 401, body: {}, times: Infinity });
      },
      says: /error KUMA_UNAUTHORISED\n.*\(401\).*\n {2}fix: .*tokenFile/,
    },
  ],
  [
    'a control plane that denies access',
    {
      spoil: (at) => {
        at.world.controlPlane.faults.next({ status: 403, body: {}, times: Infinity });
      },
      says: /error KUMA_FORBIDDEN\n.*\(403\)[\s\S]*fix: Give the user of the token read access/,
    },
  ],
  [
    'a control plane that fails',
    {
      spoil: (at) => {
        at.world.controlPlane.faults.next({ status: 503, body: 'no', times: Infinity });
      },
      says: /error KUMA_STATUS\n.*503[\s\S]*fix: /,
    },
  ],
  [
    'something else in place of a control plane',
    {
      spoil: (at) => ['--kuma-url', at.world.admin.url],
      says: /error KUMA_NOT_A_CONTROL_PLANE\n[\s\S]*fix: .*5681/,
    },
  ],
  [
    'a mesh that does not exist',
    {
      spoil: () => ['--mesh', 'shop'],
      says: /error KUMA_MESH_MISSING\n.*shop[\s\S]*fix: /,
    },
  ],
  [
    'a token file that is not there',
    {
      spoil: () => ['--set', 'sources.0.kuma.tokenFile=/nowhere/token'],
      says: /error KUMA_TOKEN_UNREADABLE[\s\S]*\/nowhere\/token[\s\S]*fix: /,
    },
  ],
  [
    'a gateway that cannot be reached',
    {
      spoil: () => ['--kong-url', 'http://127.0.0.1:1'],
      says: /error KONG_UNREACHABLE\n.*http:\/\/127\.0\.0\.1:1\b[\s\S]*fix: Check that Kong runs/,
    },
  ],
  [
    'a gateway that refuses the credentials',
    {
      spoil: (at) => {
        at.world.admin.faults.add({ match: {}, status: 401, body: {}, times: 1000 });
      },
      says: /error KONG_UNAUTHORISED\n[\s\S]*fix: Check the admin token/,
    },
  ],
  [
    'something else in place of the Admin API',
    {
      spoil: (at) => ['--kong-url', at.world.controlPlane.url],
      says: /error KONG_\w+\n[\s\S]*fix: /,
    },
  ],
  [
    'a Dataplane of the gateway that is a sidecar of a service',
    {
      spoil: () => ['--set', 'gateway.dataplane=orders-1'],
      says: /error DATAPLANE_\w+[\s\S]*orders-1[\s\S]*fix: /,
    },
  ],
];

describe('where nothing can be done', () => {
  it.each(nowhere)('says so and leaves all as it is: %s', async (_, { spoil, says }) => {
    const before = await shop.live();
    const given: unknown = await spoil(shop);
    const flags = Array.isArray(given) ? (given as string[]) : [];
    const wrote = (await shop.live()).kongFile;

    const ran = await shop.run('sync', ...flags);
    const shown = await shop.run('diff', '--json', ...flags);

    expect([ran.code, shown.code]).toEqual([1, 1]);
    expect(ran.err).toMatch(says);
    expectReadable(ran);
    shop.world.admin.faults.clear();
    const after = await shop.live();
    expect({ ...after, kongFile: '' }).toEqual({ ...before, kongFile: '' });
    expect(after.kongFile).toBe(wrote);
  });
});

const apart: readonly (readonly [string, Case])[] = [
  [
    'a link to a service that the mesh does not have',
    {
      spoil: (at) => at.edit(at.kongFile, (text) => text.replace('mesh:payments', 'mesh:paymnts')),
      says: /error LINK_UNKNOWN_SERVICE \S+kong\.yml:\d+:\d+ service payments\n[\s\S]*fix: .*payments/,
    },
  ],
  [
    'a link that two services answer to',
    {
      spoil: async (at) => {
        at.addService('twin');
        await at.edit(at.kongFile, (text) => text.replace('mesh:payments', 'mesh:twin'));
        at.world.controlPlane.put({
          type: 'MeshExternalService',
          mesh: 'default',
          name: 'twin',
          spec: {
            match: { type: 'HostnameGenerator', port: 9000, protocol: 'http' },
            endpoints: [{ address: 'pay.example', port: 443 }],
          },
        });
      },
      says: /error LINK_AMBIGUOUS_SERVICE \S+kong\.yml:\d+:\d+ service payments\n[\s\S]*fix: Name one of them in full/,
    },
  ],
  [
    'a port that the service does not have',
    {
      spoil: (at) =>
        at.edit(at.kongFile, (text) => text.replace('mesh:payments', 'mesh:payments:9')),
      says: /error LINK_UNKNOWN_PORT \S+kong\.yml:\d+:\d+ service payments\n.*8080[\s\S]*fix: Name one of its ports/,
    },
  ],
  [
    'an entity that Kong refuses',
    {
      spoil: (at) =>
        at.edit(at.kongFile, (text) =>
          text.replace('host: payments.internal', 'path: no-slash\n    host: payments.internal'),
        ),
      says: /error KONG_\w+ \S+kong\.yml:\d+:\d+ service payments\n[\s\S]*fix: /,
    },
  ],
  [
    'an entity without a name',
    {
      spoil: (at) => at.edit(at.kongFile, (text) => `${text}  - path: /nameless\n`),
      says: /error KONG_ENTITY_NAMELESS \S+kong\.yml:\d+:\d+ service\n[\s\S]*fix: /,
    },
  ],
  [
    'a variable that is not set',
    {
      spoil: (at) =>
        at.edit(at.kongFile, (text) =>
          text.replace('host: payments.internal', 'host: ${{ env "DECK_PAYMENTS" }}'),
        ),
      says: /error KONG_TEMPLATE_UNSET \S+kong\.yml:\d+:\d+\n[\s\S]*DECK_PAYMENTS[\s\S]*fix: Set DECK_PAYMENTS/,
    },
  ],
];

describe('where one entity is wrong', () => {
  it.each(apart)('the others go on: %s', async (_, { spoil, says }) => {
    await shop.edit(shop.kongFile, (text) => text.replace('[/crm]', '[/sales]'));
    await spoil(shop);

    const ran = await shop.run('sync', '--fail-on', 'link');
    const again = await shop.run('sync', '--json', '--fail-on', 'link');

    expect([ran.code, again.code]).toEqual([1, 1]);
    expect(ran.err).toMatch(says);
    expectReadable(ran);
    expect(ran.out).toMatch(/^updating route crm /m);
    expect(JSON.parse(again.out)).toMatchObject({ summary: { total: 0 } });
    expect(await hostOf(shop, 'orders')).toBe('orders.mesh.invalid:8080');
    const [route] = await routesNamed('crm');
    expect(route?.paths).toEqual(['/sales']);
  });

  it('a tagged service that is missing from the start fails closed', async () => {
    await shop.edit(shop.kongFile, (text) => text.replace('mesh:payments', 'mesh:gone'));

    await shop.run('sync');

    expect(await hostOf(shop, 'payments')).toMatch(/\.mesh\.invalid:/);
  });
});

describe('the snapshot file', () => {
  it.each([
    ['is garbage', 'not a snapshot'],
    ['is of another version', '{"version":99,"mesh":"default","hash":"","services":[]}\n'],
    ['is cut off', '{"version":1,"mesh":"default","ha'],
    ['is empty', ''],
  ])('is made anew where it %s', async (_, text) => {
    const { snapshot } = await shop.live();
    await writeFile(shop.world.snapshot, text);

    const { code } = await shop.run('sync');

    expect(code).toBe(0);
    expect((await shop.live()).snapshot).toBe(snapshot);
  });

  it('stops the pass before Kong where it cannot be written', async () => {
    await rm(shop.world.snapshot);
    await mkdir(shop.world.snapshot);
    await shop.edit(shop.kongFile, (text) => text.replace('[/crm]', '[/sales]'));

    const ran = await shop.run('sync');

    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/error TARGET_FILE_UNWRITABLE \S+catalog\.json[\s\S]*fix: /);
    expect((await routesNamed('crm'))[0]?.paths).toEqual(['/crm']);
  });
});

describe('secrets', () => {
  const canary = 'canary-6b1f9a';

  beforeEach(async () => {
    await shop.stop();
    const admin = { name: 'kong-meshd', groups: ['mesh-system:admin'] };
    shop = await openShop({
      controlPlane: { auth: { tokens: { [`${canary}-token`]: admin }, required: true } },
    });
    const token = join(shop.world.folder, 'token');
    await writeFile(token, `${canary}-token\n`);
    shop.env = { DECK_KEY: `${canary}-deck`, DECK_PORT: '8090', UNRELATED: `${canary}-env` };
    await shop.edit(shop.configFile, (text) =>
      text
        .replace('"url":', `"tokenFile":${JSON.stringify(token)},"url":`)
        .replace('"dbless":{', `"dbless":{"headers":{"authorization":"${canary}-header"},`),
    );
    await shop.edit(
      shop.kongFile,
      (text) => `${text}consumers:
  - username: alice
    keyauth_credentials: [{ key: '\${{ env "DECK_KEY" }}' }]
    basicauth_credentials: [{ username: alice, password: ${canary}-password }]
plugins:
  - name: request-transformer
    config: { add: { headers: ['x-key:\${{ env "DECK_KEY" }}'] } }
  - name: http-log
    config: { http_endpoint: 'http://log:${canary}-url@log.internal', headers: { authorization: ${canary}-log } }
`,
    );
  });

  const commands: readonly (readonly string[])[] = [
    ['diff'],
    ['diff', '--json'],
    ['sync'],
    ['sync', '--json'],
    ['catalog', '--json'],
    ['explain', 'orders', '--json'],
    ['render'],
    ['render', '--format', 'json'],
    ['validate', '--json'],
  ];
  const trouble: readonly (readonly [string, (at: Shop) => unknown])[] = [
    ['all is well', () => undefined],
    [
      'Kong is empty',
      (at) =>
        fetch(`${at.world.admin.url}/config`, {
          method: 'POST',
          body: JSON.stringify({ _format_version: '3.0' }),
          headers: { 'content-type': 'application/json' },
        }),
    ],
    ['a value changes', (at) => void (at.env['DECK_KEY'] = `${canary}-changed`)],
    [
      'Kong refuses them',
      (at) =>
        at.edit(at.kongFile, (text) =>
          text
            .replace('add: {', 'nope: { x: y }, add: {')
            .replace('http_endpoint: ', 'method: 7, http_endpoint: '),
        ),
    ],
    ['Kong cannot be reached', (at) => at.world.admin.stop()],
    [
      'the control plane refuses the token',
      (at) => {
        at.world.controlPlane.faults.next({ status: 401, body: {}, times: Infinity });
      },
    ],
    ['the file is cut', (at) => at.edit(at.kongFile, (text) => text.slice(0, text.length - 40))],
    [
      'a template is wrong',
      (at) =>
        at.edit(at.kongFile, (text) => text.replaceAll('DECK_KEY" }}', 'DECK_KEY" | toInt }}')),
    ],
  ];

  it.each(trouble)('are in no output while %s', async (_, spoil) => {
    const first = await shop.run('sync');
    expect(first.code).toBe(0);
    await spoil(shop);

    const outputs: string[] = [];
    for (const command of commands) {
      const { out, err } = await shop.run(...command);
      // What the user wrote into the file in plain text is theirs to see when it is rendered.
      const plain = command[0] === 'render' ? ['-password', '-url', '-log'] : [];
      const text = plain.reduce((rest, name) => rest.replaceAll(`${canary}${name}`, ''), out + err);
      const lines = text.split('\n').filter((line) => line.includes(canary));
      outputs.push(...lines.map((line) => `${command.join(' ')}: ${line}`));
    }

    expect(outputs).toEqual([]);
    expect((await shop.live().catch(() => undefined))?.snapshot ?? '').not.toContain(canary);
  });

  it('reach Kong all the same', async () => {
    const { code, err } = await shop.run('sync');

    const response = await fetch(`${shop.world.admin.url}/key-auths`);
    expect([code, err]).toEqual([0, '']);
    expect(await response.json()).toMatchObject({ data: [{ key: `${canary}-deck` }] });
  });
});

async function routesNamed(name: string): Promise<{ paths?: string[] }[]> {
  const response = await fetch(`${shop.world.admin.url}/routes/${name}`);
  return response.ok ? [(await response.json()) as { paths?: string[] }] : [];
}
