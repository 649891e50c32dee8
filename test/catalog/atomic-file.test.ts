import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readIfPresent, writeFileAtomic } from '../../catalog/atomic-file';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('temporary files of writers that were killed', () => {
  const abandoned = '.catalog.json.4711.0a1b2c3d.tmp';

  async function plant(name: string, ageMs: number): Promise<void> {
    await writeFile(join(folder, name), 'half');
    const at = new Date(Date.now() - ageMs);
    await utimes(join(folder, name), at, at);
  }

  it.each([
    ['long ago', 3_600_000],
    ['by a clock that was ahead', -3_600_000],
  ])('are removed by the next write where they are from %s', async (_when, ageMs) => {
    await plant(abandoned, ageMs);

    await writeFileAtomic(join(folder, 'catalog.json'), 'new');

    expect(await readdir(folder)).toEqual(['catalog.json']);
  });

  it('stay where they may be in use, or belong to another file', async () => {
    await plant(abandoned, 1_000);
    await plant('.state.json.4711.0a1b2c3d.tmp', 3_600_000);
    await plant('.catalog.json.mine.tmp', 3_600_000);

    await writeFileAtomic(join(folder, 'catalog.json'), 'new');

    expect(await readdir(folder)).toEqual([
      '.catalog.json.4711.0a1b2c3d.tmp',
      '.catalog.json.mine.tmp',
      '.state.json.4711.0a1b2c3d.tmp',
      'catalog.json',
    ]);
  });
});

describe('a pipe in place of the file', () => {
  it('is no content, and waits for nobody', async () => {
    const path = join(folder, 'catalog.json');
    execFileSync('mkfifo', [path]);

    expect(await readIfPresent(path)).toBeUndefined();
  });

  it('is replaced', async () => {
    const path = join(folder, 'catalog.json');
    execFileSync('mkfifo', [path]);

    expect(await writeFileAtomic(path, 'new')).toBe(true);

    expect((await stat(path)).isFile()).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('new');
  });
});

describe('the owner of the file that is replaced', () => {
  const isRoot = process.geteuid?.() === 0;
  const only = isRoot ? it : it.skip;

  only.each([
    ['is kept with its group and mode', 0o755, { uid: 4711, gid: 4712, mode: 0o640 }],
    ['is not where others may have planted the file', 0o777, { uid: 0, gid: 0, mode: 0o640 }],
  ])('%s', async (_, folderMode, expected) => {
    const path = join(folder, 'catalog.json');
    await writeFile(path, 'old', { mode: 0o640 });
    await chmod(path, 0o640);
    await chown(path, 4711, 4712);
    await chmod(folder, folderMode);

    await writeFileAtomic(path, 'new');

    const { uid, gid, mode } = await stat(path);
    expect({ uid, gid, mode: mode & 0o777 }).toEqual(expected);
  });

  only('keeps the group of its own file', async () => {
    const path = join(folder, 'catalog.json');
    await writeFileAtomic(path, 'old', { mode: 0o660 });
    await chown(path, 0, 4712);

    await writeFileAtomic(path, 'new');

    const { gid, mode } = await stat(path);
    expect([gid, mode & 0o777]).toEqual([4712, 0o660]);
  });
});
