/**
 * Every shell block of every page runs as printed, or says here why it cannot. A block that is new on a
 * page fails the first test until it is named.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { pluginInfo, pluginSchemaLua } from '../../plugin-server/info';
import { startAdmin } from '../../sandbox/gateway/admin/start-admin';
import {
  firstPlugin,
  type PluginInfoDocument,
} from '../../sandbox/gateway/plugin-client/plugin-info';
import type { NamedField } from '../../sandbox/gateway/entities/schema';
import { register } from '../../sandbox/services/register';
import { startService, type Service } from '../../sandbox/services/service';
import { startWorld, type World } from '../../sandbox/world';
import { startRecordedCluster } from '../support/recorded-cluster';
import { startReader, type Reader } from './support/reader';
import { blocksOf, pages, root, shellBlocksOf } from './support/shell-blocks';

type Told = 'runs here' | `runs in ${string}` | `cannot run: ${string}`;

const docker = 'cannot run: it needs Docker (deploy/compose-smoke.sh runs it)';

/** For each page what becomes of its blocks, in their order. */
const told: Readonly<Record<string, readonly Told[]>> = {
  'CONTRIBUTING.md': ['cannot run: it is what runs this'],
  'README.md': ['runs here', 'runs here', 'cannot run: it is what runs this'],
  'docs/explanation/fuzzing.md': ['cannot run: it takes minutes (test/fuzz runs what it kept)'],
  'docs/how-to/coming-from-deck.md': [
    'runs here',
    'cannot run: these are the commands of decK that it replaces',
    'runs here',
  ],
  'docs/how-to/existing-kong.md': Array<Told>(2).fill('runs here'),
  'docs/how-to/expose.md': ['runs here'],
  'docs/how-to/from-kuma-2-to-3.md': Array<Told>(4).fill(
    'runs in test/daemon/migrate/walk.test.ts',
  ),
  'docs/how-to/install.md': [
    'runs here',
    'cannot run: it changes the machine (test/package looks at the units)',
    docker,
    docker,
  ],
  'docs/how-to/kubernetes.md': Array<Told>(9).fill('runs here'),
  'docs/how-to/plugin-server.md': Array<Told>(5).fill('runs here'),
  'docs/how-to/universal.md': Array<Told>(6).fill('runs in test/e2e/universal.test.ts'),
  'docs/performance.md': ['cannot run: it measures for the better part of an hour'],
  'docs/reliability.md': [
    'cannot run: it takes minutes (.ci/run runs it)',
    'cannot run: it takes minutes',
  ],
  'examples/dbless/README.md': Array<Told>(2).fill('runs in test/package/examples.test.ts'),
  'examples/file-in-ci/README.md': [
    'runs in test/package/examples.test.ts',
    'cannot run: it needs kumactl and a control plane',
  ],
  'examples/universal/README.md': Array<Told>(2).fill('runs in test/package/examples.test.ts'),
};

