/**
 * A local user who can write to a folder of ours plants links and files there before we write, to have
 * another file overwritten, a secret read, or a file of ours opened to everybody.
 */
import crypto from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeFileAtomic } from '../../catalog/atomic-file';
import { formatSnapshot, writeSnapshot } from '../../catalog/snapshot';
import { loadConfig } from '../../daemon/config/load';
import { kongFiles } from '../../daemon/config/kong-files';
import { parseKongConfig } from '../../daemon/kong/parse';
import { diff } from '../../daemon/plan/diff';
import { createFileSource } from '../../daemon/sources/file/file-source';
import { readCredentials } from '../../daemon/sources/kuma/credentials';
import { readObservation, writeObservation } from '../../daemon/sources/observation-file';
import { editDataplaneFile } from '../../daemon/targets/dataplane/dataplane-file';
import { createFileTarget } from '../../daemon/targets/kong-file/file-target';
import { createSnapshotTarget } from '../../daemon/targets/snapshot/snapshot-target';
import { freeSocketPath } from '../../plugin-server/socket-file';
import { watchSnapshot } from '../../plugin/mesh-upstream/snapshot-watch';
import { outbound, room } from '../daemon/targets/dataplane/build';
import { openShop, type Shop } from '../daemon/cli/support/shop';
import { serviceOf, snapshotOf } from '../plugin/support/snapshot-of';

const never = new AbortController().signal;
const snapshot = snapshotOf([serviceOf('orders')]);
const observation = { mesh: 'default', services: [], gateways: [], failures: [], revision: 'r1' };
const dataplaneText = `type: Dataplane
mesh: default
name: kong-01
networking:
  address: 10.0.0.1
  gateway: { type: DELEGATED, tags: { kuma.io/service: kong } }
`;
const secretText = 'root:$6$canary-of-shadow:19000:0:99999:7:::\n';
/** Only root can make files that belong to somebody else. */
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const nobody = 65_534;

let folder: string;
/** What the attacker would have overwritten, or read. */
let victim: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planted-'));
  await mkdir(join(folder, 'etc'));
  await mkdir(join(folder, 'shared'));
  await chmod(join(folder, 'shared'), 0o1777);
  victim = join(folder, 'etc', 'shadow');
  await writeFile(victim, secretText, { mode: 0o600 });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, 'shared', name);

async function applyFile(path: string): Promise<void> {
  const target = createFileTarget({ path, env: {} });
  const text = '_format_version: "3.0"\nservices: [{ name: orders, host: orders.internal }]\n';
  const desired = parseKongConfig([{ path: 'kong.yml', text }], { env: {} }).state;
  const none = { entities: [], passthrough: {}, selectTags: [] };
  await target.apply(diff(none, desired), desired, never);
}

/** Everything that writes a file, apart from the commands. */
const writers: readonly {
  readonly what: string;
  readonly write: (path: string) => Promise<unknown>;
  readonly mode: number;
}[] = [
  {
    what: 'the snapshot',
    write: (file) => createSnapshotTarget({ file }).apply(snapshot, never),
    mode: 0o640,
  },
  {
    what: 'the state file',
    write: (file) => writeObservation(file, 'me', observation),
    mode: 0o600,
  },
  { what: 'the Kong file', write: (file) => applyFile(`${file}.yml`), mode: 0o640 },
];

describe.each(writers)('$what', ({ what, write, mode }) => {
  const file = () => (what === 'the Kong file' ? at('out.yml') : at('out'));

  it('takes the place of a link, and what the link led to stays', async () => {
    // A file of its own kind would be read and held against: here a secret is.
    const harmless = join(folder, 'etc', 'victim');
    await writeFile(harmless, what === 'the Kong file' ? '_format_version: "3.0"\n' : '', {
      mode: 0o666,
    });
    await chmod(harmless, 0o666);
    await symlink(harmless, file());

    await write(at('out'));

    const written = await lstat(file());
    expect(written.isFile()).toBe(true);
    expect(written.mode & 0o777).toBe(mode);
    expect((await stat(harmless)).size).toBeLessThan(30);
  });

  it('does not take a link to the same content for the file', async () => {
    await write(at('out'));
    const content = await readFile(file(), 'utf8');
    const elsewhere = join(folder, 'etc', 'same');
    await writeFile(elsewhere, content);
    await rm(file());
    await symlink(elsewhere, file());

    await write(at('out'));

    expect((await lstat(file())).isSymbolicLink()).toBe(false);
  });

  asRoot('gives no rights that a file of somebody else had', async () => {
    await writeFile(file(), what === 'the Kong file' ? '_format_version: "3.0"\n' : '');
    await chown(file(), nobody, nobody);
    await chmod(file(), 0o6666);

    await write(at('out'));

    const { mode: after, uid } = await lstat(file());
    expect(uid).toBe(process.getuid?.());
    expect(after & 0o7022).toBe(0);
    if (mode === 0o600) expect(after & 0o077).toBe(0);
  });

  it('is not written through a link at the name of its temporary file', async () => {
    const bytes = Buffer.from('00000000', 'hex');
    jest.spyOn(crypto, 'randomBytes').mockImplementation(() => bytes);
    const name = what === 'the Kong file' ? 'out.yml' : 'out';
    await symlink(victim, at(`.${name}.${process.pid}.00000000.tmp`));

    const failed = await write(at('out')).then(
      // The state file reports instead of throwing.
      (result) => (result as { code?: string } | undefined)?.code,
      (error: unknown) => (error as { code?: string }).code,
    );

    expect(failed).toMatch(/UNWRITABLE$/);
    expect(await readFile(victim, 'utf8')).toBe(secretText);
  });
});

