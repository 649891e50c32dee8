/** The demo's story. */
import { readFileSync } from 'node:fs';

import { eventually } from '../eventually';
import type { Narrator } from './narrator';
import { describe, get, type Answer } from './requests';
import type { Running, Scene } from './scene';

interface KongService {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export async function play(scene: Scene, narrator: Narrator): Promise<void> {
  const { say, show, step } = narrator;
  const { world } = scene;
  const proxy = world.gateway.proxyUrl;
  const orders: Running[] = [];
  const written = declaredServices(scene.kongFile);

  const ask = async (path: string): Promise<Answer> => {
    const answer = await get(proxy, path);
    show(describe(path, answer));
    return answer;
  };
  const answeredBy = (path: string, name: string): Promise<Answer> =>
    eventually(`${path} is answered by ${name}`, async () => {
      const answer = await get(proxy, path);
      return `${answer.service?.service ?? ''}-${answer.service?.instance ?? ''}`.startsWith(name)
        ? answer
        : undefined;
    });

  await step('mesh', 'A mesh with services, and a Kong that knows nothing of it', async () => {
    orders.push(await scene.start('orders', 'a'), await scene.start('orders', 'b'));
    await scene.start('payments', 'a');
    await scene.start('public-reports', 'a');
    say(
      `In the mesh: orders (two instances), payments, public-reports. Kong's configuration is the
       project's kong.yml, an ordinary decK file. This is what it says:`,
    );
    for (const { name, host, port } of written) show(`service ${name.padEnd(10)} ${host}:${port}`);
  });

  await step('sync', 'The plugin server and the daemon start', async () => {
    await scene.startPluginServer();
    scene.startDaemon();
    const after = await eventually('Kong has the configuration', async () => {
      const services = await kongServices(world.admin.url);
      return services.length >= 4 ? services : undefined;
    });
    say(
      `The daemon read kong.yml and the mesh, gave the gateway's sidecar an outbound for each service
       that Kong needs, waited until it listened, and only then pushed this to Kong:`,
    );
    for (const { name, host, port } of after) {
      const before = written.find((service) => service.name === name);
      const was = before ? `was ${before.host}:${before.port}` : 'made by the expose rule';
      const same = before?.host === host && before.port === port;
      show(`service ${name.padEnd(15)} ${host}:${port}`.padEnd(60) + (same ? 'untouched' : was));
    }
    say(
      `orders points nowhere on purpose (.mesh.invalid never resolves): the plugin sets the target per
       request, and should the plugin ever fail, Kong answers 503 instead of going past the mesh.`,
    );
    expectTrue(same(after, written, 'crm'), 'crm must come out untouched');
  });

  await step(
    'request-time',
    'A route with the plugin: the address is looked up per request',
    async () => {
      await answeredBy('/orders/1', 'orders-');
      const answers: Answer[] = [];
      for (const number of [1, 2, 3, 4]) answers.push(await ask(`/orders/${number}`));
      expectTrue(
        answers.every(({ service }) => service?.service === 'orders'),
        'all four must be answered by orders',
      );
      const identity = answers[0]?.service?.headers['x-forwarded-client-cert'] ?? '';
      expectTrue(identity.includes('spiffe://default/kong'), 'the gateway must show its identity');
      show(`seen by orders: ${/URI=spiffe:[^;]+/.exec(identity)?.[0] ?? identity}`);
      say('It is mutual TLS under the name that permissions use: the gateway is kong.');
    },
  );

  await step(
    'config-time',
    'A service with the tag mesh:payments: the address is in the config',
    async () => {
      await answeredBy('/payments/7', 'payments-');
      await ask('/payments/7');
      say('No plugin runs on this route: it costs nothing per request.');
    },
  );

  await step(
    'exposed',
    'A mesh service that is in no file: an expose rule made its route',
    async () => {
      await answeredBy('/public-reports', 'public-reports-');
      await ask('/public-reports');
    },
  );

  await step('untouched', 'A service that has nothing to do with the mesh', async () => {
    const answer = await ask('/crm');
    expectTrue(answer.service?.service === 'crm', 'crm must answer');
  });

  await step('moves', 'orders moves: both instances are replaced by one elsewhere', async () => {
    const pushesBefore = pushes(scene);
    const moved = await scene.start('orders', 'c');
    for (const running of orders.splice(0)) await scene.end(running);
    orders.push(moved);
    await answeredBy('/orders/5', 'orders-c');
    await ask('/orders/5');
    say(`Kong got ${pushes(scene) - pushesBefore} new configurations for it: none was needed.`);
  });

  await step('disappears', 'orders disappears', async () => {
    for (const running of orders.splice(0)) await scene.end(running);
    const answer = await eventually('/orders is refused with a reason', async () => {
      const tried = await get(proxy, '/orders/6');
      return tried.status === 503 && tried.body.includes('orders') ? tried : undefined;
    });
    show(describe('/orders/6', answer));
    say('503 with the reason, and not a byte went past the mesh. payments is not concerned:');
    expectTrue((await ask('/payments/8')).status === 200, 'payments must still answer');
  });

  await step('appears', 'A new service public-invoices appears in the mesh', async () => {
    await scene.start('public-invoices', 'a');
    await answeredBy('/public-invoices', 'public-invoices-');
    await ask('/public-invoices');
    say('Its route was made by the rule, and its outbound was there before Kong heard of it.');
  });

  await step('returns', 'orders comes back', async () => {
    orders.push(await scene.start('orders', 'd'));
    await answeredBy('/orders/9', 'orders-d');
    await ask('/orders/9');
  });
}

/** What kong.yml says, read as a person would: the demo must not share the daemon's parser. */
function declaredServices(kongFile: string): readonly KongService[] {
  const text = readFileSync(kongFile, 'utf8');
  const pattern = /- name: (\S+)\n\s+host: (\S+)[^\n]*\n\s+port: (\d+)/g;
  return [...text.matchAll(pattern)].map(([, name = '', host = '', port]) => ({
    name,
    host,
    port: Number(port),
  }));
}

async function kongServices(adminUrl: string): Promise<readonly KongService[]> {
  const response = await fetch(`${adminUrl}/services`, { signal: AbortSignal.timeout(5000) });
  const { data } = (await response.json()) as { data: KongService[] };
  return data.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function same(
  after: readonly KongService[],
  before: readonly KongService[],
  name: string,
): boolean {
  const now = after.find((service) => service.name === name);
  const then = before.find((service) => service.name === name);
  return now !== undefined && now.host === then?.host && now.port === then.port;
}

function pushes({ world }: Scene): number {
  return world.admin.requests.counts()['POST /config'] ?? 0;
}

function expectTrue(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
