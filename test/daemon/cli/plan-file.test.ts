import { writeFileSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openDatabaseShop } from './support/database-shop';
import { hostOf, kongText, openShop, type Shop } from './support/shop';

let shop: Shop;
let plan: string;

beforeEach(async () => {
  shop = await openShop();
  plan = join(shop.world.folder, 'plan.json');
});

afterEach(() => shop.stop());

const apply = () => shop.run('sync', '--plan', plan);

it('applies what the plan holds', async () => {
  const planned = await shop.run('diff', '--plan-out', plan);

  const applied = await apply();
  const again = await shop.run('diff', '--non-zero-exit-code');

  expect([planned.code, applied.code, again.code]).toEqual([0, 0, 0]);
  expect(applied.out.replace(/^wrote snapshot .*\n/m, '')).toBe(planned.out);
});

it('keeps it to its owner, and no secret in it', async () => {
  shop.env = { DECK_HOST: 'very-secret-host' };
  await shop.edit(shop.kongFile, (text) => text.replace('crm.internal', '${{ env "DECK_HOST" }}'));

  await shop.run('diff', '--plan-out', plan);

  expect((await stat(plan)).mode & 0o777).toBe(0o600);
  expect(await readFile(plan, 'utf8')).not.toContain('very-secret');
});

const moves: readonly (readonly [string, string, (at: Shop) => unknown])[] = [
  ['the file', 'at Kong', (at) => at.edit(at.kongFile, (text) => text.replace('/crm', '/sales'))],
  ['a secret alone', 'at Kong', (at) => (at.env = { DECK_HOST: 'second' })],
  ['Kong', 'at Kong', (at) => at.run('sync')],
  ['the mesh', 'lead', (at) => at.removeService('payments')],
];

it.each(moves)('refuses, and changes nothing, where %s has moved', async (_what, where, move) => {
  shop.env = { DECK_HOST: 'first' };
  await shop.edit(shop.kongFile, (text) => text.replace('crm.internal', '${{ env "DECK_HOST" }}'));
  await shop.run('diff', '--plan-out', plan);
  await move(shop);
  const before = await shop.live();

  const { code, err } = await apply();

  expect(code).toBe(1);
  expect(err).toMatch(new RegExp(`PLAN_MOVED\\s.*(${where}|Dataplane)`));
  expect(await shop.live()).toEqual(before);
});

it.each([
  ['the file', () => writeFileSync(shop.kongFile, kongText.replace('/crm', '/sales'))],
  ['the mesh', () => shop.removeService('payments')],
])('refuses where %s moves after the plan was checked', async (_what, move) => {
  await shop.run('diff', '--plan-out', plan);
  let looks = 0;
  shop.onProgress = ({ step }) => {
    if (!step.startsWith('reading the mesh')) return;
    looks++;
    // The look that is written by comes after the one that checks.
    if (looks === 2) move();
  };

  const { code, err } = await apply();

  expect(looks).toBe(2);
  expect(code).toBe(1);
  expect(err).toMatch(/PLAN_MOVED/);
  expect(await hostOf(shop, 'crm')).toBeUndefined();
});

it('deletes what it was told to when it was made', async () => {
  const services = Array.from({ length: 9 }, (_, at) => ({ name: `s${String(at)}`, host: 'h' }));
  await writeFile(shop.kongFile, JSON.stringify({ _format_version: '3.0', services }));
  await shop.run('sync');
  await writeFile(shop.kongFile, kongText);
  await shop.run('diff', '--confirm-deletes', '--plan-out', plan);

  const { code, out } = await apply();

  expect(code).toBe(0);
  expect(out).toMatch(/Deleted: 9/);
});

it('is for one mesh, and one format', async () => {
  await shop.run('diff', '--plan-out', plan);
  const other = await shop.run('sync', '--plan', plan, '--mesh', 'other');
  await writeFile(plan, '{}');
  const none = await apply();

  expect([other.code, none.code]).toEqual([1, 1]);
  expect(other.err).toMatch(/PLAN_OTHER_MESH/);
  expect(none.err).toMatch(/PLAN_INVALID/);
});

it('holds for a Kong with a database, too', async () => {
  const database = await openDatabaseShop();
  const file = join(database.world.folder, 'plan.json');
  await database.run('diff', '--plan-out', file);
  await database.call('POST', '/services', { name: 'crm', host: 'theirs', tags: [] });
  const moved = await database.run('sync', '--plan', file);
  await database.run('diff', '--plan-out', file, '--fail-on', 'never');
  const held = await database.run('sync', '--plan', file);
  await database.stop();

  expect([moved.code, moved.err]).toEqual([1, expect.stringMatching(/PLAN_MOVED/)]);
  expect(held.err).not.toMatch(/PLAN_MOVED/);
});
