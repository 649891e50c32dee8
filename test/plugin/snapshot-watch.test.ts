import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { formatSnapshot, writeSnapshot } from '../../catalog/snapshot';
import {
  closeSnapshotWatches,
  sharedSnapshotWatch,
  watchSnapshot,
  type SnapshotWatch,
  type WatchOptions,
} from '../../plugin/mesh-upstream/snapshot-watch';
import { serviceOf, snapshotOf } from './support/snapshot-of';

const textOf = (...names: string[]): string =>
  formatSnapshot(snapshotOf(names.map((name) => serviceOf(name))));

const neverByTimer = 3_600_000;

describe('watchSnapshot', () => {
  let folder: string;
  let path: string;
  let lines: [string, string][];
  const open: SnapshotWatch[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshot-watch-'));
    path = join(folder, 'catalog.json');
    lines = [];
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await rm(folder, { recursive: true, force: true });
  });

  async function start(options: WatchOptions = {}): Promise<SnapshotWatch> {
    const watch = watchSnapshot(path, {
      rereadMs: neverByTimer,
      log: (level, message) => lines.push([level, message]),
      ...options,
    });
    open.push(watch);
    await watch.firstRead;
    // The watcher's own start is not awaited by requests; a test must not outrun it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return watch;
  }

  async function until(condition: () => boolean): Promise<void> {
    const end = Date.now() + 10_000;
    while (!condition() && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(condition()).toBe(true);
  }

  const has = (watch: SnapshotWatch, name: string) => () =>
    watch.current?.find({ service: name }).found === true;

  it('reads what is there', async () => {
    await writeFile(path, textOf('orders'));

    const watch = await start();

    expect(has(watch, 'orders')()).toBe(true);
  });

  it('knows since when the file has not held what is in use', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();
    const read = watch.goodAtMs;

    await watch.refresh();
    const checked = watch.goodAtMs;
    await rename(path, `${path}.away`);
    await watch.refresh();
    await writeFile(path, 'not a snapshot');
    await watch.refresh();
    await watch.refresh();
    const whileBad = watch.goodAtMs;
    await rename(`${path}.away`, path);
    await watch.refresh();

    expect(checked).toBeGreaterThan(read);
    expect(whileBad).toBe(checked);
    expect(watch.goodAtMs).toBeGreaterThan(whileBad);
  });

  it('keeps the last good one where a pipe takes its place, and takes the next file', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();
    execFileSync('mkfifo', [`${path}.pipe`]);

    await rename(`${path}.pipe`, path);
    await watch.refresh();
    const meanwhile = has(watch, 'orders')();
    await writeSnapshot(path, snapshotOf([serviceOf('payments')]));
    await watch.refresh();

    expect(meanwhile).toBe(true);
    expect(has(watch, 'payments')()).toBe(true);
    expect(lines).toContainEqual(['warn', expect.stringContaining('no regular file')]);
  });

  it('tells content of one size and one CRC apart', async () => {
    const [first, second] = collidingNames();
    await writeFile(path, textOf(first));
    const watch = await start();

    await writeFile(path, textOf(second));

    await until(has(watch, second));
    expect(has(watch, first)()).toBe(false);
  });

  it('sees an atomic replacement', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();

    await writeSnapshot(path, snapshotOf([serviceOf('payments')]));

    await until(has(watch, 'payments'));
    expect(has(watch, 'orders')()).toBe(false);
  });

  it('sees a second atomic replacement as well', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();
    await writeSnapshot(path, snapshotOf([serviceOf('payments')]));
    await until(has(watch, 'payments'));

    await writeSnapshot(path, snapshotOf([serviceOf('invoices')]));

    await until(has(watch, 'invoices'));
  });

  it('sees a swapped symlink of a mounted ConfigMap', async () => {
    for (const version of ['..v1', '..v2']) await mkdir(join(folder, version));
    await writeFile(join(folder, '..v1', 'catalog.json'), textOf('orders'));
    await writeFile(join(folder, '..v2', 'catalog.json'), textOf('payments'));
    await symlink('..v1', join(folder, '..data'));
    await symlink('..data/catalog.json', path);
    const watch = await start();
    expect(has(watch, 'orders')()).toBe(true);

    await symlink('..v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));

    await until(has(watch, 'payments'));
  });

  it('finds a file that appears later', async () => {
    const watch = await start();
    expect(watch.current).toBeUndefined();

    await writeFile(path, textOf('orders'));

    await until(has(watch, 'orders'));
  });

  it('keeps the last good one while the file is half written, and takes the whole', async () => {
    const text = textOf('payments', 'invoices');
    await writeFile(path, textOf('orders'));
    const watch = await start();

    await writeFile(path, text.slice(0, text.length / 2));
    await until(() => lines.some(([level]) => level === 'warn'));

    expect(has(watch, 'orders')()).toBe(true);
    await writeFile(path, text);
    await until(has(watch, 'invoices'));
  });

  it('keeps the last good one when the file is gone', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();

    await unlink(path);
    await until(() => lines.some(([level]) => level === 'warn'));

    expect(has(watch, 'orders')()).toBe(true);
  });

  it('heals by its timer where no event comes', async () => {
    // The watched folder does not exist, so there is nothing to get events from.
    path = join(folder, 'later', 'deeper', 'catalog.json');
    const watch = await start({ rereadMs: 20 });

    await mkdir(join(folder, 'later', 'deeper'), { recursive: true });
    await writeFile(path, textOf('orders'));

    await until(has(watch, 'orders'));
  });

  it('does not parse the same content again', async () => {
    await writeFile(path, textOf('orders'));
    const watch = await start();
    const before = watch.current;

    await writeFile(`${path}.new`, textOf('orders'));
    await rename(`${path}.new`, path);
    await watch.refresh();

    expect(watch.current).toBe(before);
    expect(lines.filter(([level]) => level === 'info')).toHaveLength(1);
  });

  it('reports a bad file once, not at every look', async () => {
    await writeFile(path, 'not json');
    const watch = await start();

    await watch.refresh();
    await watch.refresh();

    expect(lines.filter(([level]) => level === 'warn')).toHaveLength(1);
    expect(lines[0]?.[1]).toContain(path);
  });
});

