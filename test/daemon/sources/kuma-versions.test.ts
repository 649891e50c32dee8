import { createKumaSource } from '../../../daemon/sources/kuma/kuma-source';
import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlaneOptions } from '../../../sandbox/control-plane/options';

let controlPlane: ControlPlane;

afterEach(() => controlPlane.stop());

const start = async (options: ControlPlaneOptions) => {
  controlPlane = await startControlPlane({ meshServices: 'Everywhere', ...options });
  controlPlane.seed({ services: 1 });
  const gateway = { service: 'kong', workload: 'kong' };
  const connection = { url: controlPlane.url, insecureSkipVerify: false, timeoutMs: 2_000 };
  const source = createKumaSource({ ...connection, mesh: 'default', gateway });
  return () => source.observe(AbortSignal.timeout(5_000));
};

const kindsOf = ({ services }: { readonly services: readonly { readonly kind: string }[] }) =>
  services.map(({ kind }) => kind);

it('follows a control plane that becomes another version without a pause', async () => {
  const look = await start({ flavour: '2.14' });
  const labels = { 'kuma.io/workload': 'kong' };
  const networking = { address: '127.0.0.5', gateway: { tags: { 'kuma.io/service': 'kong' } } };
  controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'kong-01', labels, networking });
  const seen = [await look()];
  for (const flavour of ['3.0', '2.14', '3.x'] as const) {
    controlPlane.become(flavour);
    seen.push(await look());
  }

  expect(seen.map(({ controlPlane: facts }) => facts?.version)).toEqual([
    '2.14.3',
    '3.0.0',
    '2.14.3',
    '3.0.0-preview',
  ]);
  expect(seen.map(({ gateways }) => gateways.map(({ name }) => name))).toEqual(
    Array(4).fill(['kong-01']),
  );
  expect(seen.map(({ gateways }) => gateways[0]?.plain === true)).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

it('knows that services of 3.x are exclusive although the Mesh says nothing', async () => {
  const look = await start({ flavour: '3.0' });

  const observation = await look();

  expect(kindsOf(observation)).toEqual(['MeshService']);
  expect(observation.failures).toEqual([]);
});

it('works with an unknown version by what it answers, and says so', async () => {
  const look = await start({ flavour: '3.0', version: '5.2.0' });

  const observation = await look();

  expect(kindsOf(observation)).toEqual(['MeshService']);
  expect(observation.failures).toMatchObject([
    {
      code: 'KUMA_VERSION_UNKNOWN',
      severity: 'warning',
      message: expect.stringContaining('5.2.0'),
    },
  ]);
});
