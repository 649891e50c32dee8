/** The stand-in API server against what a real one answered. */
import type { User } from '../../../sandbox/kubernetes/access';
import { startKubernetesApi, type KubernetesApi } from '../../../sandbox/kubernetes/api-server';
import { recordedExchange, recordedNames } from '../../support/recorded-kubernetes';

/** Exchanges that the stand-in answers otherwise, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'api-group-configuration-konghq': 'knows the one version that holds what is read',
  'api-resources-kuma': 'the recording lost the list itself',
  version: 'tells of no build',
};

const read = ['get', 'list', 'watch'];
const daemon: User = {
  name: 'lab-daemon',
  rules: [
    { groups: [''], resources: ['services', 'pods'], verbs: read },
    { groups: ['apps'], resources: ['deployments'], verbs: read },
    { groups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: read },
    {
      groups: ['configuration.konghq.com'],
      resources: ['ingressclassparameterses'],
      verbs: read,
    },
    { groups: ['kuma.io'], resources: ['dataplanes', 'meshservices'], verbs: read },
  ],
};
const tokens = new Map<string, User>([
  ['admin', { name: 'admin', rules: 'admin' }],
  ['daemon', daemon],
  ['nobody', { name: 'lab-nobody', rules: [] }],
]);

/** What the recorded cluster held at version 3689. */
const seeds: readonly (readonly [string, string])[] = [
  ['list-services-all', 'Service'],
  ['list-pods-kong', 'Pod'],
  ['list-pods-fieldselector', 'Pod'],
  ['list-deployments-kong', 'Deployment'],
  ['list-dataplanes-all', 'Dataplane'],
  ['list-meshservices', 'MeshService'],
  ['list-ingressclasses', 'IngressClass'],
];

let api: KubernetesApi;

beforeEach(async () => {
  api = await startKubernetesApi({
    ...{ tokens, futureWaitMs: 0 },
    absentGroups: ['gateway.networking.k8s.io'],
  });
  for (const [name, kind] of seeds) {
    for (const item of recordedExchange(name).response.body.items) {
      api.put({ ...item, kind }, true);
    }
  }
  api.put(recordedExchange('get-ingressclassparameters').response.body, true);
  api.store.advance(3689);
});

afterEach(() => api.stop());

function ask(
  path: string,
  as: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
) {
  const token = as === 'none' ? {} : { authorization: `Bearer ${as}` };
  return fetch(api.url + path, { method, headers: { ...token, ...headers } });
}

const plain = recordedNames.filter((name) => !name.startsWith('watch-') && !(name in exceptions));

it('covers all but the exceptions', () => {
  expect(plain.length).toBeGreaterThan(25);
  expect(recordedNames).toEqual(expect.arrayContaining(Object.keys(exceptions)));
});

it.each(plain)('%s', async (name) => {
  const { request, response } = recordedExchange(name);
  // Happened later: the recorded server had compacted, or was one version on.
  if (name === 'list-410-expired-continue' || name === 'list-rv-old-exact') {
    api.store.advance(4000);
    api.store.compact();
  }
  if (name === 'list-rv-future') api.store.advance(3690);
  // The lists were trimmed when they were recorded, this object was not.
  if (name === 'get-service-orders-full') api.put(response.body, true);

  const answer = await ask(request.path, request.as, request.headers, request.method);

  const text = await answer.text();
  expect(answer.status).toBe(response.status);
  expect(answer.headers.get('content-type')).toBe(response.headers['content-type']);
  expect(answer.headers.get('retry-after')).toBe(response.headers['retry-after'] ?? null);
  if (typeof response.body === 'string') expect(text).toBe(response.body);
  else expect(JSON.parse(text)).toEqual(response.body);
});