describe('sharedSnapshotWatch', () => {
  afterEach(closeSnapshotWatches);

  it('is one per file, however its path is written', async () => {
    const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);

    const first = sharedSnapshotWatch('/nonexistent/catalog.json');
    const second = sharedSnapshotWatch('/nonexistent/../nonexistent/catalog.json');
    const other = sharedSnapshotWatch('/nonexistent/other.json');

    await Promise.all([first.firstRead, other.firstRead]);
    write.mockRestore();
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });
});

/**
 * Two names whose snapshots have one CRC-32: it is linear, so among more than 32 letters that may be
 * one of two there is a choice of changes that cancel each other out.
 */
function collidingNames(): [string, string] {
  const length = 40;
  const nameOf = (changed: ReadonlySet<number>): string =>
    Array.from({ length }, (_, index) => (changed.has(index) ? 'c' : 'a')).join('');
  const crcOf = (changed: ReadonlySet<number>): number => crc32(textOf(nameOf(changed)));
  const base = crcOf(new Set());
  const reduced = new Map<number, { sum: number; changed: Set<number> }>();
  for (let index = 0; index < length; index += 1) {
    let sum = (crcOf(new Set([index])) ^ base) >>> 0;
    let changed = new Set([index]);
    for (let bit = 31; bit >= 0 && sum !== 0; bit -= 1) {
      if ((sum & (2 ** bit)) === 0) continue;
      const known = reduced.get(bit);
      if (!known) {
        reduced.set(bit, { sum, changed });
        sum = 0;
        changed = new Set();
        break;
      }
      sum = (sum ^ known.sum) >>> 0;
      for (const each of known.changed) if (!changed.delete(each)) changed.add(each);
    }
    if (sum === 0 && changed.size > 0 && crcOf(changed) === base) {
      return [nameOf(new Set()), nameOf(changed)];
    }
  }
  throw new Error('no collision');
}
