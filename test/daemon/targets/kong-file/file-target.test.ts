import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseKongConfig } from '../../../../daemon/kong/parse';
import { diff } from '../../../../daemon/plan/diff';
import { fileProblem } from '../../../../daemon/targets/file-problem';
import { createFileTarget } from '../../../../daemon/targets/kong-file/file-target';
import { oneOfAll } from '../../../contract/no-noise.contract';
import { bring, testKongTarget } from '../../../contract/kong-target.contract';

const never = new AbortController().signal;

testKongTarget(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'file-target-'));
  const inner = join(folder, 'out');
  const another = () => createFileTarget({ path: join(inner, 'kong.yml'), env: {} });
  return {
    target: another(),
    another,
    breakWrites: async () => {
      await rename(inner, `${inner}.away`);
      await writeFile(inner, '');
      return async () => {
        await rm(inner);
        await rename(`${inner}.away`, inner);
      };
    },
    meddle: async () => {
      await writeFile(join(inner, 'kong.yml'), '_format_version: "3.0"\n');
    },
    stop: () => rm(folder, { recursive: true }),
  };
});

describe('file target', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-target-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds no difference after a sync of every plugin and kind of entity, also in a new process', async () => {
    const another = () => createFileTarget({ path: join(folder, 'kong.yml'), env: {} });
    const target = another();
    const text = JSON.stringify(oneOfAll);

    const first = await bring(target, text);
    const again = [await bring(target, text), await bring(another(), text)];

    expect(first.failures).toEqual([]);
    expect(first.writes).toBe(1);
    expect(again.map(({ writes, applied }) => [writes, applied.changes])).toEqual([
      [0, []],
      [0, []],
    ]);
  });

  const withComments = `# our gateway
_format_version: "3.0"

services:
  # the shop's heart
  - name: orders
    url: http://\${{ env "DECK_HOST" }}:80   # from the environment
  - name: users
    host: users.mesh
`;

  function fileTarget(path: string, sources: Record<string, string>, env = { DECK_HOST: 'h' }) {
    const files = () =>
      Object.entries(sources).map(([name, text]) => ({ path: join(folder, 'in', name), text }));
    const target = createFileTarget({ path: join(folder, path), env });
    const desired = () => ({ ...parseKongConfig(files(), { env }).state, files: files() });
    const apply = async (
      change: (state: ReturnType<typeof desired>) => ReturnType<typeof desired>,
    ) => {
      const current = await target.read(never);
      const next = await target.canonicalise(change(desired()), never);
      return target.apply(diff(current, next), next, never);
    };
    return { target, apply };
  }

  it('keeps comments, order and templates of the user’s file', async () => {
    const { apply } = fileTarget('kong.yml', { 'kong.yml': withComments });

    const report = await apply((state) => ({
      ...state,
      entities: state.entities.map((entity) =>
        entity.key === 'users'
          ? { ...entity, fields: { ...entity.fields, host: 'users.svc' } }
          : entity,
      ),
    }));

    expect(report).toMatchObject({ writes: 1, failures: [] });
    expect(await readFile(join(folder, 'kong.yml'), 'utf8')).toBe(
      withComments.replace('users.mesh', 'users.svc'),
    );
  });

  it('writes several files under the paths that they have', async () => {
    const { apply } = fileTarget('out', {
      'a.yml': '_format_version: "3.0"\nservices: [{ name: a, host: a }]\n',
      'team/b.yaml': '_format_version: "3.0"\nservices: [{ name: b, host: b }]\n',
    });

    const report = await apply((state) => state);
    const again = await apply((state) => state);

    expect([report.writes, again.writes]).toEqual([2, 0]);
    expect((await readdir(join(folder, 'out'), { recursive: true })).sort()).toEqual([
      'a.yml',
      'team',
      'team/b.yaml',
    ]);
  });

  describe('the output of a source that is gone', () => {
    const a = '_format_version: "3.0"\nservices: [{ name: a, host: a }]\n';
    const b = '_format_version: "3.0"\nservices: [{ name: b, host: b }]\n';

    it('is taken away by whoever wrote it, and nothing else is', async () => {
      const sources: Record<string, string> = { 'a.yml': a, 'b.yml': b };
      const { target, apply } = fileTarget('out', sources);
      await apply((state) => state);
      await writeFile(join(folder, 'out', 'notes.json'), '{"_format_version":"3.0"}');

      delete sources['b.yml'];
      await apply((state) => state);

      expect((await readdir(join(folder, 'out'))).sort()).toEqual(['a.yml', 'notes.json']);
      expect((await target.read(never)).entities.map(({ key }) => key)).toEqual(['a']);
    });

    it('stays and is named where nothing tells whose it is', async () => {
      await mkdir(join(folder, 'out'));
      await writeFile(join(folder, 'out', 'theirs.yml'), b);

      const { failures } = await fileTarget('out', { 'a.yml': a }).apply((state) => state);

      expect(failures).toMatchObject([
        { code: 'TARGET_FILE_FOREIGN', place: { file: join(folder, 'out', 'theirs.yml') } },
      ]);
      expect((await readdir(join(folder, 'out'))).sort()).toEqual(['a.yml', 'theirs.yml']);
    });
  });

  it('leaves no file half written, nor any other behind', async () => {
    const { apply } = fileTarget('kong.yml', { 'kong.yml': withComments });

    await apply((state) => state);

    expect(await readdir(folder)).toEqual(['kong.yml']);
    expect((await stat(join(folder, 'kong.yml'))).mode & 0o777).toBe(0o640);
  });

  it('does not write out of its folder through a link', async () => {
    await mkdir(join(folder, 'out'));
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'out', 'team'));
    const { apply } = fileTarget('out', {
      'a.yml': '_format_version: "3.0"\n',
      'team/deep/b.yml': '_format_version: "3.0"\nservices: [{ name: b, host: b }]\n',
    });

    await expect(apply((state) => state)).rejects.toMatchObject({ code: 'TARGET_PATH_OUTSIDE' });
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });

  it('wants a folder for several files', async () => {
    const { apply } = fileTarget('kong.yml', { 'a.yml': '{}', 'b.yml': '{}' });

    await expect(apply((state) => state)).rejects.toMatchObject({ code: 'TARGET_NEEDS_FOLDER' });
  });

  it('says what is wrong with a file that it cannot understand, and leaves it', async () => {
    const path = join(folder, 'kong.yml');
    await writeFile(path, 'services: [');

    const work = bring(createFileTarget({ path, env: {} }), '_format_version: "3.0"\n');

    await expect(work).rejects.toMatchObject({
      code: 'TARGET_FILE_INVALID',
      place: { file: path },
    });
    expect(await readFile(path, 'utf8')).toBe('services: [');
  });

  it('says that a folder has the file’s name', async () => {
    const path = join(folder, 'kong.yml');
    await mkdir(path);

    await expect(createFileTarget({ path, env: {} }).read(never)).rejects.toMatchObject({
      code: 'TARGET_FILE_UNREADABLE',
      message: expect.stringContaining('a folder has its name') as string,
    });
  });

  it.each(['EACCES', 'EROFS', 'ENOSPC', 'EBUSY', 'EIO'])('has words for %s', (code) => {
    const error = fileProblem('TARGET_FILE_UNWRITABLE', '/x', Object.assign(new Error(), { code }));

    expect(error.message).toContain(code);
    expect(`${error.message} ${error.remedy}`).not.toMatch(/[{}]/);
  });
});
