/**
 * decK and kong-meshd side by side: the same commands on the same state file against the same
 * stand-in for a Kong with a database, which is new for each. `DECK_BIN` names the decK to run.
 */
import { access, constants } from 'node:fs/promises';

import type { Figures } from './figures';
import { BenchSkipped } from './skip';
import { runMeasured } from './support/run-measured';
import { startSyncWorld, type SyncWorld, type Usage } from './support/sync-world';

const sizes = [100, 1_000, 10_000] as const;

/** In this order: each starts from what the one before it left. */
const steps = ['validate', 'diffNew', 'initial', 'diffNoop', 'noop', 'oneChange'] as const;
type Step = (typeof steps)[number];
type Usages = Readonly<Record<Step, Usage>>;
type RunCommand = (command: 'validate' | 'diff' | 'sync') => Promise<Usage>;

/**
 * Keys end with the number of services. For each of `validate` (offline), `diffNew` (against an empty
 * Kong), `initial` sync, `diffNoop` and `noop` sync (nothing to do) and `oneChange` (a sync with one
 * target changed): `ours…` and `deck…` with `WallS`, `CpuS`, `RssMiB`, `Calls`; and `…WallRatio`,
 * `…CpuRatio`, `…RssRatio`: decK's by ours. `nodeWallS`, `nodeCpuS`, `nodeRssMiB`: Node with an empty
 * program, below which nothing of ours can come.
 * @throws BenchSkipped without DECK_BIN.
 */
export async function run(): Promise<Figures> {
  const deck = process.env['DECK_BIN'];
  if (deck === undefined || deck === '') throw new BenchSkipped('DECK_BIN names no decK');
  await access(deck, constants.X_OK).catch(() => {
    throw new BenchSkipped('what DECK_BIN names cannot be run');
  });
  const { wallS, cpuS, rssMiB } = await runMeasured(process.execPath, ['-e', '0']);
  const figures: Record<string, number> = { nodeWallS: wallS, nodeCpuS: cpuS, nodeRssMiB: rssMiB };
  for (const services of sizes) {
    process.stderr.write(`deck: ${String(services)} services\n`);
    const ours = await play(services, (world) => (command) => world.measure(command));
    const theirs = await play(services, (world) => deckIn(world, deck));
    for (const [name, value] of Object.entries(compare(ours, theirs))) {
      figures[`${name}${String(services)}`] = Math.round(value * 100) / 100;
    }
  }
  return figures;
}

async function play(services: number, of: (world: SyncWorld) => RunCommand): Promise<Usages> {
  const world = await startSyncWorld(services);
  try {
    const command = of(world);
    const validate = await command('validate');
    const diffNew = await command('diff');
    const initial = await command('sync');
    const diffNoop = await command('diff');
    const noop = await command('sync');
    await world.writeKongFile(77);
    const oneChange = await command('sync');
    return { validate, diffNew, initial, diffNoop, noop, oneChange };
  } finally {
    await world.stop();
  }
}

function deckIn(world: SyncWorld, deck: string): RunCommand {
  const gateway = ['--kong-addr', world.url, '--select-tag', 'bench'];
  return (command) =>
    world.measureOther(
      deck,
      command === 'validate'
        ? ['file', 'validate', world.kongFile]
        : ['gateway', command, ...gateway, world.kongFile],
    );
}

function compare(ours: Usages, theirs: Usages): Figures {
  const figures: Record<string, number> = {};
  for (const step of steps) {
    const capital = step.charAt(0).toUpperCase() + step.slice(1);
    for (const [side, usages] of Object.entries({ ours, deck: theirs })) {
      const { wallS, cpuS, rssMiB, calls } = usages[step];
      figures[`${side}${capital}WallS`] = wallS;
      figures[`${side}${capital}CpuS`] = cpuS;
      figures[`${side}${capital}RssMiB`] = rssMiB;
      figures[`${side}${capital}Calls`] = calls;
    }
    figures[`${step}WallRatio`] = theirs[step].wallS / ours[step].wallS;
    figures[`${step}CpuRatio`] = theirs[step].cpuS / ours[step].cpuS;
    figures[`${step}RssRatio`] = theirs[step].rssMiB / ours[step].rssMiB;
  }
  return figures;
}
