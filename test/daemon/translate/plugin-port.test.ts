import { parse } from 'yaml';

import { openShop, type Shop } from '../cli/support/shop';
import { withPortAsText } from '../../../daemon/translate/plugin-port';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.stop());

async function withPort(port: string): Promise<void> {
  await shop.edit(shop.kongFile, (text) =>
    text.replace('config: { service: orders }', `config: { service: orders, port: ${port} }`),
  );
}

it('gives Kong the text of a port that the file has as a number', async () => {
  await withPort('8080');

  const checked = await shop.run('validate', '--online');
  const synced = await shop.run('sync');
  const again = await shop.run('diff', '--non-zero-exit-code');

  expect([checked.code, synced.code, again.code]).toEqual([0, 0, 0]);
  expect(String((await shop.live()).kong)).toMatch(/port: "8080"/);
});

it('does so for services that share the requests', async () => {
  await shop.edit(shop.kongFile, (text) =>
    text.replace(
      '{ service: orders }',
      '{ services: [{ service: orders, port: 8080, weight: 1 }] }',
    ),
  );

  const synced = await shop.run('sync');

  expect(synced.code).toBe(0);
  expect(String((await shop.live()).kong)).toMatch(/port: "8080"/);
});

it('renders it as Kong takes it, and leaves the rest of the file alone', async () => {
  await withPort('8080');

  const { out } = await shop.run('render');

  const { services } = parse(out) as { services: { name: string; routes: any[] }[] };
  const orders = services.find(({ name }) => name === 'orders');
  expect(orders?.routes[0].plugins[0].config).toEqual({ service: 'orders', port: '8080' });
  expect(out).toContain("# The shop's own comment.");
});

it.each(['0', '70000', '80.5', '[8080]'])('says what a port is where it is %s', async (port) => {
  await withPort(port);

  const { code, err } = await shop.run('validate');

  expect(code).toBe(1);
  expect(err).toMatch(/LINK_INVALID.*\n.*from 1 to 65535, or the name of one/);
});

it('keeps an entity without a number the same object, and of one with it the same copy', () => {
  const plugin = (port: unknown) =>
    ({ type: 'plugins', fields: { name: 'mesh-upstream', config: { port } } }) as never;
  const text = plugin('8080');
  const number = plugin(8080);
  const rules = { pluginName: 'mesh-upstream' };

  expect(withPortAsText(text, rules)).toBe(text);
  expect(withPortAsText(number, rules)).toBe(withPortAsText(number, rules));
});