it('names of temporary files cannot be foretold', async () => {
  const seen = new Set<string>();
  const real = crypto.randomBytes.bind(crypto);
  jest.spyOn(crypto, 'randomBytes').mockImplementation((size: number) => {
    const bytes = real(size);
    seen.add(bytes.toString('hex'));
    return bytes;
  });

  for (let index = 0; index < 20; index += 1) await writeFileAtomic(at('out'), String(index));

  expect(seen.size).toBe(20);
});

it("the Dataplane's file takes the place of a link, and the link's own file stays", async () => {
  const elsewhere = join(folder, 'etc', 'kong.yaml');
  await writeFile(elsewhere, dataplaneText);
  await symlink(elsewhere, at('kong.yaml'));
  const edits = { add: [outbound(30_000, 'orders')], remove: [] };

  await editDataplaneFile(at('kong.yaml'), { mesh: 'default', name: 'kong-01' }, edits, room);

  expect(await readFile(elsewhere, 'utf8')).toBe(dataplaneText);
  expect((await lstat(at('kong.yaml'))).isFile()).toBe(true);
  expect(await readFile(at('kong.yaml'), 'utf8')).toContain('port: 30000');
});

describe('a link to a secret', () => {
  const says = async (work: Promise<unknown>): Promise<string> => {
    const { message, remedy, cause } = (await work.then(
      () => ({ message: 'it was taken', remedy: '' }),
      (error: unknown) => error,
    )) as Error & { remedy: string };
    return `${message} ${remedy} ${String(cause)}`;
  };

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['the Kong file', (path) => createFileTarget({ path, env: {} }).read(never)],
    [
      "the Dataplane's file",
      (path) =>
        editDataplaneFile(
          path,
          { mesh: 'default', name: 'kong-01' },
          { add: [], remove: [] },
          room,
        ),
    ],
    [
      'a file of mesh resources',
      (path) => createFileSource({ paths: [path], mesh: 'default', gateway: {} }).observe(never),
    ],
    [
      'the state file',
      async (path) => {
        const read = await readObservation(path, 'me');
        if (read && !read.ok) throw Object.assign(new Error(read.failure.message), { remedy: '' });
      },
    ],
  ])('in the place of %s gives nothing away', async (_what, read) => {
    await symlink(victim, at('link.yml'));

    const said = await says(read(at('link.yml')));

    expect(said).not.toMatch(/canary/);
  });

  it('in the place of the snapshot leaves the plugin without one, and its log without the secret', async () => {
    await symlink(victim, at('catalog.json'));
    const lines: unknown[] = [];
    const watch = watchSnapshot(at('catalog.json'), { log: (...line) => void lines.push(line) });

    await watch.firstRead;
    await watch.close();

    expect(watch.current).toBeUndefined();
    expect(JSON.stringify(lines)).toContain('SNAPSHOT_INVALID');
    expect(JSON.stringify(lines)).not.toMatch(/canary|root:|\$6/);
  });
});

describe('a last good observation that somebody else put there', () => {
  const planted = JSON.stringify({
    version: 1,
    about: 'me',
    ...observation,
    revision: 'the attacker says so',
  });

  asRoot('is not believed, as it belongs to another user', async () => {
    await writeFile(at('state.json'), planted, { mode: 0o600 });
    await chown(at('state.json'), nobody, nobody);

    expect(await readObservation(at('state.json'), 'me')).toMatchObject({
      ok: false,
      failure: { code: 'LAST_GOOD_UNUSABLE' },
    });
  });

  it('is not believed where others can write to it, and is where they cannot', async () => {
    await writeFile(at('state.json'), planted);
    await chmod(at('state.json'), 0o666);
    const open = await readObservation(at('state.json'), 'me');
    await chmod(at('state.json'), 0o600);
    const closed = await readObservation(at('state.json'), 'me');

    expect([open?.ok, closed?.ok]).toEqual([false, true]);
  });
});

