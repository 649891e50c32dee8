/**
 * A gateway's life, from its first configuration on: one story, told in order, against the sandbox or
 * real systems (`environment.ts`). Everything goes through URLs and paths.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '../../sandbox/eventually';
import type { Child } from '../../sandbox/child';
import type { FlavourName } from '../../sandbox/control-plane/flavour';
import { openEnvironment, type Environment } from './environment';
import { openKong, type Answer, type Kong } from './kong';
import { openMesh, type Backend, type Mesh } from './mesh';
import { root, startDaemon, startPluginServer } from './programs';

const isSandbox = process.env['E2E_KUMA'] === undefined;
/** Steps that need to break what a suite may not break on real systems. */
const sandboxOnly = isSandbox ? it : it.skip;

/** Under a control plane of this shape; a real one has its own. */
export function tellGatewayStory(flavour: FlavourName): void {
  let environment: Environment;
  let kong: Kong;
  let mesh: Mesh;
  let daemon: Child;
  let pluginServer: Child;
  let configFile: string;
  let extraFile: string;
  const instances = new Map<string, Backend>();
  let direct: Backend;

  beforeAll(async () => {
    environment = await openEnvironment(flavour);
    kong = openKong(environment);
    mesh = openMesh(environment);
    configFile = join(environment.folder, 'kong-meshd.yaml');
    extraFile = join(environment.folder, 'extra.yml');
    await mesh.permitGateway();
    direct = await mesh.startOutside('direct', environment.backendHosts[0] ?? '127.0.0.1');
    if (environment.sandbox) await mesh.startOutside('crm', environment.sandbox.crmAddress, 8090);
    for (const name of ['orders-a', 'payments-a', 'public-reports-a']) await start(name);
    await writeFile(configFile, settings(environment));
    await writeExtra([]);
    pluginServer = await startPluginServer(environment);
    daemon = startDaemon(configFile);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([daemon.stop(), pluginServer.stop()]);
    await mesh.stop();
    await environment.stop();
  });

  /** What a user writes by hand, with the addresses of this environment. */
  function settings({ kumaUrl, kongAdminUrl, ...at }: Environment): string {
    return `sources:
  - kuma: { url: "${kumaUrl}" }
kong:
  config: [${JSON.stringify(join(root, 'kong.yml'))}, ${JSON.stringify(extraFile)}]
  settle: 100ms
  target: { dbless: { url: "${kongAdminUrl}" } }
gateway:
  dataplane: ${at.gatewayDataplane}
  service: kong
  workload: kong
  outbounds: { address: ${at.outboundAddress}, ports: 31000-31099, grace: 2s }
plugin: { snapshot: ${JSON.stringify(at.snapshotPath)} }
expose:
  - match: { name: "public-*" }
    routes: [{ name: "{name}", paths: ["/{name}"] }]
loop: { interval: 250ms, probe: 1s }
status: false
`;
  }

  /** The second file of the configuration; replaced as editors do it. */
  async function writeExtra(
    services: readonly object[],
    upstreams: readonly object[] = [],
  ): Promise<void> {
    const next = `${extraFile}.next`;
    await writeFile(next, JSON.stringify({ _format_version: '3.0', services, upstreams }));
    await rename(next, extraFile);
  }

  function linked(name: string, config: object, more: object = {}): object {
    const plugins = [{ name: 'mesh-upstream', config }];
    const host = 'nowhere.internal';
    return { name, host, routes: [{ name, paths: [`/${name}`], plugins }], ...more };
  }

  async function start(name: string): Promise<void> {
    const [, service = '', instance = ''] = /^(.*)-([^-]+)$/.exec(name) ?? [];
    instances.set(name, await mesh.start(service, instance));
  }

  async function end(name: string): Promise<void> {
    await instances.get(name)?.end();
    instances.delete(name);
  }

  /** Waits until a path is answered by an instance, `orders-a`, or by any of a service, `orders-`. */
  function answered(path: string, by: string, headers?: Readonly<Record<string, string>>) {
    return eventually(
      `${path} is answered by ${by}`,
      async () => {
        const answer = await kong.get(path, headers);
        return nameOf(answer).startsWith(by) ? answer : undefined;
      },
      30_000,
    );
  }

  function nameOf({ by, status }: Answer): string {
    return by ? `${by.service}-${by.instance}` : String(status);
  }

  function refused(path: string) {
    return eventually(
      `${path} is refused`,
      async () => {
        const answer = await kong.get(path);
        return answer.status === 503 ? answer : undefined;
      },
      30_000,
    );
  }

  /** Requests one after the other while `during` runs: who answered, without repetition. */
  async function requestsDuring(
    path: string,
    during: () => Promise<unknown>,
  ): Promise<Set<string>> {
    const seen = new Set<string>();
    const load = { running: true };
    const requests = (async () => {
      while (load.running) {
        seen.add(nameOf(await kong.get(path).catch((): Answer => ({ status: 0, body: '' }))));
      }
    })();
    try {
      await during();
    } finally {
      load.running = false;
      await requests;
    }
    return seen;
  }

  describe("the project's kong.yml", () => {
    it('sends a route with the plugin into the mesh, with the Host that the mesh expects', async () => {
      await answered('/orders/1', 'orders-a');

      // A control plane gives a new service its names some seconds after it has listed it.
      const { by } = await eventually('the Host is a name of the mesh', async () => {
        const answer = await kong.get('/orders/1');
        const names = await mesh.hostnamesOf('orders');
        const port = String(instances.get('orders-a')?.port);
        return names.some((name) => answer.by?.host === `${name}:${port}`) ? answer : undefined;
      });
      expect(by?.path).toBe('/1');
      expect(await kong.service('orders')).toMatchObject({ host: 'orders.mesh.invalid' });
    });

    it('sends a tagged service into the mesh, by an outbound of its own', async () => {
      await answered('/payments/7', 'payments-a');

      const service = await kong.service('payments');
      const ports = (await mesh.outbounds()).map(({ port }) => port);
      expect(service?.host).toBe(environment.outboundAddress);
      expect(ports).toContain(service?.port);
    });

    it('exposes what a rule matches and no file names', async () => {
      const { by } = await answered('/public-reports/2', 'public-reports-a');

      expect(by?.path).toBe('/2');
    });

    it('leaves what has nothing to do with the mesh as it is', async () => {
      expect(await kong.service('crm')).toMatchObject({ host: 'crm.internal', port: 8090 });
      expect((await mesh.outbounds()).length).toBe(3);
    });

    sandboxOnly('and its requests go where they went', async () => {
      const answer = await kong.get('/crm/9');

      expect(nameOf(answer)).toBe('crm-outside');
    });
  });

  describe('the Host that a backend sees', () => {
    const client = { host: 'shop.example' };

    it.each([
      [
        'the client sent, with preserve',
        'host-preserve',
        { host_header: 'preserve' },
        'shop.example',
      ],
      [
        'is written, with a literal',
        'host-literal',
        { host_header: 'api.example:8443' },
        'api.example:8443',
      ],
    ])('is what %s', async (_, name, config, expected) => {
      await writeExtra([linked(name, { service: 'orders', ...config })]);

      const { by } = await answered(`/${name}`, 'orders-a', client);

      expect(by?.host).toBe(expected);
    });

    it('is the name of the service in the mesh otherwise', async () => {
      const { by } = await answered('/orders', 'orders-a', client);

      const names = await mesh.hostnamesOf('orders');
      expect(names.map((name) => `${name}:${String(instances.get('orders-a')?.port)}`)).toContain(
        by?.host,
      );
    });
  });

  describe('a service', () => {
    it('is followed when it moves, without a failed request and without a push', async () => {
      await answered('/orders', 'orders-a');
      const hash = await kong.configHash();

      const seen = await requestsDuring('/orders', async () => {
        await start('orders-b');
        await eventually('both are in use', async () => {
          const names = await Promise.all(Array.from({ length: 8 }, () => kong.get('/orders')));
          return names.some((answer) => nameOf(answer) === 'orders-b') ? true : undefined;
        });
        await end('orders-a');
      });

      expect([...seen].filter((name) => name !== 'orders-a')).toEqual(['orders-b']);
      expect(nameOf(await kong.get('/orders'))).toBe('orders-b');
      expect(await kong.configHash()).toBe(hash);
    });

    it('that disappears is answered with 503 and the reason, and the others go on', async () => {
      await end('orders-b');

      const answer = await refused('/orders');

      await eventually('the plugin says why', async () => {
        const { status, body } = await kong.get('/orders');
        return status === 503 && body.includes('UPSTREAM_SERVICE_UNKNOWN') ? true : undefined;
      });
      expect(answer.body).not.toBe('');
      expect(JSON.parse((await kong.get('/orders')).body)).toMatchObject({
        code: 'UPSTREAM_SERVICE_UNKNOWN',
        service: 'orders',
      });
      expect(nameOf(await kong.get('/payments'))).toBe('payments-a');
    });

    it('that comes back is found again', async () => {
      await start('orders-c');

      const { by } = await answered('/orders', 'orders-c');

      expect(by?.instance).toBe('c');
    });

    it('that appears is exposed', async () => {
      await start('public-invoices-a');

      await answered('/public-invoices', 'public-invoices-a');

      expect(await kong.route('public-invoices')).toMatchObject({ paths: ['/public-invoices'] });
    });

    it('that goes takes its exposed route and its outbound with it', async () => {
      await end('public-invoices-a');

      const gone = await eventually('route and outbound are gone', async () => {
        const outbounds = await mesh.outbounds();
        return (await kong.route('public-invoices')) === undefined && outbounds.length === 3
          ? outbounds
          : undefined;
      });

      expect(gone).toHaveLength(3);
      expect((await kong.get('/public-invoices')).status).toBe(404);
    });
  });

  describe('where the mesh service is missing', () => {
    it('its fallback answers', async () => {
      await writeExtra([linked('fallback', { service: 'nowhere', fallback: 'payments' })]);

      const { by } = await answered('/fallback', 'payments-a');

      expect(by?.service).toBe('payments');
    });

    it('on_missing: passthrough goes to the host of the service, reject does not', async () => {
      const { address: host, port } = direct;
      await writeExtra([
        linked('pass', { service: 'nowhere', on_missing: 'passthrough' }, { host, port }),
        linked('reject', { service: 'nowhere' }, { host, port }),
      ]);

      const passed = await answered('/pass', 'direct-outside');
      const rejected = await kong.get('/reject');

      expect(passed.status).toBe(200);
      expect(rejected.status).toBe(503);
    });
  });

  describe('requests that several services share', () => {
    const services = [
      { service: 'orders', weight: 50 },
      { service: 'payments', weight: 50 },
    ];
    const seen = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const { by } = await kong.get(path, headers);
      return by?.service;
    };

    it('go to all of them by weight, and to none of weight 0', async () => {
      await writeExtra([
        linked('split', { services }),
        linked('drained', { services: services.map((one) => ({ ...one, weight: 0 })) }),
      ]);

      const some = await eventually('a share each', async () => {
        const all = await Promise.all([1, 2, 3, 4].map(() => seen('/split')));
        return new Set(all).size > 1 ? all : undefined;
      });

      expect(new Set(some)).toEqual(new Set(['orders', 'payments']));
      expect((await kong.get('/drained')).status).toBe(503);
    });

    it('go to the same one with the same header, and by weight without a consumer', async () => {
      await writeExtra([
        linked('sticky', { services, hash_on: 'header', hash_on_header: 'X-User' }),
        linked('by-consumer', { services, hash_on: 'consumer' }),
      ]);
      await eventually('its routes', async () => (await seen('/by-consumer')) && true);

      const users = Array.from({ length: 12 }, (_none, n) => ({ 'x-user': `user-${n}` }));
      const first = await Promise.all(users.map((headers) => seen('/sticky', headers)));
      const again = await Promise.all(users.map((headers) => seen('/sticky', headers)));
      const anonymous = await Promise.all([1, 2, 3, 4].map(() => seen('/by-consumer')));

      expect(again).toEqual(first);
      expect(new Set(first)).toEqual(new Set(['orders', 'payments']));
      expect(new Set(anonymous)).toEqual(new Set(['orders', 'payments']));
    });
  });

  describe('an upstream with targets in the mesh', () => {
    const upstream = (...services: string[]): object => ({
      name: 'shared',
      targets: services.map((name, n) => ({ target: `t${n}:80`, tags: [`mesh:${name}`] })),
    });
    const shop = {
      name: 'shared',
      host: 'shared',
      routes: [{ name: 'shared', paths: ['/shared'] }],
    };
    const seen = async () => (await kong.get('/shared')).by?.service;

    it('shares requests, leaves out what the mesh has not, and answers 503 where all is gone', async () => {
      await writeExtra([shop], [upstream('orders', 'payments')]);
      const both = await eventually('both services', async () => {
        const all = await Promise.all([1, 2, 3, 4].map(seen));
        return all.includes('orders') && all.includes('payments') ? all : undefined;
      });
      await writeExtra([shop], [upstream('nowhere', 'payments')]);
      await eventually('payments alone', async () => {
        const all = await Promise.all([1, 2, 3, 4].map(seen));
        return all.every((service) => service === 'payments') || undefined;
      });
      await writeExtra([shop], [upstream('nowhere', 'neither')]);
      const { status } = await eventually('503', async () => {
        const answer = await kong.get('/shared');
        return answer.status === 200 ? undefined : answer;
      });

      expect(new Set(both)).toEqual(new Set(['orders', 'payments']));
      expect(status).toBe(503);
    });
  });

  describe('the plugin server', () => {
    it('killed under load never leads to a wrong target, and a new one takes over', async () => {
      const { address: host, port } = direct;
      await writeExtra([linked('kept', { service: 'orders' }, { host, port })]);
      await answered('/kept', 'orders-c');

      const seen = await requestsDuring('/kept', async () => {
        pluginServer.kill('SIGKILL');
        await pluginServer.exited;
        await eventually('requests fail closed', async () =>
          (await kong.get('/kept')).status >= 500 ? true : undefined,
        );
        pluginServer = await startPluginServer(environment);
        await answered('/kept', 'orders-c');
      });
      const down = [...seen].filter((name) => name !== 'orders-c');

      expect(down.length).toBeGreaterThan(0);
      expect(down.filter((name) => !/^(500|503)$/.test(name))).toEqual([]);
    });

    it('ends cleanly when asked to', async () => {
      pluginServer.kill('SIGTERM');
      const code = await pluginServer.exited;
      pluginServer = await startPluginServer(environment);

      expect(code).toBe(0);
      await answered('/orders', 'orders-c');
    });
  });

  describe('the daemon', () => {
    it('may be away: requests go on, and it picks up what it missed without pushing in vain', async () => {
      await writeExtra([]);
      await eventually('the last change is live', async () =>
        (await kong.route('kept')) === undefined ? true : undefined,
      );
      const hash = await kong.configHash();

      const seen = await requestsDuring('/orders', async () => {
        await daemon.stop();
        daemon = startDaemon(configFile);
        await eventually('a first pass', () =>
          daemon.stderr.includes('"started"') ? true : undefined,
        );
        await start('public-late-a');
        await answered('/public-late', 'public-late-a');
        await end('public-late-a');
        await eventually('all is as it was', async () =>
          (await kong.route('public-late')) === undefined ? true : undefined,
        );
      });

      expect([...seen]).toEqual(['orders-c']);
      expect(await kong.configHash()).toBe(hash);
    });

    it('ends cleanly when asked to, and leaves everything live', async () => {
      daemon.kill('SIGTERM');
      const code = await daemon.exited;

      expect(code).toBe(0);
      expect(nameOf(await kong.get('/orders'))).toBe('orders-c');
      expect(nameOf(await kong.get('/payments'))).toBe('payments-a');
      daemon = startDaemon(configFile);
    });

    it('puts everything back where Kong lost its configuration', async () => {
      await answered('/payments', 'payments-a');
      const hash = await kong.configHash();

      await kong.loseConfig();
      await answered('/payments', 'payments-a');

      expect(await kong.configHash()).toBe(hash);
    });

    it('keeps one bad entity from holding up the others', async () => {
      const bad = { name: 'bad', host: 'h', routes: [{ name: 'bad', paths: ['no-slash'] }] };
      await writeExtra([bad, linked('good', { service: 'orders' })]);

      await answered('/good', 'orders-c');

      expect(await kong.route('bad')).toBeUndefined();
      expect(nameOf(await kong.get('/payments'))).toBe('payments-a');
      await eventually('the log names it', () =>
        /"entity":"route bad"/.test(daemon.stderr) ? true : undefined,
      );
    });

    it('keeps the last good configuration while a file is broken', async () => {
      const hash = await kong.configHash();

      await writeFile(extraFile, '{"_format_version":"3.0","services":[{"name":"ha');
      await eventually('the log names the place', () =>
        daemon.stderr.includes('extra.yml:1:') ? true : undefined,
      );

      expect(await kong.configHash()).toBe(hash);
      await writeExtra([]);
      await eventually('the next whole file is live', async () =>
        (await kong.route('good')) === undefined ? true : undefined,
      );
    });

    sandboxOnly(
      'keeps everything live while the control plane is away, and catches up',
      async () => {
        const resume = environment.sandbox?.cutControlPlane() ?? (() => undefined);
        await eventually('the log tells of the outage', () =>
          daemon.stderr.includes('KUMA_UNREACHABLE') || daemon.stderr.includes('OBSERVATION_STALE')
            ? true
            : undefined,
        );
        const during = [await kong.get('/orders'), await kong.get('/payments')].map(nameOf);
        resume();
        await start('public-after-a');
        await answered('/public-after', 'public-after-a');

        expect(during).toEqual(['orders-c', 'payments-a']);
      },
    );
  });
}
