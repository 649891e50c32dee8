/** A second daemon works on the same Kong, in its own time or just beside ours. */
import { pickFrom, type Operation } from './operation';
import type { Random } from '../../faults/random';
import type { Walk } from '../walk';
import type { SecondOwner } from '../world/second-owner';

export const secondOwnerOperations: readonly Operation[] = [
  withSecond('the second owner edits its file', 3, async (second, walk, random) => {
    const did = await second.edit(random, walk.fresh());
    return `${did}, then ${await passOf(walk, random)}`;
  }),
  withSecond('the second owner makes a pass', 2, (_, walk, random) => passOf(walk, random)),
  withSecond('the second owner wants a name of ours', 2, async (second, walk, random) => {
    const service = pickFrom(random, walk.version.services);
    if (!service || !walk.holds(`services/${service.name}`)) return undefined;
    await second.claim(service.name);
    return `${service.name}, then ${await passOf(walk, random)}`;
  }),
  withSecond('the second owner restarts', 1, async (second, walk, random) => {
    second.restart();
    return `then ${await passOf(walk, random)}`;
  }),
];

async function passOf(walk: Walk, random: Random): Promise<string> {
  const beside = random.next() < 0.5;
  await walk.passOfSecond({ beside });
  return beside ? 'a pass of both' : 'a pass of its own';
}

function withSecond(
  name: string,
  weight: number,
  run: (second: SecondOwner, walk: Walk, random: Random) => Promise<string | undefined>,
): Operation {
  return {
    name,
    weight,
    run: (walk, random) => (walk.world.second ? run(walk.world.second, walk, random) : undefined),
  };
}
