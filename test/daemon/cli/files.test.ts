import { readFile, writeFile } from 'node:fs/promises';

import { openDatabaseShop, type DatabaseShop } from './support/database-shop';
import { openShop, type Shop } from './support/shop';

describe('a file that is not meant for the target, or not whole', () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.run('sync');
  });

  afterEach(() => shop.stop());

  const head = "_format_version: '3.0'\n";
  const rest = 'services: [{ name: only, host: a.example }]\n';

  it.each<[string, string | Buffer]>([
    ['KONG_FILE_KEY_UNKNOWN', `${head}upstream: [{ name: u }]\n${rest}`],
    ['KONG_FILE_KEY_UNKNOWN', `${head}_info: { select_tag: [a] }\n${rest}`],
    ['KONG_FILE_SELECT_TAGS', `${head}_info: { select_tags: [a] }\n${rest}`],
    ['KONG_FILE_WORKSPACE', `${head}_workspace: team-x\n${rest}`],
    ['KONG_FILE_KONNECT', `${head}_konnect: { control_plane_name: p }\n${rest}`],
    ['KONG_FILE_SHAPE', 'apiVersion: v1\nkind: ConfigMap\ndata: {}\n'],
    ['KONG_FILE_SHAPE', ''],
    ['KONG_CONFIG_ENCODING', Buffer.from(`${head}# caf\xe9\n${rest}`, 'latin1')],
  ])('changes nothing anywhere, and is an error of every command: %s', async (code, text) => {
    const before = (await shop.live()).kong;
    await writeFile(shop.kongFile, text);

    for (const command of ['validate', 'diff', 'sync']) {
      const ran = await shop.run(command);
      expect([command, ran.code]).toEqual([command, 1]);
      expect(ran.err).toContain(code);
    }
    expect((await shop.live()).kong).toEqual(before);
  });

  it('is waited for by sync, where something would be deleted for it', async () => {
    const config = await readFile(shop.configFile, 'utf8');
    await writeFile(shop.configFile, config.replace('"100ms"', '"2s"'));
    const whole = await readFile(shop.kongFile, 'utf8');
    const before = (await shop.live()).kong;
    await writeFile(shop.kongFile, whole.slice(0, whole.indexOf('  - name: crm')));

    const syncing = shop.run('sync', '--confirm-deletes');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await writeFile(shop.kongFile, whole);
    const { code } = await syncing;

    expect(code).toBe(0);
    expect((await shop.live()).kong).toEqual(before);
  });

  it('deletes at once what has long been gone from it', async () => {
    const whole = await readFile(shop.kongFile, 'utf8');
    await writeFile(shop.kongFile, whole.slice(0, whole.indexOf('  - name: crm')));

    const { code, out } = await shop.run('sync', '--confirm-deletes');

    expect(code).toBe(0);
    expect(out).toMatch(/deleting service crm/);
  });
});

describe('the workspace of a file', () => {
  let shop: DatabaseShop;

  beforeEach(async () => {
    shop = await openDatabaseShop();
    const text = await readFile(shop.kongFile, 'utf8');
    await writeFile(shop.kongFile, text.replace(/(_format_version.*\n)/, '$1_workspace: team-x\n'));
  });

  afterEach(() => shop.stop());

  it('is the one that is worked on, not the default one', async () => {
    const { code, err } = await shop.run('sync');

    // This Kong has no workspaces, so there is nothing at the path of one.
    expect(code).toBe(1);
    expect(err).toMatch(/KONG_NOT_FOUND.*team-x/s);
    expect(await shop.names('services')).toEqual([]);
  });

  it('gives way to the flag, and the contradiction is said', async () => {
    const { code, err } = await shop.run(
      'validate',
      '--kong-addr',
      shop.admin.url,
      '--workspace',
      'y',
    );

    expect(code).toBe(0);
    expect(err).toMatch(/KONG_WORKSPACE_DIFFERS/);
  });

  it.each(['_transform: false', '_info: { skip_hash_for_basic_auth: true }'])(
    'hashes no password twice: %s',
    async (line) => {
      const users =
        'consumers: [{ username: u, basicauth_credentials: [{ username: u, password: h }] }]';
      await writeFile(shop.kongFile, `_format_version: '3.0'\n${line}\n${users}\n`);

      const { code, err } = await shop.run('sync');

      expect(code).toBe(1);
      expect(err).toMatch(/KONG_FILE_HASHED/);
      expect(await shop.names('consumers')).toEqual([]);
    },
  );
});
