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