describe('what the pages print', () => {
  const shown = pages().filter((page) => shellBlocksOf(page).length > 0);

  it('is accounted for, page by page', () => {
    const counts = Object.fromEntries(shown.map((page) => [page, shellBlocksOf(page).length]));

    expect(counts).toEqual(
      Object.fromEntries(Object.entries(told).map(([page, blocks]) => [page, blocks.length])),
    );
  });

  it('runs where it is said to run', () => {
    const files = Object.values(told)
      .flat()
      .flatMap((word) => (word.startsWith('runs in ') ? [word.slice('runs in '.length)] : []));

    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

const whenLocal =
  process.platform === 'linux' && existsSync('/bin/bash') ? describe : describe.skip;

whenLocal('as printed', () => {
  let reader: Reader;

  beforeEach(() => {
    reader = startReader();
  });
  afterEach(() => reader.leave());

  describe('with a mesh and a Kong', () => {
    let world: World;
    let services: readonly Service[];

    beforeAll(async () => {
      world = await startWorld({
        pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
        controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0 },
        sidecar: { listenMs: 50, closeMs: 50 },
      });
      services = await Promise.all(['orders', 'payments'].map((name) => startService({ name })));
      for (const service of services) register(world.controlPlane, service, { mode: 'api' });
    });
    afterAll(async () => {
      await Promise.all(services.map((service) => service.stop()));
      await world.stop();
    });

    /** Where the mesh and Kong are on this machine: on a real one, where the configuration says. */
    const here = (): Readonly<Record<string, string>> => ({
      KONG_MESHD_SOURCES_0_KUMA_URL: world.controlPlane.url,
      KONG_MESHD_KONG_TARGET_DBLESS_URL: world.admin.url,
      KONG_MESHD_PLUGIN_SNAPSHOT: world.snapshot,
      KONG_MESHD_GATEWAY_DATAPLANE: 'kong-01',
    });

    it('README.md: its demo, and its first commands', async () => {
      const [demo = '', use = ''] = shellBlocksOf('README.md');
      const [kong = ''] = blocksOf('README.md', 'yaml');
      reader.write('kong.yml', kong);

      const { stdout: played } = await reader.shell(demo);
      const { stdout: used } = await reader.shell(use, here());

      expect(played).toMatch(/(\d+) of \1 steps ok/);
      expect(used).toContain('no findings');
      expect(used).toMatch(/orders\.zone-a +8080 +MeshService/);
      expect(used).toContain('creating service orders');
      expect(world.admin.requests.counts()['POST /config']).toBeUndefined();
    }, 180_000);

    it('docs/how-to/existing-kong.md: a file with one link becomes a file with its address', async () => {
      const [config = ''] = blocksOf('docs/how-to/existing-kong.md', 'yaml');
      const [look = '', act = ''] = shellBlocksOf('docs/how-to/existing-kong.md');
      const { KONG_MESHD_SOURCES_0_KUMA_URL = '' } = here();
      const service =
        "services: [{ name: orders, host: orders.internal, tags: ['mesh:orders'] }] # mine";
      reader.write('kong-meshd.yaml', config);
      reader.write('kong.yml', `_format_version: '3.0'\n${service}\n`);

      const { stdout: looked } = await reader.shell(look, { KONG_MESHD_SOURCES_0_KUMA_URL });
      const { stdout: acted } = await reader.shell(act, { KONG_MESHD_SOURCES_0_KUMA_URL });
      const { stdout: written } = await reader.shell('cat kong.mesh.yml');

      expect(looked).toContain('no findings');
      expect(acted).toContain('adding outbound 127.0.0.1:30000 to MeshService orders:8080');
      expect(written).toMatch(/host: "?127\.0\.0\.1"?.* # mine/);
    }, 120_000);

    it('docs/how-to/expose.md: a rule makes a service with its route and plugin', async () => {
      const [config = ''] = blocksOf('docs/how-to/expose.md', 'yaml');
      const [look = ''] = shellBlocksOf('docs/how-to/expose.md');
      reader.write('kong-meshd.yaml', config);
      reader.write('kong.yml', "_format_version: '3.0'\n");

      const { stdout: looked } = await reader.shell(look, here());

      expect(looked).toContain('creating service orders');
      expect(looked).toContain('creating route orders');
      expect(looked).toMatch(/creating plugin rate-limiting/);
      expect(looked).not.toContain('creating service payments');
    }, 60_000);

    it('docs/how-to/install.md: with npm', async () => {
      const [npm = ''] = shellBlocksOf('docs/how-to/install.md');
      const [kong = ''] = blocksOf('README.md', 'yaml');
      reader.write('kong.yml', kong);

      const { stdout: printed } = await reader.shell(npm);

      expect(printed).toMatch(/^\d+\.\d+\.\d+$/m);
      expect(printed).toContain('no findings');
    }, 120_000);
  });

  it('docs/how-to/coming-from-deck.md: a pipeline on a Kong with a database', async () => {
    const world = await startWorld({
      pluginInfo: pluginInfo() as unknown as PluginInfoDocument,
      controlPlane: { meshServices: 'Everywhere', deletionGraceMs: 0 },
    });
    const {
      Name: name,
      Priority: priority,
      Schema,
    } = firstPlugin(pluginInfo() as unknown as PluginInfoDocument);
    const { fields } = Schema as { readonly fields: readonly NamedField[] };
    const kong = await startAdmin({ mode: 'db', extraPluginSchemas: [{ name, fields, priority }] });
    const [config = ''] = blocksOf('docs/how-to/coming-from-deck.md', 'yaml');
    const [look = '', , pipeline = ''] = shellBlocksOf('docs/how-to/coming-from-deck.md');
    reader.write('kong-meshd.yaml', config);
    reader.write(
      'kong.yml',
      '_format_version: "3.0"\nservices: [{ name: crm, host: crm.internal, routes: [{ name: crm, paths: [/crm] }] }]\n',
    );
    const here = {
      KONG_MESHD_SOURCES_0_KUMA_URL: world.controlPlane.url,
      KONG_MESHD_KONG_TARGET_ADMIN_URL: kong.url,
    };

    const { stdout: looked } = await reader.shell(look, here);
    // In a pipeline a diff with changes ends the script with 2, as it does with decK.
    const stopped = reader.shell(pipeline, here);
    await expect(stopped).rejects.toThrow('creating route crm');
    const { stdout: synced } = await reader.shell(
      pipeline.replace(/.*--non-zero-exit-code.*\n/, ''),
      here,
    );
    const { stdout: again } = await reader.shell(pipeline, here);
    await kong.stop();
    await world.stop();

    expect(looked).toContain('creating service crm');
    expect(lastJson(synced).summary).toMatchObject({ creating: 2 });
    expect(lastJson(again).summary).toMatchObject({ total: 0 });
  }, 120_000);

  it('docs/how-to/plugin-server.md: the server, its description, and what Kong is told', async () => {
    const [serve = '', describeIt = '', settings = '', lua = '', stockServer = ''] = shellBlocksOf(
      'docs/how-to/plugin-server.md',
    );

    const { stderr: served } = await reader.shell(
      `${serve.trimEnd()} &\nserver=$!\nuntil [ -S /run/kong-meshd/mesh-upstream.socket ]; do sleep 0.1; done\nkill $server\nwait $server`,
    );
    await reader.shell(describeIt);
    const { stdout: asked } = await reader.shell(
      `${settings}eval "$KONG_PLUGINSERVER_MESH_UPSTREAM_QUERY_CMD"`,
    );

    expect(served).toContain('listening');
    expect(JSON.parse(asked)).toEqual(JSON.parse(JSON.stringify(pluginInfo())));
    const page = readFileSync(join(root, 'docs/how-to/plugin-server.md'), 'utf8');
    const withoutCat = /query_cmd = (read .*)$/m.exec(page)?.[1] ?? '';
    const { stdout: read } = await reader.shell(withoutCat);
    expect(JSON.parse(read)).toEqual(JSON.parse(asked));
    const { stdout: schema } = await reader.shell(`${lua}cat schema.lua`);
    expect(schema).toBe(pluginSchemaLua());
    // In place of serving for ever it says what it would serve.
    const { stdout: stock } = await reader.shell(`${stockServer.trimEnd()} --dump-all-plugins`);
    expect(stock).toContain('"Name":"mesh-upstream"');
  }, 120_000);

  it('docs/how-to/kubernetes.md: its manifests, and a look at the cluster', async () => {
    const api = await startRecordedCluster();
    const [config = ''] = blocksOf('docs/how-to/kubernetes.md', 'yaml').filter((text) =>
      text.startsWith('# kong-meshd.yaml'),
    );
    reader.write('kong-meshd.yaml', config);
    const kubeconfig = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'me' } }],
      clusters: [{ name: 'lab', cluster: { server: api.url } }],
      users: [{ name: 'me', user: {} }],
    });
    await reader.shell(`mkdir ~/.kube && cat > ~/.kube/config <<'EOF'\n${kubeconfig}\nEOF`);

    let printed = '';
    for (const block of shellBlocksOf('docs/how-to/kubernetes.md')) {
      printed += (await reader.shell(block)).stdout;
    }
    const { stdout: applied } = await reader.shell('cat ~/applied.yaml');
    await api.stop();

    const documents = parseAllDocuments(applied).map((document) => document.toJS() as unknown);
    expect(documents).toContainEqual(expect.objectContaining({ kind: 'ClusterRole' }));
    expect(documents).toContainEqual(expect.objectContaining({ kind: 'IngressClassParameters' }));
    expect(printed).toMatch(/orders\.shop|orders +/);
    expect(printed).toContain('kubectl annotate service kong-admin');
  }, 180_000);
});

/** What the last of several commands printed. */
function lastJson(text: string): { readonly summary?: unknown } {
  return JSON.parse(text.slice(text.lastIndexOf('\n{\n') + 1)) as { readonly summary?: unknown };
}

it('keeps the helper honest: a block that fails is a failure', async () => {
  const reader = startReader();

  await expect(reader.shell('false\ntrue')).rejects.toThrow();
  await expect(reader.shell('kong-meshd no-such-command | cat')).rejects.toThrow('unknown command');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('npm ci && npm run demo');
  reader.leave();
});
