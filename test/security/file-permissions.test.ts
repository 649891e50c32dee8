/** Every file, folder and socket that is made, under the widest and the narrowest umask. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startPluginServer, type PluginServer } from '../../plugin-server/server';
import { outbound, room } from '../daemon/targets/dataplane/build';
import { editDataplaneFile } from '../../daemon/targets/dataplane/dataplane-file';
import { openShop, type Shop } from '../daemon/cli/support/shop';

const dataplaneText = `type: Dataplane
mesh: default
name: kong-01
networking:
  address: 10.0.0.1
  gateway: { type: DELEGATED, tags: { kuma.io/service: kong } }
`;

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

describe.each([
  { umask: 0o000, folders: '750' },
  // What systemd or a hardened shell set; files keep their mode, as their readers rely on it.
  { umask: 0o077, folders: '700' },
])('under umask $umask', ({ umask, folders }) => {
  let folder: string;
  let shop: Shop;
  let before: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permissions-'));
    shop = await openShop();
    before = process.umask(umask);
  });
  afterAll(async () => {
    process.umask(before);
    await shop.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (...names: string[]) => join(folder, ...names);

  it('the snapshot and its folder, and the state file', async () => {
    const snapshot = at('lib', 'deep', 'catalog.json');
    const settings = [`plugin.snapshot=${snapshot}`, `stateFile=${at('state.json')}`];

    const { code, err } = await shop.run('sync', ...settings.flatMap((text) => ['--set', text]));

    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
    expect(await modeOf(snapshot)).toBe('640');
    expect(await modeOf(at('state.json'))).toBe('600');
    expect([await modeOf(at('lib')), await modeOf(at('lib', 'deep'))]).toEqual([folders, folders]);
  });

  it('the Kong configuration as files, and their folder', async () => {
    const config = at('file-target.yaml');
    const text = await readFile(shop.configFile, 'utf8');
    const target = JSON.stringify({
      config: shop.kongFile,
      target: { file: { path: at('out') } },
    });
    await writeFile(config, text.replace(/^kong: .*$/m, `kong: ${target}`));

    const { code, err } = await shop.runBare('sync', '--config', config);

    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
    const names = await readdir(at('out'));
    expect(names).toHaveLength(1);
    expect(await modeOf(at('out', names[0] ?? ''))).toBe('640');
    expect(await modeOf(at('out'))).toBe(folders);
  });

  it('what commands write: configuration, rendered files and dumps', async () => {
    shop.env = { DECK_SECRET: 'canary' };
    await shop.edit(
      shop.kongFile,
      (text) => `${text}    plugins:
      - name: request-termination
        config: { message: '\${{ env "DECK_SECRET" }}' }
`,
    );
    await shop.runBare('init', '-o', at('init.yaml'));
    await shop.run('render', '-o', at('rendered.yml'));
    await shop.run('render', '--format', 'json', '-o', at('rendered.json'));
    await shop.run('sync');
    await shop.run('dump', '--kong-url', shop.world.admin.url, '-o', at('dump.yml'));

    expect(await modeOf(at('init.yaml'))).toBe('640');
    // The templates are still in it.
    expect(await readFile(at('rendered.yml'), 'utf8')).not.toContain('canary');
    expect(await modeOf(at('rendered.yml'))).toBe('640');
    // Here they are filled in.
    expect(await readFile(at('rendered.json'), 'utf8')).toContain('canary');
    expect(await modeOf(at('rendered.json'))).toBe('600');
    expect(await modeOf(at('dump.yml'))).toBe('600');
  });

  it.each([0o600, 0o640, 0o644])('a file that exists keeps its mode: %i', async (mode) => {
    const file = at(`kong-${mode.toString(8)}.yaml`);
    await writeFile(file, dataplaneText);
    await chmod(file, mode);
    const edits = { add: [outbound(30_000, 'orders')], remove: [] };

    await editDataplaneFile(file, { mesh: 'default', name: 'kong-01' }, edits, room);

    expect(await modeOf(file)).toBe(mode.toString(8));
  });

  it("the plugin server's socket", async () => {
    let server: PluginServer | undefined;
    try {
      server = await startPluginServer({ socket: at('kong.socket'), plugins: [] });

      expect(await modeOf(at('kong.socket'))).toBe('660');
      await writeFile(at('plain'), '', { mode: 0o666 });
      expect(await modeOf(at('plain'))).toBe((0o666 & ~umask).toString(8));
      await rm(at('plain'));
    } finally {
      await server?.close(0);
    }
  });

  it('leaves nothing else behind', async () => {
    const all = await readdir(folder, { recursive: true });

    expect(all.filter((name) => /tmp|~$/.test(name))).toEqual([]);
    for (const name of all) {
      const { mode } = await stat(join(folder, name));
      // The configuration that the test wrote itself is not ours to close.
      if (!/^(file-target|kong-)/.test(name)) expect([name, mode & 0o007]).toEqual([name, 0]);
    }
  });
});
