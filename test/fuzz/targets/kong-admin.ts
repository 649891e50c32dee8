/** Answers of an Admin API with a database: whatever they say, what is not ours is left alone. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { KongState } from '../../../daemon/kong/model';
import { parseKongConfig } from '../../../daemon/kong/parse';
import { diff } from '../../../daemon/plan/diff';
import { createAdminTarget } from '../../../daemon/targets/kong-admin/admin-target';
import { mutateJson, type Json } from '../engine/mutate-json';
import { mustBeSound, onlyMeshdErrors, secret } from '../invariants';
import { filesBelow, lazily, recordedAnswer } from '../seeds';
import { must, type Target } from '../target';

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** What is answered otherwise than usual, by method and path. */
type Scenario = Readonly<Record<string, Answer>>;

const tag = 'ours';

export const kongAdmin: Target = {
  name: 'kong-admin',
  weight: 1,
  form: 'json',
  generate(random) {
    const scenario: Record<string, Answer> = {};
    for (let left = random.few(3); left > 0; left -= 1) {
      const place = random.chance(0.8)
        ? random.pick([...usual().keys()])
        : `${random.pick(['PUT', 'POST', 'DELETE'])} ${random.pick(['/services', '/routes', '/plugins', '/schemas'])}`;
      const body = random.chance(0.8) ? (usual().get(place) ?? null) : random.pick(recordings());
      scenario[place] = {
        status: random.chance(0.8)
          ? 200
          : random.pick([201, 304, 400, 404, 405, 409, 429, 500, 503]),
        body: random.chance(0.9) ? mutateJson(body, random, recordings()) : body,
      };
    }
    return Buffer.from(JSON.stringify(scenario));
  },
  async open() {
    const gateway = new Gateway();
    const url = await gateway.start();
    return {
      async run(input) {
        gateway.begin(JSON.parse(input.toString('utf8')) as Scenario);
        const target = createAdminTarget({
          ...{ url, selectTags: [tag], ownerTag: 'kong-meshd' },
          ...{ retries: 1, retryDelayMs: 1, maxRetryDelayMs: 2, timeoutMs: 5_000 },
        });
        const { signal } = new AbortController();
        const outcome = await onlyMeshdErrors(async () => {
          const wanted = await target.canonicalise(desired(), signal);
          const plan = diff(await target.read(signal), wanted);
          const checked = await target.check(plan, signal);
          mustBeSound(checked.failures);
          const report = await target.apply(checked.plan, wanted, signal);
          mustBeSound(report.failures);
          await target.probe(signal);
        });
        target.close();
        gateway.mustHaveKeptOthers();
        return outcome.ok || gateway.reads > 3;
      },
      close: () => gateway.stop(),
    };
  },
};

const desired = lazily((): KongState => {
  const text = `_format_version: "3.0"
services:
- name: orders
  host: orders.mesh
  tags: [${tag}]
  routes: [{ name: orders, paths: [/orders], tags: [${tag}] }]
- { name: new, host: new.mesh, tags: [${tag}] }
upstreams: [{ name: blue, targets: [{ target: "10.0.0.1:80" }] }]
consumers:
- username: app
  keyauth_credentials: [{ key: ${secret} }]
plugins: [{ name: cors }]
`;
  return parseKongConfig([{ path: 'kong.yml', text }], { env: {} }).state;
});

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Asks Kong whether it would take a plugin, and writes nothing. */
const question = 'POST /schemas/plugins/validate';
const writable = new RegExp(`^/(?:[a-z_-]+/${uuid}/)?[a-z_0-9-]+(?:/(${uuid}))?$`);

