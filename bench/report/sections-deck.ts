import type { Section } from './section';

type Figure = Section['figures'][number];

const steps = [
  ['initial', 'the first sync'],
  ['noop', 'a sync with nothing to do'],
  ['oneChange', 'a sync of one changed target'],
  ['diffNoop', 'a diff with nothing to do'],
  ['diffNew', 'a diff against an empty Kong'],
  ['validate', 'validating the file offline'],
] as const;

export const startSection: Section = {
  bench: 'start',
  title: 'Starting a command',
  about: `A command loads what it uses. Node itself with an empty program is the floor; the rest is loading the
command line, and for \`validate\` the reader and the checks of Kong's configuration.`,
  figures: [
    { name: 'nodeCpuMs', unit: 'ms', means: 'CPU of Node with an empty program' },
    { name: 'helpCpuMs', unit: 'ms', means: 'CPU of `kong-meshd --help`' },
    {
      name: 'validateSmallCpuMs',
      unit: 'ms',
      means: 'CPU of `kong-meshd validate` of one service with one route',
    },
  ],
};

export const syncSection: Section = {
  bench: 'sync',
  title: 'Syncing a Kong with a database',
  about: `N services, each with a route, a plugin, an upstream and two targets (6N entities), into a stand-in
for the Admin API in another process: by the command line, each time as a new process, and in a daemon
that runs.`,
  figures: [
    by('initialS', 's', 'the first sync'),
    by('initialCpuS', 's', 'its CPU'),
    by('initialRssMiB', 'MiB', 'its highest memory'),
    by('initialCalls', '', 'its calls'),
    by('noopWallS', 's', 'a sync with nothing to do'),
    by('noopCpuS', 's', 'its CPU'),
    by('noopRssMiB', 'MiB', 'its highest memory'),
    by('noopCalls', '', 'its calls'),
    by('validateS', 's', 'validating the file offline'),
    by('validateCpuS', 's', 'its CPU'),
    by('validateRssMiB', 'MiB', 'its highest memory'),
    by('unchangedCalls', '', 'calls of an unchanged pass in the daemon'),
    by('probeCalls', '', 'calls of a look for drift in the daemon'),
    by('oneChangeCalls', '', 'calls for one changed target in the daemon'),
    by('oneChangeMs', 'ms', 'from the changed target to the answer of Kong, in the daemon'),
    by('oneChangePassMs', 'ms', 'the same with the files read again'),
  ],
  charts: [
    {
      file: 'sync.svg',
      title: 'A one-shot sync, by the number of services',
      alt: 'CPU of the first sync and of one with nothing to do, by the number of services.',
      x: { label: 'services (six entities each)', scale: 'log' },
      y: { label: 's of CPU', scale: 'log' },
      series: [
        { figure: 'initialCpuS', label: 'first sync' },
        { figure: 'noopCpuS', label: 'nothing to do' },
        { figure: 'validateCpuS', label: 'validate, offline' },
      ],
    },
  ],
};

/** Only where a decK was there to run. */
export const deckSection: Section = {
  bench: 'deck',
  title: 'Side by side with decK',
  about: `The same commands of both programs in one run, on the same file and the same stand-in for the
Admin API, which is new for each. \`DECK_BIN=/path/to/deck npm run bench -- deck --json\`. Floors: Node's
own start, and calls times what one costs, most of it the stand-in's: decK and kong-meshd list the targets of
each upstream by a call of its own, as Kong has no other list of them.`,
  figures: [
    { name: 'nodeWallS', unit: 's', means: 'Node with an empty program' },
    { name: 'nodeCpuS', unit: 's', means: 'its CPU' },
    { name: 'nodeRssMiB', unit: 'MiB', means: 'its highest memory' },
    ...steps.flatMap(([step, means]) => {
      const capital = step.charAt(0).toUpperCase() + step.slice(1);
      return [
        by(`ours${capital}WallS`, 's', `${means}, kong-meshd`),
        by(`deck${capital}WallS`, 's', `${means}, decK`),
        by(`${step}WallRatio`, '', "decK's time by ours"),
        by(`ours${capital}CpuS`, 's', 'CPU, kong-meshd'),
        by(`deck${capital}CpuS`, 's', 'CPU, decK'),
        by(`ours${capital}RssMiB`, 'MiB', 'highest memory, kong-meshd'),
        by(`deck${capital}RssMiB`, 'MiB', 'highest memory, decK'),
        by(`ours${capital}Calls`, '', 'calls, kong-meshd'),
        by(`deck${capital}Calls`, '', 'calls, decK'),
      ];
    }),
  ],
  charts: [
    {
      file: 'deck.svg',
      title: 'A sync with nothing to do',
      alt: 'CPU of a sync with nothing to do by the number of services, kong-meshd beside decK.',
      x: { label: 'services (six entities each)', scale: 'log' },
      y: { label: 's of CPU', scale: 'log' },
      series: [
        { figure: 'oursNoopCpuS', label: 'kong-meshd' },
        { figure: 'deckNoopCpuS', label: 'decK' },
      ],
    },
  ],
};

function by(name: string, unit: string, means: string): Figure {
  return { name, unit, means, by: 'services' };
}
