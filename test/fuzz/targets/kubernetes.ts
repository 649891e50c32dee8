/** Lists and watch streams of a Kubernetes API. */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import { MeshdError } from '../../../catalog/error';
import type { ApiClient, ApiRequest } from '../../../daemon/kubernetes-client/api-client';
import { statusError } from '../../../daemon/kubernetes-client/api-error';
import { createBuilder } from '../../../daemon/sources/kubernetes/build-observation';
import { watchCluster, type ClusterWatch } from '../../../daemon/sources/kubernetes/watch-cluster';
import { mutateBytes, splitBytes } from '../engine/mutate-bytes';
import { mutateJson, type Json } from '../engine/mutate-json';
import { Random } from '../engine/random';
import { observationMustBeUsable } from '../observation';
import { filesBelow, jsonOf, lazily, recordedAnswer } from '../seeds';
import { must, pure, type Target } from '../target';

/** By the last part of the path: lists as they are answered, and the lines of the first watch. */
interface Scenario {
  readonly lists: Readonly<Record<string, Json>>;
  readonly watches: Readonly<Record<string, string>>;
}

const plurals = [
  'services',
  'pods',
  'deployments',
  'dataplanes',
  'meshservices',
  'ingressclasses',
  'endpointslices',
];

export const kubernetes: Target = {
  name: 'kubernetes',
  weight: 2,
  form: 'json',
  generate(random) {
    const lists: Record<string, Json> = {};
    const watches: Record<string, string> = {};
    for (let left = random.few(3); left > 0; left -= 1) {
      const plural = random.pick(plurals);
      if (random.chance(0.4))
        lists[plural] = mutateJson(usual().get(plural) ?? null, random, events());
      else watches[plural] = streamOf(random);
    }
    return Buffer.from(JSON.stringify({ lists, watches }));
  },
  open: pure(async (input) => {
    const scenario = JSON.parse(input.toString('utf8')) as Partial<Scenario>;
    const { lists = {}, watches = {} } = scenario;
    const served = new Server({ lists, watches });
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const watch = watchCluster({
      client: served.client(stop.signal),
      scope: { mesh: 'default', gatewayNamespace: 'kong' },
      timing: { minBackoffMs: 1, maxBackoffMs: 2, shortWatchMs: 0 },
      discoverMs: 60_000,
      onChange: () => undefined,
    });
    const running = watch.run(stop.signal);
    const live = await settled(watch, served);
    if (live) {
      const observation = createBuilder()(watch.facts(), {
        mesh: 'default',
        selection: { service: 'kong' },
        clusterDomain: 'cluster.local',
        enforce: true,
      });
      observationMustBeUsable(observation);
      mustKeepUnmentioned(watch, scenario);
    }
    stop.abort(new Error('the input is over'));
    await running;
    return live;
  }),
};

/** Until every watch has been read to its end, or it stays without a whole list. */
async function settled(watch: ClusterWatch, served: Server): Promise<boolean> {
  for (let turns = 0; turns < 60; turns += 1) {
    await new Promise((resolve) =>
      turns % 4 === 3 ? setTimeout(resolve, 1) : setImmediate(resolve),
    );
    const state = watch.state();
    if (state.phase !== 'live' && state.failure !== undefined) {
      must(state.failure instanceof MeshdError, `a watch failed with ${String(state.failure)}`);
    }
    if (state.phase === 'waiting' && state.failures > 2) return false;
    if (state.phase === 'live' && served.isQuiet()) return true;
  }
  return watch.state().phase !== 'waiting';
}

/** Services that no list and no event says anything about are as they were. */
function mustKeepUnmentioned(watch: ClusterWatch, { lists, watches }: Partial<Scenario>): void {
  if (lists?.['services'] !== undefined) return;
  const stream = watches?.['services'] ?? '';
  const present = new Set(watch.facts().views.services.map(({ name }) => name));
  for (const { metadata } of itemsOf(usual().get('services'))) {
    if (stream.includes(metadata.name)) continue;
    must(present.has(metadata.name), 'a Service is gone that nobody spoke of');
  }
}