describe('the output folder', () => {
  it('is not left by a link inside of it', async () => {
    const sources = [
      { path: join(folder, 'in', 'a.yml'), text: '_format_version: "3.0"\n' },
      {
        path: join(folder, 'in', 'team', 'b.yml'),
        text: '_format_version: "3.0"\nservices: [{ name: orders, host: orders.internal }]\n',
      },
    ];
    const target = createFileTarget({ path: at('out'), env: {} });
    const desired = { ...parseKongConfig(sources, { env: {} }).state, files: sources };
    await mkdir(at('out'));
    await symlink(join(folder, 'etc'), join(at('out'), 'team'));

    const applied = target.apply(
      diff({ entities: [], passthrough: {}, selectTags: [] }, desired),
      desired,
      never,
    );

    await expect(applied).rejects.toMatchObject({ code: 'TARGET_PATH_OUTSIDE' });
    await expect(lstat(join(folder, 'etc', 'b.yml'))).rejects.toThrow('ENOENT');
  });

  it('does not take a file behind a link for one of its own: it is neither read nor removed', async () => {
    const other = join(folder, 'etc', 'other.yml');
    await writeFile(other, '_format_version: "3.0"\nservices: [{ name: hidden, host: h }]\n');
    await mkdir(at('out'));
    await symlink(other, join(at('out'), 'other.yml'));

    const target = createFileTarget({ path: at('out'), env: {} });
    const { entities } = await target.read(never);
    await applyFile(join(at('out'), 'kong'));

    expect(entities).toEqual([]);
    expect((await lstat(join(at('out'), 'other.yml'))).isSymbolicLink()).toBe(true);
    expect(await readFile(other, 'utf8')).toContain('hidden');
  });
});

describe("the plugin server's socket", () => {
  it.each([
    ['leads to a file', () => victim],
    ['leads nowhere', () => join(folder, 'etc', 'absent')],
  ])('is not made where a link %s', async (_what, target) => {
    await symlink(target(), at('kong.socket'));

    await expect(freeSocketPath(at('kong.socket'))).rejects.toMatchObject({
      code: 'PLUGIN_SERVER_SOCKET_BLOCKED',
    });
    expect((await lstat(at('kong.socket'))).isSymbolicLink()).toBe(true);
    expect(await readFile(victim, 'utf8')).toBe(secretText);
  });
});

describe('commands that write a file', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.stop());

  it.each<[string, (shop: Shop, file: string) => ReturnType<Shop['run']>, number]>([
    ['init --force', (on, file) => on.runBare('init', '--force', '-o', file), 0o640],
    ['render', (on, file) => on.run('render', '-o', file), 0o640],
    [
      'dump --yes',
      async (on, file) => {
        await on.run('sync');
        return on.run('dump', '--kong-url', on.world.admin.url, '--yes', '-o', file);
      },
      0o600,
    ],
  ])('%s takes the place of a link', async (_name, run, mode) => {
    const open = join(folder, 'etc', 'open');
    await writeFile(open, 'mine');
    await chmod(open, 0o666);
    await symlink(open, at('out.yml'));

    const { code, err } = await run(shop, at('out.yml'));

    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await readFile(open, 'utf8')).toBe('mine');
    const written = await lstat(at('out.yml'));
    expect([written.isFile(), written.mode & 0o777]).toEqual([true, mode]);
  });

  it('dump closes a file that was open to all before', async () => {
    await writeFile(at('out.yml'), 'old');
    await chmod(at('out.yml'), 0o644);

    await shop.run('sync');
    await shop.run('dump', '--kong-url', shop.world.admin.url, '--yes', '-o', at('out.yml'));

    expect((await lstat(at('out.yml'))).mode & 0o777).toBe(0o600);
  });
});

describe('links as Kubernetes makes them, for what is read', () => {
  /** `name` is a link to `..data/name`, and `..data` a link to a folder with a date. */
  async function configMap(name: string, content: string): Promise<string> {
    const mount = join(folder, 'mount');
    await mkdir(join(mount, '..2026'), { recursive: true });
    await writeFile(join(mount, '..2026', name), content);
    await symlink('..2026', join(mount, '..data'));
    await symlink(join('..data', name), join(mount, name));
    return join(mount, name);
  }

  it('work for kong.yml, each file once', async () => {
    const file = await configMap('kong.yml', '_format_version: "3.0"\n');

    const files = await kongFiles([join(file, '..')]).read();

    expect(files.map(({ path }) => path)).toEqual([file]);
  });

  it('work for kong-meshd.yaml, tokens and mesh resources', async () => {
    const config = await configMap('kong-meshd.yaml', 'sources: [{ file: { path: mesh } }]\n');
    const loaded = await loadConfig({ file: config, env: {} });
    await rm(join(folder, 'mount'), { recursive: true });
    const tokenFile = await configMap('token', 'abc\n');

    expect(loaded.ok).toBe(true);
    await expect(readCredentials({ tokenFile }, never)).resolves.toEqual({ token: 'abc' });
  });

  it('work for the snapshot as the plugin reads it', async () => {
    const file = await configMap('catalog.json', formatSnapshot(snapshot));
    const watch = watchSnapshot(file);

    await watch.firstRead;
    await watch.close();

    expect(watch.current?.size).toBe(1);
    // What is written is another matter: no link is followed.
    await writeSnapshot(file, snapshotOf([]));
    expect((await lstat(file)).isFile()).toBe(true);
  });
});
