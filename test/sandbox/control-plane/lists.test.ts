import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { ControlPlane } from '../../../sandbox/control-plane/control-plane';
import { send } from './exchange';

describe('lists', () => {
  let controlPlane: ControlPlane;

  beforeEach(async () => {
    controlPlane = await startControlPlane({ meshServices: 'Everywhere' });
  });

  afterEach(() => controlPlane.stop());

  it('are whole when they are walked page by page', async () => {
    const names = controlPlane.seed({ services: 2_500 });

    const walked = await walk(controlPlane.url, '/meshes/default/meshservices?size=1000');

    expect(walked).toEqual(names);
    expect(controlPlane.requests.count('GET', '/meshes/default/meshservices')).toBe(3);
  });

  it('are no snapshot: what is deleted before the offset makes the walk miss one', async () => {
    controlPlane.seed({ services: 4 });
    const first = await get('/meshes/default/dataplanes?size=2');
    controlPlane.delete('Dataplane', 'svc-0-1');

    const second = await get('/meshes/default/dataplanes?size=2&offset=2');

    expect(namesOf(first)).toEqual(['svc-0-1', 'svc-1-1']);
    expect(first.total).toBe(4);
    expect(namesOf(second)).toEqual(['svc-3-1']);
    expect(second.total).toBe(3);
  });

  it('stay in order as resources come and go', async () => {
    controlPlane.seed({ services: 3 });
    await get('/meshes/default/dataplanes');
    const networking = { address: '10.9.9.9', gateway: { tags: { 'kuma.io/service': 'kong' } } };
    controlPlane.put({ type: 'Dataplane', mesh: 'default', name: 'svc-1-0', networking });
    controlPlane.delete('Dataplane', 'svc-0-1');

    const page = await get('/meshes/default/dataplanes');

    expect(namesOf(page)).toEqual(['svc-1-0', 'svc-1-1', 'svc-2-1']);
  });

  it('give a next that leads back through the Host the client used, with its filters', async () => {
    controlPlane.seed({ services: 3 });

    const reply = await send(
      controlPlane.url,
      '/meshes/default/dataplanes?tag=kuma.io/service:svc&size=1',
      { headers: { host: 'kuma.example.test' } },
    );

    expect(reply.body.next).toBe(
      'http://kuma.example.test/meshes/default/dataplanes?offset=1&size=1&tag=kuma.io%2Fservice%3Asvc',
    );
  });

  it('default to a hundred', async () => {
    controlPlane.seed({ services: 150 });

    const page = await get('/meshes/default/service-insights');

    expect([page.total, page.items.length]).toEqual([150, 100]);
  });

  it('go over all meshes without one', async () => {
    controlPlane.seed({ services: 2, mesh: 'a' });
    controlPlane.seed({ services: 2, mesh: 'b' });

    const page = await get('/dataplanes?size=3');

    expect(page.items.map((one: any) => `${one.mesh}/${one.name}`)).toEqual([
      'a/svc-0-1',
      'a/svc-1-1',
      'b/svc-0-1',
    ]);
    expect(page.total).toBe(4);
  });

  async function get(path: string) {
    const { body } = await send(controlPlane.url, path);
    return body;
  }
});

function namesOf(page: any): readonly string[] {
  return page.items.map((one: any) => one.name);
}

async function walk(url: string, path: string): Promise<readonly string[]> {
  const { body } = await send(url, path);
  if (body.next === null) return namesOf(body);
  const { pathname, search } = new URL(body.next);
  return [...namesOf(body), ...(await walk(url, pathname + search))];
}
