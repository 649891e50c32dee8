import {
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { kongFiles } from '../../../daemon/config/kong-files';
import { eventually } from '../../../sandbox/eventually';

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kong-files-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(...paths: string[]): Promise<readonly string[]> {
  const files = await kongFiles(paths.map((path) => at(path))).read();
  return files.map(({ path, text }) => `${path.slice(folder.length + 1)}=${text}`);
}

it('reads one file, whatever its name', async () => {
  await writeFile(at('kong.conf'), 'a');

  expect(await read('kong.conf')).toEqual(['kong.conf=a']);
});

it('reads a folder in the order of names, with the folders inside, and skips what is not ours', async () => {
  await mkdir(at('conf', 'team', 'deep'), { recursive: true });
  await mkdir(at('conf', 'pictures'));
  await writeFile(at('conf', 'b.yaml'), 'b');
  await writeFile(at('conf', 'a.yml'), 'a');
  await writeFile(at('conf', 'c.json'), '{}');
  await writeFile(at('conf', 'README.md'), 'no');
  await writeFile(at('conf', '.hidden.yml'), 'no');
  await writeFile(at('conf', 'pictures', 'x.png'), 'no');
  await writeFile(at('conf', 'team', 'deep', 'd.yml'), 'd');

  expect(await read('conf')).toEqual([
    'conf/a.yml=a',
    'conf/b.yaml=b',
    'conf/c.json={}',
    'conf/team/deep/d.yml=d',
  ]);
});

it('skips a folder whose only YAML is hidden', async () => {
  await mkdir(at('conf', 'team', '.cache'), { recursive: true });
  await writeFile(at('conf', 'a.yml'), 'a');
  await writeFile(at('conf', 'team', '.cache', 'x.yml'), 'no');

  expect(await read('conf')).toEqual(['conf/a.yml=a']);
});

it('reads several paths in the order given', async () => {
  await mkdir(at('conf'));
  await writeFile(at('conf', 'a.yml'), 'a');
  await writeFile(at('z.yml'), 'z');

  expect(await read('z.yml', 'conf')).toEqual(['z.yml=z', 'conf/a.yml=a']);
});

it('gives back the very same array while nothing changes', async () => {
  await writeFile(at('kong.yml'), 'a');
  const files = kongFiles([at('kong.yml')]);

  const first = await files.read();
  const second = await files.read();

  expect(second).toBe(first);
});

it.each([
  ['written to', () => writeFile(at('kong.yml'), 'changed')],
  ['cut short', () => truncate(at('kong.yml'), 1)],
  [
    'replaced by a rename',
    async () => {
      await writeFile(at('.new'), 'other');
      await rename(at('.new'), at('kong.yml'));
    },
  ],
  [
    'replaced by one of the same size',
    async () => {
      await writeFile(at('.new'), 'fresh');
      await rename(at('.new'), at('kong.yml'));
    },
  ],
])('sees a file that is %s', async (_, change) => {
  await writeFile(at('kong.yml'), 'first');
  const files = kongFiles([at('kong.yml')]);
  const before = await files.read();

  await change();
  const after = await files.read();

  expect(before[0]?.text).toBe('first');
  expect(after).not.toBe(before);
  expect(after[0]?.text).not.toBe('first');
});

it('waits for a file that is being written to', async () => {
  await writeFile(at('kong.yml'), 'whole');
  const files = kongFiles([at('kong.yml')]);
  await files.read();

  const writer = await open(at('kong.yml'), 'w');
  const reading = files.read();
  for (const part of ['one ', 'two ', 'three']) {
    await writer.write(part);
    await sleep(30);
  }
  await writer.close();
  const read = await reading;

  expect(read[0]?.text).toBe('one two three');
});

it('sees a file that comes and one that goes', async () => {
  await mkdir(at('conf'));
  await writeFile(at('conf', 'a.yml'), 'a');
  const files = kongFiles([at('conf')]);

  const counts = [(await files.read()).length];
  await writeFile(at('conf', 'b.yml'), 'b');
  counts.push((await files.read()).length);
  await rm(at('conf', 'a.yml'));
  counts.push((await files.read()).length);

  expect(counts).toEqual([1, 2, 1]);
});

it('follows links, as volumes of ConfigMaps are made of them', async () => {
  await mkdir(at('..data_1'));
  await writeFile(at('..data_1', 'kong.yml'), 'one');
  await symlink('..data_1', at('..data'));
  await symlink(join('..data', 'kong.yml'), at('kong.yml'));
  const files = kongFiles([at('kong.yml')]);
  const before = await files.read();

  await mkdir(at('..data_2'));
  await writeFile(at('..data_2', 'kong.yml'), 'two');
  await symlink('..data_2', at('..data_tmp'));
  await rename(at('..data_tmp'), at('..data'));
  const after = await files.read();

  expect([before[0]?.text, after[0]?.text]).toEqual(['one', 'two']);
});

describe('rest', () => {
  it('is the settle time away from a file that changed just now, and comes with time', async () => {
    await writeFile(at('kong.yml'), 'a');
    const files = kongFiles([at('kong.yml')], { settleMs: 400 });
    await files.read();
    const first = files.settlesInMs();
    await sleep(first + 20);
    await files.read();

    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(400);
    expect(files.settlesInMs()).toBe(0);
  });

  it('is lost with each further write, also where the times of the file are set back', async () => {
    await writeFile(at('kong.yml'), 'a');
    const files = kongFiles([at('kong.yml')], { settleMs: 2000 });
    await files.read();
    await sleep(300);
    const before = files.settlesInMs();
    await writeFile(at('kong.yml'), 'ab');
    await utimes(at('kong.yml'), 1, 1);
    await files.read();

    expect(files.settlesInMs()).toBeGreaterThan(before);
  });

  it('is lost where a file of a folder goes, for a process that never saw it, too', async () => {
    await mkdir(at('conf'));
    await writeFile(at('conf', 'a.yml'), 'a');
    await writeFile(at('conf', 'b.yml'), 'b');
    await sleep(300);
    await rm(at('conf', 'b.yml'));
    const files = kongFiles([at('conf')], { settleMs: 250 });
    await files.read();

    expect(files.settlesInMs()).toBeGreaterThan(0);
  });

  it('is not awaited for what lies unchanged since long before', async () => {
    await writeFile(at('kong.yml'), 'a');
    await sleep(300);
    const files = kongFiles([at('kong.yml')], { settleMs: 200 });
    await files.read();

    expect(files.settlesInMs()).toBe(0);
  });

  it.each([
    ['written in place', () => writeFile(at('kong.yml'), 'b'), true],
    [
      'renamed after the last write',
      async () => {
        await writeFile(at('.new'), 'b');
        await sleep(20);
        await rename(at('.new'), at('kong.yml'));
      },
      false,
    ],
    [
      'given its times after the last write',
      async () => {
        await writeFile(at('kong.yml'), 'b');
        await utimes(at('kong.yml'), 1, 1);
      },
      false,
    ],
    [
      'written to after its rename',
      async () => {
        await writeFile(at('.new'), 'b');
        await sleep(20);
        await rename(at('.new'), at('kong.yml'));
        await writeFile(at('kong.yml'), 'c');
      },
      true,
    ],
  ])('tells of a file that was %s whether it may grow', async (_, write, mayGrow) => {
    await writeFile(at('kong.yml'), 'a');
    await write();
    const files = kongFiles([at('kong.yml')]);
    await files.read();

    expect(files.mayGrow()).toBe(mayGrow);
  });

  it('is what several files need, as another of them may still be to come', async () => {
    await mkdir(at('conf'));
    for (const name of ['a', 'b']) await writeFile(at('conf', `${name}.yml`), name);
    for (const name of ['a', 'b']) await utimes(at('conf', `${name}.yml`), 1, 1);
    const files = kongFiles([at('conf')], { settleMs: 400 });
    await files.read();
    const before = files.mayGrow();
    await sleep(420);
    await files.read();

    expect([before, files.mayGrow()]).toEqual([true, false]);
  });

  it('is not disturbed by what others write beside the files', async () => {
    await mkdir(at('conf'));
    await writeFile(at('conf', 'a.yml'), 'a');
    const files = kongFiles([at('conf')], { settleMs: 300 });
    await files.read();
    for (let round = 0; round < 5; round++) {
      await writeFile(at('conf', `state-${String(round)}.tmp`), 'x');
      await sleep(80);
      await files.read();
    }

    expect(files.settlesInMs()).toBe(0);
  });
});

it('rejects as a whole where one of several is missing', async () => {
  await writeFile(at('a.yml'), 'a');

  await expect(read('a.yml', 'b.yml')).rejects.toMatchObject({
    code: 'KONG_CONFIG_MISSING',
    place: { file: at('b.yml') },
    remedy: expect.stringContaining('kong.config') as string,
  });
});

it.each([
  ['Latin-1', Buffer.from('a: b\nname: caf\xe9\n', 'latin1'), { line: 2, column: 10 }],
  ['UTF-16', Buffer.from('\ufeffa: b\n', 'utf16le'), { line: 1, column: 1 }],
  ['a character cut in half', Buffer.from('a: \u20ac').subarray(0, 5), { line: 1, column: 4 }],
])('rejects %s with the place of its first bad byte', async (_, bytes, place) => {
  await writeFile(at('kong.yml'), bytes);

  await expect(read('kong.yml')).rejects.toMatchObject({
    code: 'KONG_CONFIG_ENCODING',
    place: { file: at('kong.yml'), ...place },
  });
});

it('takes the replacement character where it is what was written', async () => {
  await writeFile(at('kong.yml'), 'a: \ufffd');

  expect(await read('kong.yml')).toEqual(['kong.yml=a: \ufffd']);
});

it('rejects on a folder without a configuration', async () => {
  await mkdir(at('conf'));
  await writeFile(at('conf', 'README.md'), 'no');

  await expect(read('conf')).rejects.toMatchObject({
    code: 'KONG_CONFIG_EMPTY',
    message: expect.stringContaining(at('conf')) as string,
  });
});

it('rejects where the path leads through a file', async () => {
  await writeFile(at('kong.yml'), 'a');

  await expect(read('kong.yml/x.yml')).rejects.toMatchObject({
    code: 'KONG_CONFIG_UNREADABLE',
    message: expect.stringContaining('ENOTDIR') as string,
  });
});

describe('the watch', () => {
  let calls = 0;
  let stop: () => void;

  beforeEach(async () => {
    await writeFile(at('kong.yml'), 'a');
    calls = 0;
    stop = kongFiles([at('kong.yml')]).watch(() => calls++);
  });

  afterEach(() => stop());

  // It tells of what comes after it is set up and may take changes together: so they are repeated.
  it.each([
    ['a write', () => writeFile(at('kong.yml'), String(performance.now()))],
    [
      'a replacement by rename',
      async () => {
        await writeFile(at('.new'), String(performance.now()));
        await rename(at('.new'), at('kong.yml'));
      },
    ],
  ])('calls back on %s', async (_, change) => {
    await eventually('a call', async () => {
      await change();
      return calls > 0 ? true : undefined;
    });

    expect(calls).toBeGreaterThan(0);
  });
});
