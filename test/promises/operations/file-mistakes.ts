/** What users and their tools do to a file by mistake. What they mean stays what the version says. */
import { rm } from 'node:fs/promises';

import { render } from '../model/render';
import { fileMistakes, guardMistakes, withoutMistakes, type Version } from '../model/version';
import type { Random } from '../../faults/random';
import { edit, moveGuard, renameRoute, renameService } from './file-edits';
import { pickFrom, type Operation } from './operation';

export const fileMistakeOperations: readonly Operation[] = [
  edit('move a guard with a mistake', 6, (version, random) => {
    const moved = moveGuard(version, random);
    const guard = moved?.guards.find((one) => !version.guards.includes(one));
    if (!moved || !guard) return undefined;
    return withGuardMistake(moved, guard.id, random);
  }),
  edit('make a mistake in a guard', 3, (version, random) => {
    const guard = pickFrom(random, version.guards);
    return guard && withGuardMistake(version, guard.id, random);
  }),
  edit('rename what a mistaken guard is on', 3, (version, random, fresh) => {
    const guard = pickFrom(
      random,
      version.guards.filter(({ scope }) => scope.kind !== 'global'),
    );
    if (!guard || guard.scope.kind === 'global') return undefined;
    const { kind, name } = guard.scope;
    const rename = kind === 'route' ? renameRoute : renameService;
    const renamed = rename(version, name, `${kind.charAt(0)}${fresh()}`);
    return withGuardMistake(renamed, guard.id, random);
  }),
  edit('make a mistake in the file', 5, (version, random) => {
    return { ...version, mistake: random.pick(fileMistakes) };
  }),
  edit('mend the file', 8, (version) => withoutMistakes(version)),
  {
    name: 'copy the file slowly',
    weight: 5,
    async run(walk, random) {
      const whole = render(walk.version, { selectTags: walk.selectTags });
      const text = whole.toString();
      const lines = text.split('\n');
      const cut =
        random.next() < 0.7
          ? lines.slice(0, random.between(1, lines.length - 1)).join('\n')
          : text.slice(0, random.between(20, text.length - 1));
      await walk.warp.atRealPace(async () => {
        await walk.world.writeInPlace(Buffer.from(`${cut}\n`));
        await walk.pass();
        await walk.world.writeInPlace(whole);
      });
      await walk.askSome(random);
      return `only its first ${cut.length} of ${text.length} bytes are there for a pass`;
    },
  },
  {
    name: 'replace the file by removing it first',
    weight: 1,
    async run(walk) {
      await rm(walk.world.places.kongFile, { force: true });
      await walk.pass();
      await walk.world.writeFile(walk.version);
      return 'it is gone for a pass';
    },
  },
];

function withGuardMistake(version: Version, id: number, random: Random): Version {
  const mistake = random.pick(guardMistakes);
  const guards = version.guards.map((guard) => (guard.id === id ? { ...guard, mistake } : guard));
  return { ...version, guards };
}
