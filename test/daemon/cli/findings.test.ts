/** What a finding says: one cause once, not before it can be true, and in words for people. */
import { readFile, writeFile } from 'node:fs/promises';

import { parse } from 'yaml';

import type { Failure } from '../../../catalog/error';
import { runChecks } from '../../../daemon/cli/checks';
import { createLog } from '../../../daemon/cli/log';
import { Config } from '../../../daemon/config/schema';
import { openShop, type Shop } from './support/shop';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.stop());

/** @param passes the codes that stand on the page already. */
async function checksBeside(...passes: readonly string[]): Promise<readonly Failure[]> {
  const config = Config.parse(parse(await readFile(shop.configFile, 'utf8')));
  const ending = new AbortController();
  const found: Failure[] = [];
  const clock = { now: () => performance.now(), sleep: () => Promise.resolve() };
  const standing = passes.map((code) => ({
    failure: { code, severity: 'error', message: '', remedy: '' } as const,
    sinceMs: 0,
  }));
  const status = {
    board: { findings: standing } as never,
    recordChecks(failures: readonly Failure[]) {
      found.push(...failures);
      ending.abort(new Error('enough'));
    },
  };
  const plugin = { learn: () => undefined };
  const log = createLog('silent');
  await runChecks(config, { env: {}, clock }, status, log, plugin, () => undefined, ending.signal);
  return found;
}

describe('the checks of the daemon', () => {
  it('say nothing of a link that the passes report', async () => {
    await shop.edit(shop.kongFile, (text) => text.replace('mesh:payments', 'mesh:ghost'));

    const found = await checksBeside('LINK_UNKNOWN_SERVICE');

    expect(found.map(({ code }) => code)).not.toContain('KM002');
  });

  it('tell of an outage only where the passes do not', async () => {
    await shop.world.admin.stop();

    const alone = await checksBeside();
    const beside = await checksBeside('KONG_UNREACHABLE');

    expect(alone.map(({ code }) => code)).toContain('KM001');
    expect(beside.map(({ code }) => code)).not.toContain('KM001');
  });
});

it('takes nobody for a second writer before a first sync, and somebody after it', async () => {
  const foreign = { _format_version: '3.0', services: [{ name: 'theirs', host: 'h' }] };
  const push = () =>
    fetch(`${shop.world.admin.url}/config`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: JSON.stringify(foreign) }),
    });
  const codes = async (): Promise<readonly string[]> => {
    const { out } = await shop.run('doctor', '--json');
    return (JSON.parse(out) as { findings: { code: string }[] }).findings.map(({ code }) => code);
  };
  await push();
  const before = await codes();
  await shop.run('sync', '--confirm-deletes');
  await push();

  expect(before).not.toContain('KM609');
  expect(await codes()).toContain('KM609');
});

it.each([
  ['a mapping for a list', 'sources: { kuma: {} }', 'sources: must be a list, not a mapping.'],
  ['text for a number', 'guard: { atLeast: many }', 'guard.atLeast: must be a number, not text.'],
  ['a number beyond', 'guard: { share: 3 }', 'guard.share: must be at most 1.'],
  ['another word', 'log: { level: loud }', 'log.level: must be debug or info or warn or error.'],
  ['an empty list', 'sources: []', 'sources: must not be empty.'],
])('says in words what a setting must be: %s', async (_what, line, message) => {
  await writeFile(shop.configFile, `${line}\n`);

  const { code, err } = await shop.run('validate');

  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(err).not.toMatch(/expected \w+, received|Invalid input|Too (small|big)/);
});