class Server {
  readonly #opened = new Set<string>();
  #reading = 0;

  constructor(private readonly scenario: Scenario) {}

  isQuiet(): boolean {
    return this.#reading === 0;
  }

  client(signal: AbortSignal): ApiClient {
    const url = 'http://cluster';
    const connection = { url, headers: {}, tls: {} };
    return {
      cluster: {
        connection: () => Promise.resolve(connection),
        namespace: () => Promise.resolve('kong'),
      },
      timeoutMs: 1000,
      send: (request) => this.#send(url, request),
      open: (request) => Promise.resolve({ url, body: this.#open(request, signal) }),
      close: () => undefined,
    };
  }

  #send(url: string, request: ApiRequest): Promise<unknown> {
    const { path } = request;
    const last = path.split('/').at(-1) ?? '';
    if (path === '/apis/kuma.io') return Promise.resolve({ versions: [{ version: 'v1alpha1' }] });
    if (path === '/apis/kuma.io/v1alpha1')
      return Promise.resolve(groupOf(['dataplanes', 'meshservices']));
    const { lists } = this.scenario;
    if (Object.hasOwn(lists, last)) return Promise.resolve(lists[last]);
    const answer = usual().get(last);
    if (answer !== undefined) return Promise.resolve(answer);
    return Promise.reject(statusError(url, request, 404, {}));
  }

  /** The first watch of a kind says what the scenario has; later ones are silent. */
  #open({ path }: ApiRequest, signal: AbortSignal): IncomingMessage {
    const last = path.split('/').at(-1) ?? '';
    const { watches } = this.scenario;
    const text = Object.hasOwn(watches, last) ? String(watches[last]) : '';
    const silent = new Readable({ read: () => undefined });
    signal.addEventListener('abort', () => silent.destroy(), { once: true });
    if (text === '' || this.#opened.has(last)) return silent as IncomingMessage;
    this.#opened.add(last);
    this.#reading += 1;
    const bytes = Buffer.from(text, 'utf8');
    const body = Readable.from(splitBytes(bytes, new Random(text)), { objectMode: false });
    body.once('close', () => (this.#reading -= 1));
    return body as IncomingMessage;
  }
}

function groupOf(names: readonly string[]): Json {
  return { kind: 'APIResourceList', resources: names.map((name) => ({ name })) };
}

const usual = lazily((): ReadonlyMap<string, Json> => {
  const recorded = (name: string): Json => recordedAnswer(`test/fixtures/k8s/${name}.json`).body;
  const empty: Json = { kind: 'List', metadata: { resourceVersion: '1' }, items: [] };
  return new Map<string, Json>([
    ['services', recorded('list-services-all')],
    ['pods', recorded('list-pods-kong')],
    ['deployments', recorded('list-deployments-kong')],
    ['dataplanes', recorded('list-dataplanes-all')],
    ['meshservices', recorded('list-meshservices')],
    ['ingressclasses', recorded('list-ingressclasses')],
    ['endpointslices', empty],
  ]);
});

/** All events of all recorded watches. */
const events = lazily((): readonly Json[] =>
  filesBelow('test/fixtures/k8s', /watch-[^/]*\.json$/).flatMap((path) => {
    const { events: recorded = [] } = jsonOf(path).response;
    return recorded as Json[];
  }),
);

function streamOf(random: Random): string {
  const items = itemsOf(usual().get(random.pick(['services', 'dataplanes', 'pods'])));
  const lines = Array.from({ length: random.few(6) }, () => {
    const object = items.length > 0 && random.chance(0.6) ? random.pick(items) : undefined;
    const type = random.pick(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']);
    const event: Json = object ? { type, object } : random.pick(events());
    return JSON.stringify(random.chance(0.7) ? mutateJson(event, random, events()) : event);
  });
  const text = `${lines.join('\n')}\n`;
  return random.chance(0.2) ? mutateBytes(Buffer.from(text), random).toString('utf8') : text;
}

function itemsOf(list: Json | undefined): any[] {
  return (list as any)?.items ?? [];
}
