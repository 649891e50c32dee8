import { writeFile } from 'node:fs/promises';

import { allCommands } from '../../../daemon/cli/commands/all-commands';
import { runCli } from '../../../daemon/cli/program';
import { openDatabaseShop, type DatabaseShop } from './support/database-shop';
import { hostOf, openShop, type Shop } from './support/shop';

describe('reset of a Kong with a database', () => {
  let shop: DatabaseShop;

  beforeEach(async () => {
    shop = await openDatabaseShop();
    for (const [name, tags] of [
      ['a', ['ours', 'x']],
      ['b', ['ours']],
      ['c', null],
    ] as const) {
      await shop.call('POST', '/services', { name, host: name, tags });
    }
    const route = { name: 'a', paths: ['/a'], tags: ['ours', 'x'] };
    await shop.call('POST', '/services/a/routes', route);
  });

  afterEach(() => shop.stop());

  it('deletes what carries all of the tags, and says so', async () => {
    const { code, out, err } = await shop.run(
      ...['reset', '--select-tag', 'ours', '--select-tag', 'x', '--yes'],
    );

    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(
      'deleting route a\ndeleting service a\nSummary:\n  Created: 0\n  Updated: 0\n  Deleted: 2\n',
    );
    expect(await shop.names('services')).toEqual(['b', 'c']);
  });

  it('takes the tags of the files where nothing else names any', async () => {
    const text = "{ _format_version: '3.0', _info: { select_tags: [ours] } }";
    await writeFile(shop.kongFile, text);

    const { code } = await shop.run('reset', '--yes');

    expect(code).toBe(0);
    expect(await shop.names('services')).toEqual(['c']);
  });

  it('wants the same tags from the files and the flags', async () => {
    const text = "{ _format_version: '3.0', _info: { select_tags: [ours] } }";
    await writeFile(shop.kongFile, text);

    const { code, err } = await shop.run('reset', '--yes', '--select-tag', 'x');

    expect(code).toBe(1);
    expect(err).toMatch(/KONG_SELECT_TAGS/);
    expect(await shop.names('services')).toEqual(['a', 'b', 'c']);
  });

  it('takes the whole gateway only with --all', async () => {
    const refused = await shop.run('reset', '--yes');
    const before = await shop.names('services');
    const all = await shop.run('reset', '--yes', '--all');

    expect([refused.code, refused.out, all.code]).toEqual([1, '', 0]);
    expect(refused.err).toMatch(/RESET_WHOLE_GATEWAY/);
    expect(before).toEqual(['a', 'b', 'c']);
    expect(await shop.names('services')).toEqual([]);
  });

  it("keeps what somebody else's plugin is on, which Kong would delete with it", async () => {
    await shop.call('POST', '/services/b/plugins', { name: 'cors' });

    const { code, out, err } = await shop.run('reset', '--yes', '--select-tag', 'ours');

    expect(code).toBe(1);
    expect(err).toMatch(/RESET_STILL_NEEDED service b\n.*plugin cors on service b/);
    expect(out).toMatch(/Deleted: 2/);
    expect(await shop.names('services')).toEqual(['b', 'c']);
    expect(await shop.names('plugins')).toEqual(['cors']);
  });

  it('reports what Kong does not delete, and deletes the rest', async () => {
    const fault = { match: { method: 'DELETE', path: /^\/services/ }, status: 400, times: 1 };
    shop.admin.faults.add({ ...fault, body: { message: 'no' } });

    const { code, out, err } = await shop.run(
      ...['reset', '--yes', '--select-tag', 'ours', '--json'],
    );

    expect([code, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toMatchObject({
      summary: { deleting: 2, total: 2 },
      findings: [{ code: 'KONG_ENTITY_REFUSED' }],
    });
  });

  it('does nothing a second time', async () => {
    await shop.run('reset', '--yes', '--select-tag', 'ours');
    const { code, out } = await shop.run('reset', '--select-tag', 'ours');

    expect(code).toBe(0);
    expect(out).toBe('Summary:\n  Created: 0\n  Updated: 0\n  Deleted: 0\n');
  });

  it.each([
    ['y', 0, ['c']],
    ['Yes', 0, ['c']],
    ['', 1, ['a', 'b', 'c']],
    ['n', 1, ['a', 'b', 'c']],
  ])('asks, and takes the answer %j for what it is', async (answer, code, left) => {
    const asked: string[] = [];
    let out = '';
    const args = ['reset', '--select-tag', 'ours', '--config', shop.configFile];
    const ended = await runCli(allCommands, args, {
      env: {},
      out: (text) => (out += text),
      err: () => undefined,
      signal: new AbortController().signal,
      colour: false,
      ask: (question) => {
        asked.push(question);
        expect(out).toMatch(/deleting service a\n/);
        return Promise.resolve(answer);
      },
    });

    expect(ended).toBe(code);
    expect(asked).toEqual([`Delete 3 entities from ${shop.admin.url}? (y/N) `]);
    expect(await shop.names('services')).toEqual(left);
  });

  it('does nothing where nobody can be asked', async () => {
    const { code, err } = await shop.run('reset', '--select-tag', 'ours');

    expect(code).toBe(1);
    expect(err).toMatch(/RESET_NOT_CONFIRMED/);
    expect(await shop.names('services')).toEqual(['a', 'b', 'c']);
  });
});

describe('reset of a Kong without a database', () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.run('sync');
  });

  afterEach(() => shop.stop());

  it('empties it only with --yes, as it is not ready then', async () => {
    const refused = await shop.run('reset', '--all');
    const before = await hostOf(shop, 'crm');
    const done = await shop.run('reset', '--all', '--yes');

    expect([refused.code, done.code]).toEqual([1, 0]);
    expect(refused.err).toMatch(/RESET_NOT_READY/);
    expect(before).toBe('crm.internal:8090');
    expect(await hostOf(shop, 'crm')).toBeUndefined();
  });

  it('leaves what does not carry the tags', async () => {
    const { code } = await shop.run('reset', '--yes', '--select-tag', 'kong-meshd');

    expect(code).toBe(0);
    expect(await hostOf(shop, 'public-reports')).toBeUndefined();
    expect(await hostOf(shop, 'crm')).toBe('crm.internal:8090');
  });
});
