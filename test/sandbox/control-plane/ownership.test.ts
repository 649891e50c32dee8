import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { eventually } from '../sidecar/harness';
import { send } from './exchange';

const SPEC = {
  networking: { address: '127.0.0.5', gateway: { tags: { 'kuma.io/service': 'kong' } } },
};
const PATCHED = {
  networking: { address: '127.0.0.5', gateway: { tags: { 'kuma.io/service': 'kong-new' } } },
};
const KONG = { type: 'Dataplane', mesh: 'default', name: 'kong-01' };

describe('who owns a live Dataplane', () => {
  let controlPlane: ControlPlane;

  beforeEach(async () => {
    controlPlane = await startControlPlane({
      deregistrationMs: 150,
      deletionGraceMs: 150,
      meshServices: 'Everywhere',
    });
  });

  afterEach(() => controlPlane.stop());

  it('a file-owned one takes changes while it runs and loses them on reconnect', async () => {
    const proxy = controlPlane.connectProxy({
      name: 'kong-01',
      mode: 'file',
      spec: SPEC,
      reconnectMs: 20,
    });
    controlPlane.put({ ...KONG, ...PATCHED });
    const live = serviceOfGateway();
    proxy.cut();
    await proxy.whenConnected();

    const back = serviceOfGateway();

    expect([live, back]).toEqual(['kong-new', 'kong']);
  });

  it('a file-owned one is refused, then absent, then back after its stream was cut', async () => {
    const proxy = controlPlane.connectProxy({
      name: 'kong-01',
      mode: 'file',
      spec: SPEC,
      reconnectMs: 100,
    });
    const seen: boolean[] = [];
    controlPlane.onChange(({ type, current }) => {
      if (type === 'Dataplane') seen.push(current !== undefined);
    });
    proxy.cut();
    const refusal = proxy.refusal;
    const listed = serviceOfGateway();

    await proxy.whenConnected();

    expect(refusal).toBe('there is already an active stream');
    expect(listed).toBe('kong');
    expect(seen).toEqual([false, true]);
  });

  it('a file-owned one goes after the deregistration delay, even if the API created it', async () => {
    controlPlane.put({ ...KONG, ...PATCHED });
    const proxy = controlPlane.connectProxy({ name: 'kong-01', mode: 'file', spec: SPEC });
    proxy.disconnect();
    const listed = serviceOfGateway();

    await eventually(serviceOfGateway, (service) => service === undefined);

    expect(listed).toBe('kong');
  });

  it('one that the API owns waits for its Dataplane, keeps its state and stays', async () => {
    const proxy = controlPlane.connectProxy({ name: 'kong-01', mode: 'api', reconnectMs: 20 });
    const refusal = proxy.refusal;
    controlPlane.put({ ...KONG, ...PATCHED });
    await proxy.whenConnected();
    proxy.cut();
    await proxy.whenConnected();
    proxy.disconnect();
    // Longer than the deregistration delay.
    await new Promise((resolve) => setTimeout(resolve, 200));

    const service = serviceOfGateway();

    expect(refusal).toBe('Dataplane not found');
    expect(service).toBe('kong-new');
  });

  it('its connection decides whether the service counts as online', async () => {
    controlPlane.put({ ...KONG, ...SPEC });
    const states = [await insight()];
    const proxy = controlPlane.connectProxy({ name: 'kong-01', mode: 'api' });
    states.push(await insight());
    proxy.disconnect();
    states.push(await insight());

    expect(states).toEqual(['offline', 'online', 'offline']);
  });

  it('a MeshService outlives its last Dataplane for the grace time, and comes back with one', async () => {
    controlPlane.seed({ services: 1 });
    controlPlane.delete('Dataplane', 'svc-0-1');
    const orphaned = stateOf('svc-0');
    controlPlane.seed({ services: 1 });
    const back = stateOf('svc-0');
    controlPlane.delete('Dataplane', 'svc-0-1');

    await eventually(
      () => stateOf('svc-0'),
      (state) => state === undefined,
    );

    expect([orphaned, back]).toEqual(['Unavailable', 'Available']);
  });

  function serviceOfGateway(): string | undefined {
    const networking = controlPlane.get('Dataplane', 'kong-01')?.['networking'] as any;
    return networking?.gateway.tags['kuma.io/service'];
  }

  function stateOf(name: string): string | undefined {
    return (controlPlane.get('MeshService', name)?.['spec'] as any)?.state;
  }

  async function insight(): Promise<string> {
    return (await send(controlPlane.url, '/meshes/default/service-insights/kong')).body.status;
  }
});
