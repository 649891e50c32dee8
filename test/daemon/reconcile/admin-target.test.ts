import { runPass } from '../../../daemon/reconcile/pass';
import { startKong, type Kong } from '../targets/kong-admin/start-kong';
import { codes, never, openScene } from './support/scene';

const meshUpstream = { name: 'mesh-upstream', fields: [{ service: { type: 'string' } }] };

let kong: Kong;
beforeEach(async () => (kong = await startKong([meshUpstream])));
afterEach(() => kong.stop());

function shop(onService: string, onRoute: string): string {
  return `_format_version: '3.0'
services:
  - name: shop
    host: shop.internal
    plugins: [${onService}]
    routes: [{ name: list, paths: [/list], plugins: [${onRoute}] }]
`;
}

it('moves a link to the route in one pass, together with a new guard', async () => {
  const lead = (service: string) => `{ name: mesh-upstream, config: { service: ${service} } }`;
  const scene = openScene({ kongText: shop(lead('orders'), '') });
  const context = { ...scene.context, kong: kong.target() };
  const request = { dryRun: false, confirmDeletes: false };
  await runPass(context, scene.memory, request, never);
  scene.kongText = shop('', `${lead('payments')}, { name: key-auth }`);

  const report = await runPass(context, scene.memory, request, never);

  const { data } = await kong.call('GET', '/plugins');
  expect(codes(report)).toEqual([]);
  expect(report.outcome).toBe('applied');
  expect(data).toHaveLength(2);
  for (const plugin of data) expect(plugin).toMatchObject({ route: {}, service: null });
});

it.each([
  ['nothing leads into the mesh', 'shop.internal', 0],
  ['a link does, and no ports are given out', 'orders.mesh', 1],
])('lists each list of Kong once where %s', async (_name, host, besides) => {
  const kongText = `_format_version: '3.0'
services: [{ name: shop, host: ${host} }]
upstreams: [{ name: a, targets: [{ target: a:80 }] }, { name: b, targets: [{ target: b:80 }] }]
plugins: [{ name: cors }]
`;
  const scene = openScene({ kongText });
  const request = { dryRun: false, confirmDeletes: false };
  const { settings } = scene.context;
  const rules = { ...settings.rules, adopt: true };
  const open = () => ({
    ...scene.context,
    settings: { ...settings, rules },
    snapshot: undefined,
    dataplane: undefined,
    kong: kong.target(),
  });
  await runPass(open(), {}, request, never);
  kong.takeCalls();

  const report = await runPass(open(), {}, request, never);

  const calls = kong.takeCalls().map((call) => call.replace(/[0-9a-f-]{36}/, 'ID'));
  const count = (start: string) => calls.filter((call) => call.startsWith(start)).length;
  expect(codes(report)).toEqual([]);
  expect(count('GET /upstreams/ID/targets/all')).toBe(2);
  expect(count('GET /services')).toBe(1 + besides);
  expect(count('GET /schemas/targets')).toBe(1);
});