/** A Kong that holds things of ours and of others, and says what the scenario has it say. */
class Gateway {
  reads = 0;
  #scenario: Scenario = {};
  #ours = new Set<string>();
  #writes: { readonly method: string; readonly path: string }[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  begin(scenario: Scenario): void {
    this.#scenario = scenario;
    this.#writes = [];
    this.#ours = new Set();
    this.reads = 0;
  }

  /** What was written to is ours by what Kong said of it, or was made just now. */
  mustHaveKeptOthers(): void {
    const made = new Set(desired().entities.map(({ id }) => id));
    for (const { method, path } of this.#writes) {
      const match = writable.exec(path);
      must(match !== null, `${method} goes to an odd path`);
      const id = match[1];
      if (id === undefined) continue;
      const owned = this.#ours.has(id);
      must(method !== 'DELETE' || owned, 'something that is not ours is deleted');
      must(owned || made.has(id), 'something that is not ours is changed');
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://kong');
    request.resume();
    request.on('end', () => {
      if (method === 'GET') this.reads += 1;
      else if (`${method} ${url}` !== question) {
        this.#writes.push({ method, path: decodedOnce(url) });
      }
      const { status, body } = this.#replyTo(method, pathname, searchParams);
      if (method === 'GET') this.#noteOurs(body);
      response.writeHead(status, { 'content-type': 'application/json', server: 'kong/3.9.1' });
      response.end(status === 204 || status === 304 ? undefined : JSON.stringify(body));
    });
  }

  #replyTo(method: string, path: string, query: URLSearchParams): Answer {
    const place = method === 'GET' ? `GET ${path}` : `${method} /${path.split('/')[1] ?? ''}`;
    const odd = Object.hasOwn(this.#scenario, place) ? this.#scenario[place] : undefined;
    if (odd) return { status: statusOf(odd.status), body: odd.body ?? null };
    if (method === 'DELETE') return { status: 204, body: null };
    if (method !== 'GET') return { status: 200, body: {} };
    const usualBody: any = usual().get(place);
    if (usualBody === undefined) return { status: 404, body: { message: 'Not found' } };
    const tags = query.get('tags')?.split(',') ?? [];
    if (!Array.isArray(usualBody.data) || tags.length === 0)
      return { status: 200, body: usualBody };
    const data = usualBody.data.filter((row: any) =>
      tags.every((each) => row.tags?.includes(each)),
    );
    return { status: 200, body: { ...usualBody, data } };
  }

  #noteOurs(body: any): void {
    const rows: unknown[] = Array.isArray(body?.data) ? body.data : [body];
    for (const row of rows as any[]) {
      const isOurs = Array.isArray(row?.tags) && row.tags.includes(tag);
      if (isOurs && typeof row.id === 'string') this.#ours.add(row.id);
    }
  }
}

function statusOf(status: unknown): number {
  const value = Number(status);
  return Number.isInteger(value) && value >= 200 && value < 600 ? value : 500;
}

/** As the server behind it would read the path. */
function decodedOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const usual = lazily((): ReadonlyMap<string, Json> => {
  const id = (digit: string): string => `${digit.repeat(8)}-1111-4111-8111-111111111111`;
  const row = (digit: string, more: object, tags: Json = [tag]): Json => ({
    id: id(digit),
    tags,
    created_at: 1,
    updated_at: 1,
    ...more,
  });
  const list = (...data: Json[]): Json => ({ data, next: null });
  const schema = (name: string): Json => recordedAnswer(`test/fixtures/kong/schemas/${name}`).body;
  return new Map<string, Json>([
    ['GET /status', { database: { reachable: true } }],
    [
      'GET /services',
      list(
        row('1', { name: 'orders', host: 'old' }),
        row('2', { name: 'old', host: 'old' }),
        row('3', { name: 'theirs', host: 'x' }, ['theirs']),
        row('4', { name: 'nobody', host: 'x' }, null),
      ),
    ],
    [
      'GET /routes',
      list(
        row('5', { name: 'orders', paths: ['/'], service: { id: id('1') } }),
        row('6', { name: 'theirs', paths: ['/t'], service: { id: id('3') } }, ['theirs']),
      ),
    ],
    ['GET /upstreams', list(row('7', { name: 'blue' }), row('8', { name: 'theirs' }, ['theirs']))],
    [
      `GET /upstreams/${id('7')}/targets/all`,
      list(
        row('9', { target: '10.0.0.9:80', upstream: { id: id('7') } }),
        row('a', { target: '10.0.0.8:80' }, null),
      ),
    ],
    [
      'GET /plugins',
      list(
        row('b', { name: 'cors', config: {} }, ['theirs']),
        row('c', { name: 'old', config: {} }),
      ),
    ],
    ['GET /consumers', list(row('d', { username: 'app' }), row('e', { username: 'them' }, null))],
    ['GET /key-auths', list(row('f', { key: 'k', consumer: { id: id('e') } }, null))],
    ['GET /services/orders', row('1', { name: 'orders', host: 'old' })],
    ['GET /services/new', row('4', { name: 'new', host: 'x' }, ['theirs'])],
    ['GET /schemas/services', schema('services.json')],
    ['GET /schemas/plugins/cors', schema('plugin-cors.json')],
  ]);
});

const recordings = lazily((): readonly Json[] =>
  filesBelow('test/fixtures/kong/db', /\.json$/)
    .map((path) => recordedAnswer(path).body)
    .filter((body) => JSON.stringify(body ?? null).length < 20_000),
);