describe('watches', () => {
  /** The events that come until there are `count`, or until the server ends. */
  async function watch(path: string, as: string, count: number, act?: () => void): Promise<any[]> {
    const controller = new AbortController();
    const response = await fetch(api.url + path, {
      headers: { authorization: `Bearer ${as}` },
      signal: controller.signal,
    });
    act?.();
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split('\n').length > count) break;
    }
    controller.abort();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  const eventsOf = (name: string) =>
    recordedExchange(name).response.events!.map(({ atMs: _at, ...event }) => event);

  it.each(['watch-services-no-rv', 'watch-services-rv0', 'watch-services-sendinitialevents'])(
    '%s',
    async (name) => {
      const expected = eventsOf(name);
      if (name.endsWith('initialevents')) api.store.advance(3708);

      const events = await watch(recordedExchange(name).request.path, 'daemon', expected.length);

      expect(events).toEqual(expected);
    },
  );

  it.each(['watch-services-add-modify-delete', 'watch-services-timeout'])('%s', async (name) => {
    const { path } = recordedExchange(name).request;
    const expected = eventsOf(name).filter(({ type }) => type !== 'BOOKMARK');

    const events = await watch(path, 'daemon', expected.length, () => {
      for (const { type, object } of expected) {
        api.store.advance(Number(object.metadata.resourceVersion) - 1);
        if (type === 'DELETED') api.remove('Service', 'shop/tmp');
        else api.put(object, true);
      }
    });

    expect(events).toEqual(expected);
  });

  it.each(['watch-410-after-restart', 'watch-410-dataplanes'])('%s', async (name) => {
    const [expected] = eventsOf(name);
    const [, current] = /\((\d+)\)/.exec(expected.object.message)!;
    api.store.advance(Number(current));
    api.store.compact();

    const events = await watch(recordedExchange(name).request.path, 'daemon', 2);

    expect(events).toEqual([expected]);
  });

  it.each(['watch-401', 'watch-403'])('%s', async (name) => {
    const { request, response } = recordedExchange(name);
    const [expected] = eventsOf(name);

    const answer = await ask(request.path, request.as);

    expect(answer.status).toBe(response.status);
    expect(await answer.json()).toEqual(expected);
  });

  it('says nothing from the future until its time is over', async () => {
    const path = '/api/v1/services?watch=1&resourceVersion=99999999&timeoutSeconds=1';

    const events = await watch(path, 'daemon', 1, () => {
      api.put({ ...recordedExchange('get-service-legacy').response.body });
    });

    expect(events).toEqual([]);
  });

  it('sends bookmarks in the recorded form on an idle watch', async () => {
    await api.stop();
    api = await startKubernetesApi({ tokens, bookmarkMs: 20 });
    api.store.advance(3861);
    const { path } = recordedExchange('watch-services-bookmarks-idle').request;
    const expected = eventsOf('watch-services-bookmarks-idle').filter(
      ({ type }) => type === 'BOOKMARK',
    );

    const events = await watch(path.replace('3819', '3861'), 'daemon', expected.length);

    expect(events).toEqual(expected);
  });

  it('sends one bookmark shortly before the end, and ends', async () => {
    const path = '/api/v1/services?watch=1&resourceVersion=3689&timeoutSeconds=1';

    const events = await watch(`${path}&allowWatchBookmarks=true`, 'daemon', 5);

    expect(events.map(({ type }) => type)).toEqual(['BOOKMARK']);
  });
});

describe('what no recording shows', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'new', namespace: 'shop', labels: { app: 'new' } },
    spec: { clusterIP: '10.96.9.9', ports: [{ port: 80 }] },
  };
  const path = '/api/v1/namespaces/shop/services';

  function write(method: string, at: string, body: unknown, type = 'application/json') {
    const headers = { authorization: 'Bearer admin', 'content-type': type };
    return fetch(api.url + at, { method, headers, body: JSON.stringify(body) });
  }

  it('creates once, and refuses a second time', async () => {
    const first = await write('POST', path, service);
    const second = await write('POST', path, service);

    expect(first.status).toBe(201);
    expect(await second.json()).toMatchObject({ code: 409, reason: 'AlreadyExists' });
  });

  it('refuses a write that was based on an older version', async () => {
    const { metadata } = (await (await write('POST', path, service)).json()) as any;
    const changed = {
      metadata: { annotations: { a: 'b' }, resourceVersion: metadata.resourceVersion },
    };
    const patchType = 'application/merge-patch+json';

    const first = await write('PATCH', `${path}/new`, changed, patchType);
    const second = await write('PATCH', `${path}/new`, changed, patchType);

    expect(await first.json()).toMatchObject({ metadata: { annotations: { a: 'b' } } });
    expect(await second.json()).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it('takes away what a merge patch sets to null', async () => {
    await write('POST', path, service);

    const answer = await write(
      'PATCH',
      `${path}/new`,
      { metadata: { labels: { app: null } } },
      'application/merge-patch+json',
    );

    expect(await answer.json()).toMatchObject({ metadata: { labels: {} } });
  });

  it('keeps the pages of one list at its version', async () => {
    const first: any = await (await ask('/api/v1/services?limit=7', 'admin')).json();
    await write('DELETE', `${path}/orders`, undefined);

    const second: any = await (
      await ask(`/api/v1/services?limit=7&continue=${first.metadata.continue}`, 'admin')
    ).json();

    expect(second.items.map(({ metadata }: any) => metadata.name)).toEqual(['orders']);
  });
});
