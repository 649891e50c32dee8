import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../../../../sandbox/gateway/gateway';
import { type DeclarativeFeed, declarativeFeed } from './support/declarative-feed';
import { type EchoUpstream, startEchoUpstream } from './support/echo-upstream';
import { maskBody, relocate } from './support/normal-form';
import { RecordedPluginServer } from './support/recorded-plugin-server';
import { type ClientResponse, send } from './support/send-request';
import {
  type Exchange,
  listTranscripts,
  readTranscript,
  type Transcript,
} from './support/transcript';

/** What happens beside the requests: `before` a request by its index, or `during` it. */
interface Script {
  readonly before?: Record<number, (stage: Stage) => void | Promise<void>>;
  readonly during?: Record<number, (stage: Stage) => void | Promise<void>>;
  readonly parallel?: true;
  /** Calls of different requests interleave as they like. */
  readonly unordered?: true;
}

interface Stage {
  readonly server: RecordedPluginServer;
  readonly push: (change?: (document: any) => void) => void;
}

const pluginsOf = (document: any) => document.services[0].routes[0].plugins;
const restart = async ({ server }: Stage) => {
  await server.kill();
  await server.start();
};

const scripts: Record<string, Script | undefined> = {
  'parallel-20': { parallel: true, unordered: true },
  'config-push-new-instance': {
    before: {
      2: ({ push }) => push((document) => (pluginsOf(document)[0].config.mode = 'target-host')),
    },
  },
  'server-killed-and-restarted': { before: { 2: restart } },
  'server-dies-instance-cached': {
    before: {
      2: ({ server }) => {
        server.hangsUp = true;
        server.dropConnections();
      },
    },
  },
  'server-absent-no-instance': { before: { 0: ({ server }) => void (server.hangsUp = true) } },
  'wire/log-phase': { unordered: true },
  'wire/config-change': {
    before: {
      1: ({ push }) => push(),
      3: ({ push }) =>
        push((document) => {
          const { config } = pluginsOf(document)[0];
          Object.assign(config, { behaviour: 'set_target_then_host', value: 'changed.mesh' });
        }),
      5: ({ push }) => push((document) => pluginsOf(document).pop()),
      6: ({ push }) => push(),
    },
  },
  'wire/server-absent': { before: { 2: ({ server }) => server.start() } },
  'wire/server-gone-mid-event': {
    during: { 1: ({ server }) => server.kill() },
    before: { 2: ({ server }) => server.start() },
  },
  'wire/server-restart': {
    before: { 2: ({ server }) => server.kill(), 4: ({ server }) => server.start() },
  },
  'wire/server-restart-reload-while-down': {
    before: {
      1: async ({ server, push }) => {
        await server.kill();
        push();
      },
      3: ({ server }) => server.start(),
    },
  },
  'wire/server-restart-two-configs': { before: { 4: restart } },
};

/** Recordings that cannot be played back, each with the reason; they are not kept here. */
const notReplayed = {
  'big-config-100k':
    'the recording has cut the long messages; wire/big-config has the same in full',
  'wire/huge-config':
    'kept as lengths and digests only; splitting is tested in plugin-client.test.ts',
  'wire/concurrency': 'two workers: which of them accepts a connection is up to the kernel',
  'wire/server-restart-two-workers': 'two workers, as above',
} as const;

/** Recorded timeouts of 2 and 3 s are shortened; late answers keep their distance to them. */
const timeoutScale = 0.25;

const info = (phases: readonly string[]) => {
  const path = join(__dirname, '../../../fixtures/plugin-server/wire/info/info-access.json');
  const document = JSON.parse(readFileSync(path, 'utf8'));
  return { ...document, Plugins: [{ ...document.Plugins[0], Phases: phases }] };
};

describe('recorded exchanges with a plugin server', () => {
  let original: EchoUpstream;
  let target: EchoUpstream;

  afterEach(() => Promise.all([original.stop(), target.stop()]));

  it.each(listTranscripts())('%s', async (name) => {
    const transcript = readTranscript(name);
    const played = await play(transcript);

    const { unordered } = scripts[name] ?? {};
    const order = (calls: readonly string[]) => (unordered ? calls.toSorted() : calls);
    expect(order(played.received)).toEqual(order(played.expected));
    for (const [index, request] of transcript.requests.entries()) {
      const response = played.responses[index]!;
      expect(response.status).toBe(request.status);
      expect(maskBody(response.body)).toEqual(
        maskBody(relocate(request.expectedBody, played.ports)),
      );
      expect(response.headers).toMatchObject(request.expectedHeaders);
    }
    expect(played.upstreamRequests).toEqual(
      transcript.upstreamRequests && relocate(transcript.upstreamRequests, played.ports),
    );
    expect(played.kongLog).toEqual(transcript.kongLog);
  });

  it('are all here, or known not to be replayed', () => {
    const kept = new Set(listTranscripts());

    expect(kept.size).toBe(76);
    expect(Object.keys(notReplayed).filter((name) => kept.has(name))).toEqual([]);
    expect(Object.keys(scripts).filter((name) => !kept.has(name))).toEqual([]);
  });

  async function play(transcript: Transcript) {
    const flat = !transcript.name.startsWith('wire/');
    const names = flat ? ['original', 'target'] : ['a', 'b'];
    [original, target] = await Promise.all([
      startEchoUpstream(names[0]!, flat ? echoPluginHeaders : undefined),
      startEchoUpstream(names[1]!, flat ? echoPluginHeaders : undefined),
    ]);
    const server = new RecordedPluginServer();
    const scaled = transcript.readTimeoutMs < 60_000;
    server.timeScale = scaled ? timeoutScale : 1;
    if (transcript.name !== 'wire/server-absent') await server.start();
    const feed = declarativeFeed({});
    const gateway = await startGateway({
      feed,
      pluginServer: { socketPath: server.socketPath, info: info(transcript.phases) },
      readTimeoutMs: scaled ? transcript.readTimeoutMs * timeoutScale : 5000,
    });
    const [originalPort, targetPort, proxyPort] = transcript.ports;
    const ports = new Map([
      [originalPort, original.port],
      [targetPort, target.port],
    ]);
    if (proxyPort !== undefined) ports.set(proxyPort, Number(new URL(gateway.proxyUrl).port));
    server.ports = ports;
    const push: Stage['push'] = (change) => {
      const document = withDefaults(structuredClone(transcript.document), flat);
      change?.(document);
      feed.push(relocate(document, ports));
    };
    await prime(transcript, { server, feed, gateway, push });
    const expected = server.expect(transcript.exchanges);
    push();
    const responses = await sendAll(transcript, gateway, { server, push });
    await settled(server, expected);
    await gateway.stop();
    await server.stop();
    return {
      expected,
      received: server.received,
      responses,
      ports,
      upstreamRequests: transcript.upstreamRequests && seenByUpstreams(original, target),
      kongLog:
        transcript.kongLog &&
        gateway.logEntries
          .filter(({ text }) => /^(\[kong\]|connect\(\))/.test(text))
          .map((entry) => ({
            ...entry,
            text: entry.text.replace(server.socketPath, '/run/plugins/sample.sock'),
          })),
    };
  }
});

