import { recordedPluginSchemas } from '../../../../sandbox/gateway/entities/recorded-schemas';
import { compareWith } from './comparable';
import { listRecorded, readRecorded } from './recorded-exchange';
import {
  databaseFolders,
  dblessEnd,
  dblessLast,
  dblessStart,
  exclusions,
  setups,
} from './recorded-sequences';
import { Replay } from './replay';

function orderDbless(): string[] {
  const fixed = new Set([...dblessStart, ...dblessEnd, ...dblessLast]);
  const others = listRecorded('dbless').filter((file) => !fixed.has(file));
  const isLoad = (file: string): boolean => file.startsWith('config-bad');
  return [
    ...dblessStart,
    ...others.filter(isLoad),
    ...dblessEnd,
    ...others.filter((file) => !isLoad(file)),
    ...dblessLast,
  ];
}

function orderDatabase(): string[] {
  const files = listRecorded('db-seq');
  return databaseFolders.flatMap((folder) => files.filter((file) => file.startsWith(folder)));
}

const sequences = [
  { folder: 'dbless', mode: 'dbless', files: orderDbless() },
  { folder: 'dbless-seq', mode: 'dbless', files: listRecorded('dbless-seq') },
  { folder: 'db', mode: 'db', files: listRecorded('db') },
  { folder: 'db-seq', mode: 'db', files: orderDatabase() },
  { folder: 'schemas', mode: 'dbless', files: listRecorded('schemas') },
] as const;

describe.each(sequences)('the recorded exchanges of $folder', ({ folder, mode, files }) => {
  const replay = new Replay({ mode, statusPort: 0 });

  beforeAll(() => replay.start());
  afterAll(() => replay.stop());

  it.each(files.filter((file) => !(`${folder}/${file}` in exclusions)))('%s', async (file) => {
    const exchange = readRecorded(folder, file);
    await setups[`${folder}/${file}`]?.(replay);

    const answer = await replay.send(exchange);

    const { actual, recorded } = compareWith(exchange, answer);
    expect(actual).toEqual(recorded);
  });
});

describe('the list of recorded exchanges', () => {
  it.each(sequences)('has every file of $folder once', ({ folder, files }) => {
    expect([...files].sort()).toEqual(listRecorded(folder));
  });

  it('excludes and prepares only what exists', () => {
    const all = sequences.flatMap(({ folder, files }) => files.map((file) => `${folder}/${file}`));

    const unknown = [...Object.keys(exclusions), ...Object.keys(setups)].filter(
      (file) => !all.includes(file),
    );

    expect(unknown).toEqual([]);
  });

  it('has a recorded schema for every plugin that the stand-in knows by recording', () => {
    const recorded = listRecorded('schemas')
      .filter((file) => file.startsWith('plugin-'))
      .map((file) => file.replace('plugin-', ''));

    expect(Object.keys(recordedPluginSchemas).sort()).toEqual(recorded.sort());
  });
});
