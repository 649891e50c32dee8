/**
 * The how-to for Universal, command by command as it is printed. What only a real installation has
 * (kumactl, kuma-dp) is the sandbox's here; the gateway's address is this host's.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startNode, type Child } from '../../sandbox/child';
import { eventually } from '../../sandbox/eventually';
import type { PluginInfoDocument } from '../../sandbox/gateway/plugin-client/plugin-info';
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';

const run = promisify(execFile);
const root = join(__dirname, '..', '..');
const cli = join(root, 'dist', 'daemon', 'cli', 'main.js');
const page = readFileSync(join(root, 'docs', 'how-to', 'universal.md'), 'utf8');

/** Programs that a sandbox has none of: their part is played by the sandbox itself. */
const elsewhere = /^(kumactl|kuma-dp) /;

/** Kong takes a new configuration some milliseconds after it has said so. */
const patientCurl = 'curl --fail -sS --retry 10 --retry-delay 1 --retry-all-errors ';

function blocks(language: string): readonly string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...page.matchAll(pattern)].map(([, text = '']) => text);
}

const whenLocal = process.env['E2E_KUMA'] === undefined && existsSync('/usr/bin/curl');

(whenLocal ? describe : describe.skip)('the how-to for Universal, on the sandbox', () => {
  let world: World;
  let services: Service[];
  let pluginServer: Child;

  beforeAll(async () => {
    const { stdout } = await run(process.execPath, [cli, 'plugin-info']);
    world = await startWorld({
      pluginInfo: JSON.parse(stdout) as PluginInfoDocument,
      controlPlane: { meshServices: 'Everywhere', mtls: true },
      sidecar: { listenMs: 100, closeMs: 100 },
    });
    services = await Promise.all(['orders', 'payments'].map((name) => startService({ name })));
    for (const service of services) register(world.controlPlane, service, { mode: 'api' });
    pluginServer = startNode([
      cli,
      'plugin-server',
      '--socket',
      world.socket,
      '--snapshot',
      world.snapshot,
    ]);
    await eventually('the plugin server listens', () => existsSync(world.socket) || undefined);
    const [kong = ''] = blocks('yaml');
    await writeFile(join(world.folder, 'kong.yml'), kong);
  }, 60_000);

  afterAll(async () => {
    await pluginServer.stop();
    await Promise.all(services.map((service) => service.stop()));
    await world.stop();
  });

  async function shell(script: string): Promise<string> {
    const local = script
      .replaceAll('\\\n', '')
      .replaceAll('10.0.0.1', '127.0.0.1')
      .split('\n')
      .filter((line) => !elsewhere.test(line))
      .join('\n');
    const { stdout } = await run(
      'bash',
      ['-euo', 'pipefail', '-c', `kong-meshd() { "$NODE" "$CLI" "$@"; }\n${local}`],
      {
        cwd: world.folder,
        env: {
          PATH: process.env['PATH'],
          NODE: process.execPath,
          CLI: cli,
          KUMA: world.controlPlane.url,
          KONG_ADMIN: world.admin.url,
          KONG_PROXY: world.gateway.proxyUrl,
          KONG_MESHD_PLUGIN_SNAPSHOT: world.snapshot,
        },
      },
    );
    return stdout;
  }

  it('ends with a working gateway', async () => {
    const scripts = blocks('sh');
    const [dataplane = '', tokens = '', permission = '', look = '', act = '', rename = ''] =
      scripts;

    await shell(dataplane);
    await shell(tokens);
    await shell(permission);
    const looked = await shell(look);
    const before = world.admin.requests.counts()['POST /config'] ?? 0;
    const acted = await shell(act.replace('curl ', patientCurl));
    const renamed = await shell(rename);
    const doctored = await shell('kong-meshd doctor || true');

    expect(scripts).toHaveLength(6);
    expect(looked).toContain('adding outbound 127.0.0.1:30000 to MeshService orders:8080');
    expect(looked).toContain('creating service orders');
    expect(before).toBe(0);
    expect(acted).toContain('"service":"orders"');
    expect(acted).toContain('URI=spiffe://default/kong');
    expect(acted).toMatch(/address +127\.0\.0\.1:30000 \(outbound\)/);
    // The page teaches no form of a permission that ends with Kuma 3.0.
    expect(doctored).not.toMatch(/KM702|KM3\d\d/);
    expect(doctored).toMatch(/KM\d|no findings|nothing/i);
    expect(renamed).toContain('kong-01: kuma.io/service kong → kong');
  }, 120_000);

  it('gives the programs of Kuma the flags without which 2.14 refuses to run', () => {
    const lines = blocks('sh').join('\n').replaceAll('\\\n', ' ').split('\n');

    for (const line of lines.filter((text) => text.startsWith('kumactl generate')))
      expect(line).toContain('--valid-for ');
    const [proxy = '', ...others] = lines.filter((text) => text.startsWith('kuma-dp run'));
    expect(proxy).toContain('--ca-cert-file ');
    expect(others).toEqual([]);
  });

  it('names only commands that the program has', async () => {
    const { stdout } = await run(process.execPath, [cli, '--help']);
    const known = [...stdout.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);

    const named = [...page.matchAll(/kong-meshd ([a-z-]+)/g)].map(([, name]) => name);

    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