async function sendAll(
  transcript: Transcript,
  gateway: Gateway,
  stage: Stage,
): Promise<ClientResponse[]> {
  const { before = {}, during = {}, parallel, unordered } = scripts[transcript.name] ?? {};
  const one = (index: number) => {
    const { method, path, headers, body } = transcript.requests[index]!;
    return send(gateway.proxyUrl, { method, path, headers, ...(body ? { body } : {}) });
  };
  if (parallel) return Promise.all(transcript.requests.map((_request, index) => one(index)));
  const responses: ClientResponse[] = [];
  for (const [index, { pauseMs }] of transcript.requests.entries()) {
    // The first recording left time for the log phase between its requests.
    if (transcript.phases.includes('log') && !unordered) await quiet(stage.server);
    await before[index]?.(stage);
    // Only where answers come late does the distance between requests matter.
    if (transcript.readTimeoutMs < 60_000 && pauseMs > 50) await sleep(pauseMs * timeoutScale);
    const response = one(index);
    if (during[index]) {
      await sleep(100);
      await during[index](stage);
    }
    responses.push(await response);
  }
  return responses;
}

/**
 * The smaller recording is one long session: a scenario may begin with an instance of the one before,
 * which shows in its first close.
 */
async function prime(
  { name, exchanges }: Transcript,
  stage: Stage & { feed: DeclarativeFeed; gateway: Gateway },
): Promise<void> {
  const [started, closed] = exchanges;
  if (name.startsWith('wire/') || closed?.method !== 'plugin.CloseInstance') return;
  const id = closed.params[0];
  const reply = (result: object) => ({ error: null, result, afterMs: 0 });
  const event = (EventName: string, EventId: number): Exchange => ({
    method: 'plugin.HandleEvent',
    params: [{ InstanceId: id, EventName }],
    atMs: 0,
    reply: reply({ Data: 'ret', EventId }),
  });
  const expected = stage.server.expect([
    { ...started!, reply: reply({ Id: id }) },
    event('access', 1_000_000),
    event('log', 1_000_001),
  ]);
  stage.push();
  await send(stage.gateway.proxyUrl, { path: '/s/x' });
  await settled(stage.server, expected);
}

/** The log phase runs after the client has its answer. */
async function settled(server: RecordedPluginServer, expected: readonly string[]): Promise<void> {
  for (let look = 0; look < 50 && server.received.length < expected.length; look++) await sleep(10);
}

/** Until no call has come in for a while. */
async function quiet(server: RecordedPluginServer): Promise<void> {
  let seen = -1;
  while (seen !== server.received.length) {
    seen = server.received.length;
    await sleep(25);
  }
}

function seenByUpstreams(...upstreams: EchoUpstream[]): object[] {
  return upstreams
    .flatMap(({ seen }) => seen)
    .map(({ who, method, path, host, headers }) => {
      const { 'x-req': req, ...others } = headers;
      const shown = Object.entries(others).filter(
        ([name]) => name.startsWith('x-') && !['x-real-ip', 'x-kong-request-id'].includes(name),
      );
      return { req, who, method, path, host, headers: Object.fromEntries(shown) };
    })
    .sort((a, b) => Number(a.req) - Number(b.req));
}

/** The plugin's own headers, as the first recording's upstreams echoed them. */
function echoPluginHeaders({ headers }: { headers: Record<string, unknown> }): object {
  const own = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-') && !/^x-(forwarded|real|kong)-/.test(name),
  );
  return { x: Object.fromEntries(own) };
}

/** What Kong fills in from the recorded plugin's schema. */
function withDefaults(document: any, flat: boolean): any {
  if (flat) return document;
  const { services = [], plugins = [] } = document;
  const owners = services.flatMap((service: any) => [service, ...(service.routes ?? [])]);
  for (const owner of [...owners, { plugins }]) {
    for (const plugin of owner.plugins ?? []) plugin.config = { delay_ms: 0, ...plugin.config };
  }
  return document;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
