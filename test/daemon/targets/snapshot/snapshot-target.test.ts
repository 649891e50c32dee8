import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Snapshot } from '../../../../catalog/snapshot';
import { createSnapshotTarget } from '../../../../daemon/targets/snapshot/snapshot-target';

const never = new AbortController().signal;

describe('snapshot target', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshot-target-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes once and reads back what it wrote', async () => {
    const target = createSnapshotTarget({ file: join(folder, 'catalog.json') });
    const snapshot = snapshotOf('orders');

    const first = await target.apply(snapshot, never);
    const again = await target.apply(snapshot, never);

    expect([first.written, again.written]).toEqual([true, false]);
    expect(await target.read(never)).toEqual(snapshot);
  });

  it('makes a missing folder that only user and group may enter', async () => {
    const target = createSnapshotTarget({ file: join(folder, 'a', 'b', 'catalog.json') });

    await target.apply(snapshotOf('orders'), never);

    expect((await stat(join(folder, 'a', 'b'))).mode & 0o777).toBe(0o750);
    expect((await stat(target.file)).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['no file', undefined],
    ['a broken file', '{"version": 1'],
  ])('writes an empty catalog where there is %s', async (_name, content) => {
    const file = join(folder, 'catalog.json');
    if (content !== undefined) await writeFile(file, content);
    const target = createSnapshotTarget({ file });

    const report = await target.apply(snapshotOf(), never);

    expect(report).toEqual({ written: true });
  });

  it('tells whether the file is still its own', async () => {
    const target = createSnapshotTarget({ file: join(folder, 'catalog.json') });

    const before = await target.probe(never);
    await target.apply(snapshotOf('orders'), never);
    const same = await target.probe(never);
    await writeFile(target.file, await readFile(target.file));
    const touched = await target.probe(never);
    await createSnapshotTarget(target).apply(snapshotOf('users'), never);
    const replaced = await target.probe(never);
    await rm(target.file);
    const gone = await target.probe(never);

    expect([before, same, touched, replaced, gone]).toEqual([
      'unknown',
      'same',
      'same',
      'drifted',
      'drifted',
    ]);
  });

  it.each([
    ['a folder in its place', 'catalog.json/x', 'catalog.json', /folder has its name/],
    ['a file in place of its folder', 'taken', 'taken/catalog.json', /is a file, not a folder/],
  ])('says what is wrong with %s', async (_name, made, given, message) => {
    if (made.includes('/')) await mkdir(join(folder, made), { recursive: true });
    else await writeFile(join(folder, made), '');
    const target = createSnapshotTarget({ file: join(folder, given) });

    const work = target.apply(snapshotOf('orders'), never);

    await expect(work).rejects.toMatchObject({
      code: 'TARGET_FILE_UNWRITABLE',
      message: expect.stringMatching(message) as string,
    });
  });

  it('does nothing once aborted', async () => {
    const target = createSnapshotTarget({ file: join(folder, 'catalog.json') });
    const reason = new Error('stop');

    const work = target.apply(snapshotOf('orders'), AbortSignal.abort(reason));

    await expect(work).rejects.toBe(reason);
    expect(await target.read(never)).toBeUndefined();
  });
});

function snapshotOf(...names: readonly string[]): Snapshot {
  const services = names.map((name) => ({
    kind: 'MeshService' as const,
    name,
    hostnames: [`${name}.mesh`],
    availability: 'available' as const,
    ports: [{ port: 80, addresses: { mesh: `${name}.mesh:80` } }],
  }));
  return { version: 1, mesh: 'default', hash: names.join(), services };
}
