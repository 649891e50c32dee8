/** Whatever a Kong holds, its dump is a file that changes nothing there, with lists in Kong's own order. */
import { toDump } from '../../../daemon/cli/dump-state';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { renderState } from '../../../daemon/kong/write';
import { diff } from '../../../daemon/plan/diff';
import { createKongClient } from '../../../daemon/targets/kong-http/client';
import { createSchemaStore } from '../../../daemon/targets/kong-http/schemas';
import type { KongTargetConfig } from '../../../daemon/targets/kong-target-config';
import { createKongTarget } from '../../../daemon/targets/registry';
import type { KongTarget } from '../../../daemon/targets/target';
import type { AdminServer } from '../../../sandbox/gateway/admin/admin-server';
import { startAdmin } from '../../../sandbox/gateway/admin/start-admin';
import { verdicts } from '../kong/recorded';

const never = new AbortController().signal;
const taken = verdicts().flatMap(([document, status]) => (status === 201 ? [document] : []));

const ordered = JSON.stringify({
  _format_version: '3.0',
  services: [
    {
      name: 's',
      host: 'h',
      tags: ['z', 'a'],
      routes: [
        {
          name: 'r',
          paths: ['/z', '/a'],
          methods: ['PUT', 'GET', 'DELETE'],
          hosts: ['z.example', 'a.example'],
          headers: { 'x-b': ['2', '1'] },
          protocols: ['https', 'http'],
          plugins: [{ name: 'cors', config: { methods: ['POST', 'GET'], origins: ['z', 'a'] } }],
        },
      ],
    },
  ],
});

describe.each(['dbless', 'db'] as const)('a Kong in the mode %s', (mode) => {
  let server: AdminServer;
  const open = (asListed: boolean): Promise<KongTarget> => {
    const settings =
      mode === 'db' ? { admin: { url: server.url } } : { dbless: { url: server.url } };
    const config = settings as unknown as KongTargetConfig;
    return createKongTarget(config, { ownerTag: 'kong-meshd', env: {}, asListed });
  };
  const parse = (text: string) => parseKongConfig([{ path: 'kong.json', text }], { env: {} });

  async function bring(text: string): Promise<number> {
    const target = await open(false);
    const desired = await target.canonicalise(parse(text).state, never);
    const plan = diff(await target.read(never), desired);
    const { failures } = await target.apply(plan, desired, never);
    target.close?.();
    return failures.length;
  }

  async function dump(): Promise<string> {
    const target = await open(true);
    const client = createKongClient({ url: server.url });
    const state = await target.read(never);
    const schemas = await createSchemaStore(client).schemasFor(state, never);
    const kind = mode === 'db' ? 'admin' : 'dbless';
    target.close?.();
    client.close();
    return renderState(toDump(state, { kind, selectTags: [], workspace: undefined }, schemas));
  }

  beforeAll(async () => {
    server = await startAdmin({ mode });
  });
  afterAll(() => server.stop());

  it('is dumped as files that change nothing there, for all recorded documents that Kong takes', async () => {
    const changed: unknown[] = [];
    let dumped = 0;
    for (const document of taken) {
      if ((await bring(document)) > 0) continue;
      const text = await dump();
      const { state, failures } = parse(text);
      const target = await open(false);
      const { changes } = diff(await target.read(never), await target.canonicalise(state, never));
      target.close?.();
      if (failures.length + changes.length > 0) changed.push({ document, text, failures, changes });
      dumped += 1;
    }

    expect(changed).toEqual([]);
    expect(dumped).toBeGreaterThan(taken.length * 0.8);
  }, 120_000);

  it('keeps lists in the order that Kong has them in', async () => {
    await bring('{"_format_version":"3.0"}');
    await bring(ordered);

    const [service] = parse(await dump()).state.entities.filter(({ type }) => type === 'services');
    const [route] = parse(await dump()).state.entities.filter(({ type }) => type === 'routes');
    const [cors] = parse(await dump()).state.entities.filter(({ type }) => type === 'plugins');

    expect(service?.fields['tags']).toEqual(['z', 'a']);
    expect(route?.fields).toMatchObject({
      paths: ['/z', '/a'],
      methods: ['PUT', 'GET', 'DELETE'],
      hosts: ['z.example', 'a.example'],
      headers: { 'x-b': ['2', '1'] },
    });
    expect(cors?.fields['config']).toMatchObject({ methods: ['POST', 'GET'], origins: ['z', 'a'] });
  });
});
