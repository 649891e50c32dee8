import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { openDatabaseShop, type DatabaseShop } from './support/database-shop';
import { hostOf, openShop } from './support/shop';

let shop: DatabaseShop;

beforeEach(async () => {
  shop = await openDatabaseShop();
});

afterEach(() => shop.stop());

/** Runs `validate --online` against a server that takes everything, and gives the headers it got. */
async function headersSent(...args: string[]): Promise<IncomingHttpHeaders & { output: string }> {
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    ({ headers } = request);
    request.resume();
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${String(port)}`;
  const { out, err } = await shop.run('validate', '--online', '--kong-addr', url, ...args);
  server.closeAllConnections();
  server.close();
  return { ...headers, output: out + err };
}

describe("decK's flags", () => {
  it('sync a part of a gateway', async () => {
    await shop.call('POST', '/services', { name: 'theirs', host: 'theirs' });

    const { code } = await shop.run('sync', '--select-tag', 'ours', '--select-tag', 'x');

    const crm = (await shop.call('GET', '/services/crm')) as { tags: string[] };
    expect(code).toBe(0);
    expect(crm.tags.sort()).toEqual(['ours', 'x']);
    expect(await shop.names('services')).toContain('theirs');
  });

  it('do not take a part for the whole', async () => {
    const dbless = await openShop();
    const { code, err } = await dbless.run('sync', '--select-tag', 'ours');
    const crm = await hostOf(dbless, 'crm');
    await dbless.stop();

    expect([code, crm]).toEqual([1, undefined]);
    expect(err).toMatch(/SELECT_TAG_WHOLE/);
  });

  it('silence the changes, not their number', async () => {
    const { code, out } = await shop.run('sync', '--silence-events');

    expect(code).toBe(0);
    expect(out).toMatch(
      /^Summary:\n {2}Created: 10\n {2}Updated: 0\n {2}Deleted: 0\n {2}Outbounds: 3 added, 0 removed\n$/,
    );
  });

  it.each(['sync', 'diff', 'validate'])(
    'give JSON from %s under the name of decK',
    async (command) => {
      const { out } = await shop.run(command, '--json-output');

      expect(JSON.parse(out)).toMatchObject({ findings: [] });
    },
  );

  it('send headers, and a token from a file', async () => {
    const file = join(shop.world.folder, 'token');
    await writeFile(file, 'from-the-file\n');

    const sent = await headersSent(
      ...['--headers', 'X-Team:a', '--headers', 'X-B: c:d'],
      ...['--kong-admin-token-file', file],
    );

    expect(sent).toMatchObject({
      'x-team': 'a',
      'x-b': 'c:d',
      'kong-admin-token': 'from-the-file',
    });
  });

  it("send a token from decK's variable, and print it nowhere", async () => {
    shop.env = { DECK_KONG_ADMIN_TOKEN: 'from-the-environment' };
    const { output, ...sent } = await headersSent('--json');

    expect(sent['kong-admin-token']).toBe('from-the-environment');
    expect(output).not.toContain('from-the-environment');
  });

  it.each([
    ['a token', '--kong-admin-token', 'secret', /TOKEN_ON_COMMAND_LINE/],
    ['a token as a header', '--headers', 'Kong-Admin-Token: secret', /TOKEN_ON_COMMAND_LINE/],
    ['what is no header', '--headers', 'secret', /HEADER_INVALID/],
  ])('do not take %s on the command line, nor repeat it', async (_name, flag, value, finding) => {
    const { code, out, err } = await shop.run('diff', flag, value);

    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(finding);
    expect(err).not.toContain('secret');
  });
});
