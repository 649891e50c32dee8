import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Failure } from '../../../catalog/error';
import { createAppliedFile } from '../../../daemon/targets/applied-file';

let folder: string;
let file: string;
let reported: Failure[];
const record = { applied: new Set(['services/1', 'routes/2']), held: new Set(['routes/2']) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'applied-'));
  file = join(folder, 'state.applied.json');
  reported = [];
});

afterEach(() => rm(folder, { recursive: true }));

function store(about = 'here', readOnly = false) {
  return createAppliedFile({ file, about, readOnly, report: (failure) => reported.push(failure) });
}

it('keeps the record over restarts, for its own user alone', async () => {
  await store().write(record);

  expect(await store().read()).toEqual(record);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(reported).toEqual([]);
});

it('says nothing where there is no record yet', async () => {
  expect(await store().read()).toBeUndefined();
  expect(reported).toEqual([]);
});

it.each<[string, () => Promise<void>]>([
  ['of another gateway', () => store('elsewhere').write(record)],
  ['that is not JSON', () => writeFile(file, '{"version":1,', { mode: 0o600 })],
  ['of another version', () => writeFile(file, '{"version":2}', { mode: 0o600 })],
  [
    'that others can write to',
    async () => {
      await store().write(record);
      await chmod(file, 0o666);
    },
  ],
])('does not believe a record %s', async (_name, prepare) => {
  await prepare();

  expect(await store().read()).toBeUndefined();
  expect(reported.map(({ code }) => code)).toEqual(['APPLIED_RECORD_UNUSABLE']);
});

it('says once that the record cannot be written', async () => {
  file = join(folder, 'missing', 'state.applied.json');
  const unwritable = store();

  await unwritable.write(record);
  await unwritable.write(record);

  expect(reported.map(({ code }) => code)).toEqual(['APPLIED_RECORD_UNWRITABLE']);
});

it('writes nothing where everything only is shown', async () => {
  await store('here', true).write(record);

  expect(await store().read()).toBeUndefined();
});
