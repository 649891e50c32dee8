import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import { register } from '../../../sandbox/services/register';
import { startService } from '../../../sandbox/services/service';
import type { Service } from '../../../sandbox/services/service';
import { send } from '../control-plane/exchange';

describe('a sandbox service', () => {
  let service: Service;

  beforeEach(async () => {
    service = await startService({ name: 'orders', instance: 'a' });
  });

  afterEach(() => service.stop());

  it('says where a request arrived, and how', async () => {
    const headers = { host: 'shop.example.test', 'x-request-id': '7', accept: '*/*' };

    const reply = await send(service.url, '/orders?id=1', { method: 'POST', headers });

    expect(reply.body).toEqual({
      service: 'orders',
      instance: 'a',
      host: 'shop.example.test',
      path: '/orders?id=1',
      method: 'POST',
      headers: { 'x-request-id': '7' },
    });
    expect(service.requests).toBe(1);
  });

  it('fails as it is told to, and recovers', async () => {
    service.fail = 500;
    const failed = await send(service.url, '/');
    service.fail = 'reset';
    const reset = send(service.url, '/');
    await expect(reset).rejects.toMatchObject({ code: 'ECONNRESET' });
    service.fail = undefined;

    const recovered = await send(service.url, '/');

    expect([failed.status, recovered.status]).toEqual([500, 200]);
  });

  it('is in the mesh once it is registered, until it is unregistered', async () => {
    const controlPlane = await startControlPlane({ meshServices: 'Everywhere' });
    const registration = register(controlPlane, service, {
      mode: 'api',
      tags: { version: 'v1' },
    });
    const registered = controlPlane.get('Dataplane', registration.dataplane)?.['networking'];
    registration.unregister();

    const after = controlPlane.get('Dataplane', registration.dataplane);

    expect(registration.dataplane).toBe('orders-a');
    expect(registered).toMatchObject({
      inbound: [
        {
          port: 8080,
          servicePort: service.port,
          tags: { 'kuma.io/service': 'orders', version: 'v1' },
        },
      ],
    });
    expect(after).toBeUndefined();
    await controlPlane.stop();
  });
});
