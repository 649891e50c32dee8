/** A hold of a running daemon is confirmed by a one-shot `sync --confirm-deletes` beside it. */
import { join } from 'node:path';

import { compose } from '../../../daemon/cli/compose';
import { loadConfig } from '../../../daemon/config/load';
import type { Config } from '../../../daemon/config/schema';
import { runPass, type PassMemory } from '../../../daemon/reconcile/pass';
import type { PassReport } from '../../../daemon/reconcile/report';
import { openDatabaseShop, type DatabaseShop } from './support/database-shop';

const never = new AbortController().signal;
const request = { dryRun: false, confirmDeletes: false };

let shop: DatabaseShop;
let now: number;
/** Passes of one daemon, which keeps its memory. */
let pass: () => Promise<PassReport>;
let stop: () => void;

beforeEach(async () => {
  shop = await openDatabaseShop();
  await shop.edit(
    shop.configFile,
    (text) => `${text}stateFile: ${JSON.stringify(join(shop.world.folder, 'state.json'))}\n`,
  );
  const loaded = await loadConfig({ file: shop.configFile, env: {} });
  if (!loaded.ok) throw new Error('the configuration is not valid');
  now = Date.now();
  [pass, stop] = await startDaemon(loaded.config);
});
afterEach(async () => {
  stop();
  await shop.stop();
});

async function startDaemon(config: Config): Promise<[() => Promise<PassReport>, () => void]> {
  const composed = await compose(config, {}, { isDaemon: true, readOnly: false });
  const context = { ...composed, clock: { ...composed.clock, now: () => now } };
  const memory: PassMemory = {};
  return [
    () => {
      // Far enough for Kong to be probed again, and for nothing to be released by time.
      now += 15_000;
      return runPass(context, memory, request, never);
    },
    () => context.kong?.close?.(),
  ];
}

const codes = ({ failures }: PassReport): readonly string[] => failures.map(({ code }) => code);
const emptyFile = (): Promise<void> => shop.edit(shop.kongFile, () => '_format_version: "3.0"\n');

it('follows where everything that it applied is to go', async () => {
  await pass();
  await emptyFile();
  await shop.edit(shop.configFile, (text) => text.replace(/^expose:.*$/m, ''));
  const held = await pass();

  const confirmed = await shop.run('sync', '--confirm-deletes');
  await pass();
  const after = await pass();

  expect(codes(held)).toContain('DELETIONS_HELD_BACK');
  expect(confirmed.code).toBe(0);
  expect(codes(after)).not.toContain('DELETIONS_HELD_BACK');
  expect(await shop.names('routes')).not.toContain('orders');
});

it('follows where others have made what is to go', async () => {
  await shop.call('POST', '/services', { name: 'stranger', host: 'h' });
  await pass();
  const held = await pass();

  await shop.run('sync', '--confirm-deletes');
  await pass();
  const after = await pass();

  expect(codes(held)).toContain('DELETIONS_NEVER_APPLIED');
  expect(codes(after)).not.toContain('DELETIONS_NEVER_APPLIED');
  expect(await shop.names('services')).not.toContain('stranger');
});

describe('where the mesh has lost everything', () => {
  const loseMesh = (): void => {
    for (const name of ['orders', 'payments', 'public-reports']) shop.removeService(name);
  };

  it('takes it for real as well, and puts nothing back', async () => {
    await pass();
    loseMesh();
    const held = await pass();

    const confirmed = await shop.run('sync', '--confirm-deletes');
    const after = [await pass(), await pass(), await pass()];

    expect(codes(held)).toContain('OBSERVATION_HELD_BACK');
    expect(`${confirmed.out}${confirmed.err}`).not.toContain('HELD_BACK');
    expect(after.flatMap(codes)).not.toContain('OBSERVATION_HELD_BACK');
    expect(after.map(({ services }) => services)).toEqual([0, 0, 0]);
    expect(await shop.names('services')).not.toContain('public-reports');
  });

  it('does not take an earlier confirmation for one of a later loss', async () => {
    await pass();
    loseMesh();
    await pass();
    await shop.run('sync', '--confirm-deletes');
    await pass();
    for (const name of ['orders', 'payments', 'public-reports']) shop.addService(name);
    await pass();

    loseMesh();
    const again = await pass();

    expect(codes(again)).toContain('OBSERVATION_HELD_BACK');
    expect(await shop.names('services')).toContain('public-reports');
  });

  it('does not take the confirmation of another loss', async () => {
    await pass();
    for (const name of ['payments', 'public-reports']) shop.removeService(name);
    await shop.edit(shop.configFile, (text) => `${text}guard: { atLeast: 0 }\n`);
    await shop.run('sync', '--confirm-deletes');
    shop.removeService('orders');

    const held = [await pass(), await pass()];

    expect(held.map(codes)).toEqual([
      expect.arrayContaining(['OBSERVATION_HELD_BACK']),
      expect.arrayContaining(['OBSERVATION_HELD_BACK']),
    ]);
  });
});
