/**
 * Behaves as the plugin did that the transcripts in test/fixtures/plugin-server/wire were recorded
 * with: the config's `behaviour` chooses what the access handler asks of Kong.
 */
type Kong = any;

interface SampleConfig {
  readonly behaviour: string;
  readonly host?: string;
  readonly port?: number;
  readonly value?: string;
  readonly delay_ms?: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const mark = { by: 'sample', list: [1, 2, 3], n: 1.5, ok: true };

const behaviours: Readonly<Record<string, (kong: Kong, config: SampleConfig) => unknown>> = {
  none: () => undefined,
  sync_throw: () => {
    throw new Error('thrown at once');
  },
  throw: async () => {
    throw new Error('thrown by access');
  },
  hang: () => new Promise(() => undefined),
  set_target: (kong, { host, port }) => kong.service.setTarget(host, port),
  async set_target_then_host(kong, { host, port, value }) {
    await kong.service.setTarget(host, port);
    await kong.service.request.setHeader('Host', value);
  },
  async host_then_set_target(kong, { host, port, value }) {
    await kong.service.request.setHeader('Host', value);
    await kong.service.setTarget(host, port);
  },
  async header_then_set_target(kong, { host, port }) {
    const tenant = await kong.request.getHeader('x-tenant');
    await kong.service.setTarget(host, port);
    await kong.service.request.setHeader('x-seen-tenant', String(tenant));
  },
  async set_target_then_throw(kong, { host, port }) {
    await kong.service.setTarget(host, port);
    throw new Error('thrown after set_target');
  },
  async set_upstream(kong, { value }) {
    const known = await kong.service.setUpstream(value);
    await kong.service.request.setHeader('x-result', String(known));
  },
  async get_service(kong) {
    const service = await kong.router.getService();
    await kong.service.request.setHeader('x-service', service ? String(service.name) : 'none');
  },
  async get_route(kong) {
    const route = await kong.router.getRoute();
    await kong.service.request.setHeader('x-route', route ? String(route.name) : 'none');
  },
  async ctx_shared(kong) {
    const before = (await kong.ctx.shared.get('mark')) ?? null;
    await kong.ctx.shared.set('mark', mark);
    const after = await kong.ctx.shared.get('mark');
    await kong.service.request.setHeader('x-mark', JSON.stringify([before, after]));
  },
  exit: (kong) =>
    kong.response.exit(
      503,
      { message: 'no healthy target' },
      { 'X-Reason': 'sample', 'Retry-After': '1' },
    ),
  exit_text: (kong) =>
    kong.response.exit(403, 'forbidden by sample', { 'Content-Type': 'text/plain' }),
  exit_null_body: (kong) => kong.response.exit(503, null, { 'X-Reason': 'sample' }),
  exit_status_only: (kong) => kong.response.exit(429),
  async exit_and_go_on(kong) {
    await kong.response.exit(503, { message: 'over' }, {});
    await kong.service.setTarget('127.0.0.1', 1);
  },
  async slow(kong, { host, port, delay_ms }) {
    await pause(delay_ms ?? 0);
    await kong.service.setTarget(host, port);
  },
  bad_argument: (kong, { host, port }) => kong.service.setTarget(host, String(port)),
  async unknown_method(kong) {
    const result = await kong.service.doesNotExist('a', 1);
    await kong.service.request.setHeader('x-result', String(result));
  },
  async unsendable(kong) {
    await kong.service.setTarget(() => undefined, 1).catch(() => undefined);
    await kong.service.setTarget('127.0.0.1', 2);
  },
  async big_header(kong) {
    const value = await kong.request.getHeader('x-big');
    await kong.service.request.setHeader('x-big-back', value ?? '');
  },
  parallel_calls: (kong, { host, port }) =>
    Promise.all([
      kong.service.request.setHeader('x-one', '1'),
      kong.service.request.setHeader('x-two', '2'),
      kong.service.setTarget(host, port),
    ]),
  unawaited(kong, { host, port }) {
    void kong.service.request.setHeader('x-one', '1');
    void kong.service.setTarget(host, port);
  },
  awaits_a_namespace: async (kong) => {
    await kong.service;
  },
  async values(kong) {
    await behaviours['all_headers']!(kong, { behaviour: '' });
    await kong.request.getHeader('x-absent');
    await kong.request.getRawBody();
    await kong.request.getMethod();
    await kong.request.getPort();
    await kong.request.getHttpVersion();
    await kong.nginx.getVar('request_uri');
    await kong.nginx.getCtx('balancer_data');
    await kong.client.getConsumer();
    await kong.client.getCredential();
    await kong.ctx.shared.set('empty', {});
    await kong.ctx.shared.get('empty');
    await kong.service.setRetries(0);
    await kong.service.request.setScheme('http');
    await kong.plugin.getId();
    await kong.log.warn('a line from the plugin');
  },
  async all_headers(kong) {
    await kong.request.getHeaders();
    await kong.request.getQuery();
  },
};

export const Name = 'sample';
export const Version = '1.0.0';
export const Priority = 15;
export const Schema = [{ behaviour: { type: 'string', default: 'none' } }];

export class Plugin {
  readonly #config: SampleConfig;

  constructor(config: SampleConfig) {
    if (config.behaviour === 'constructor_throw') throw new Error('thrown by constructor');
    this.#config = config;
  }

  rewrite(kong: Kong): unknown {
    return kong.ctx.shared.set('rewritten', true);
  }

  access(kong: Kong): unknown {
    return behaviours[this.#config.behaviour]?.(kong, this.#config);
  }

  async response(kong: Kong): Promise<void> {
    const status = await kong.service.response.getStatus();
    await kong.service.response.getHeaders();
    await kong.service.response.getRawBody();
    await kong.response.setHeader('x-upstream-status', String(status));
  }

  async log(kong: Kong): Promise<void> {
    if (this.#config.behaviour === 'throw_in_log') throw new Error('thrown by log');
    await kong.response.getStatus();
    await kong.response.getHeaders();
    await kong.request.getHeader('x-req');
    await kong.ctx.shared.get('mark');
    await kong.log.serialize();
  }
}
