/** What every source promises, whatever it reads from. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serviceKey } from '../../../catalog/service';
import { createFileSource } from '../../../daemon/sources/file/file-source';
import { KubernetesSourceConfig } from '../../../daemon/sources/kubernetes/config';
import { createKubernetesSource } from '../../../daemon/sources/kubernetes/kubernetes-source';
import { createKumaSource } from '../../../daemon/sources/kuma/kuma-source';
import { lastGood } from '../../../daemon/sources/last-good';
import { merged } from '../../../daemon/sources/merged';
import { polling } from '../../../daemon/sources/polling';
import type { Source } from '../../../daemon/sources/source';
import { startControlPlane } from '../../../sandbox/control-plane/control-plane';
import type { FlavourName } from '../../../sandbox/control-plane/flavour';
import { recordedBody, startFakeKuma } from '../../support/fake-kuma';
import { recordedFinding, startRecordedCluster } from '../../support/recorded-cluster';
import { until } from '../../support/until';

interface Bench {
  /** A new source of the same mesh each time. */
  readonly make: () => Source;
  /** Makes the next looks fail. */
  readonly breakIt: () => Promise<void>;
  /** Whether a look that fails is bridged instead of rejected. */
  readonly bridges: boolean;
  /** The one gateway of the mesh. Default kong-01. */
  readonly gatewayName?: string;
  /** What its source rightly finds odd. */
  readonly oddities?: readonly object[];
  readonly close: () => Promise<void>;
}

const mesh = 'default';
const gateway = { dataplane: 'kong-01' };
const never = new AbortController().signal;

async function onFakeKuma(wrap: (source: Source) => Source = (source) => source): Promise<Bench> {
  const kuma = await startFakeKuma();
  const settings = { url: kuma.url, insecureSkipVerify: false, timeoutMs: 2000 };
  return {
    make: () => wrap(createKumaSource({ ...settings, mesh, gateway })),
    breakIt: async () =>
      kuma.answer('/meshservices', (_request, response) => response.writeHead(500).end()),
    bridges: false,
    close: () => kuma.close(),
  };
}

async function onControlPlane(flavour: FlavourName): Promise<Bench> {
  const controlPlane = await startControlPlane({ flavour, meshServices: 'Everywhere' });
  for (const dataplane of recordedBody('dataplanes').items) controlPlane.put(dataplane);
  for (const service of recordedBody('meshservices-everywhere').items) controlPlane.put(service);
  const settings = { url: controlPlane.url, insecureSkipVerify: false, timeoutMs: 2000 };
  return {
    make: () => createKumaSource({ ...settings, mesh, gateway }),
    breakIt: async () =>
      controlPlane.faults.next({ path: /meshservices$/, status: 500, times: 99 }),
    bridges: false,
    close: () => controlPlane.stop(),
  };
}

async function onFiles(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'file-source-'));
  const write = (name: string, body: unknown) =>
    writeFile(join(folder, `${name}.json`), JSON.stringify(body));
  for (const name of ['meshservices-everywhere', 'dataplanes', 'service-insights-online']) {
    await write(name, recordedBody(name));
  }
  return {
    make: () => createFileSource({ paths: [folder], mesh, gateway }),
    breakIt: () => writeFile(join(folder, 'meshservices-everywhere.json'), '{"items": ['),
    bridges: false,
    close: () => rm(folder, { recursive: true }),
  };
}

/** @param watched whether each source is under watch, and so gives what its caches hold. */
async function onKubernetes(watched: boolean): Promise<Bench> {
  const api = await startRecordedCluster();
  const config = KubernetesSourceConfig.parse({ url: api.url, gateway: { namespace: 'kong' } });
  const stops: (() => void)[] = [];
  const observed: Source[] = [];
  return {
    make() {
      const timing = { minBackoffMs: 10, maxBackoffMs: 20 };
      const settings = { ...config, staleAfterMs: 1, timing };
      const source = createKubernetesSource({ ...settings, mesh, selection: {} });
      if (watched) stops.push(source.watch?.(() => undefined) ?? (() => undefined));
      observed.push(source);
      return source;
    },
    async breakIt() {
      api.faults.next({ status: 500, times: Infinity });
      for (const watch of api.watches()) watch.cut();
      if (!watched) return;
      // A watch learns of the outage by and by.
      const looks = observed.map((source) => () => source.observe(never));
      await until(() => Promise.all(looks.map((look) => expect(look()).rejects.toThrow())));
    },
    bridges: false,
    // As the REST API names the Dataplane of a Pod.
    gatewayName: 'kong-gateway-54b6f45875-bmmps.kong',
    oddities: [recordedFinding],
    async close() {
      for (const stop of stops) stop();
      await api.stop();
    },
  };
}

async function onBoth(): Promise<Bench> {
  const [kuma, files] = [await onFakeKuma(), await onFiles()];
  return {
    make: () => merged(kuma.make(), files.make()),
    breakIt: kuma.breakIt,
    bridges: false,
    close: async () => {
      await kuma.close();
      await files.close();
    },
  };
}

describe.each<[string, () => Promise<Bench>]>([
  ['kuma', () => onFakeKuma()],
  ['kuma over the stand-in control plane', () => onControlPlane('2.14')],
  ['kuma over the stand-in control plane of 3.x', () => onControlPlane('3.x')],
  ['kuma over the stand-in control plane of 3.0', () => onControlPlane('3.0')],
  ['kubernetes', () => onKubernetes(false)],
  ['kubernetes under watch', () => onKubernetes(true)],
  ['file', onFiles],
  ['merged', onBoth],
  [
    'lastGood',
    async () => ({ ...(await onFakeKuma((source) => lastGood(source))), bridges: true }),
  ],
  ['polling', () => onFakeKuma((source) => polling(source, { intervalMs: 60_000, now: clock() }))],
])('the source %s', (_name, setUp) => {
  let bench: Bench;

  beforeEach(async () => {
    bench = await setUp();
  });

  afterEach(() => bench.close());

  it('sees the mesh and the gateway', async () => {
    const observation = await bench.make().observe(never);

    expect(observation.mesh).toBe(mesh);
    expect(observation.services.some(({ kind }) => kind === 'MeshService')).toBe(true);
    expect(observation.gateways.map(({ name }) => name)).toEqual([bench.gatewayName ?? 'kong-01']);
    expect(observation.failures).toMatchObject(bench.oddities ?? []);
    expect(observation.stale).toBeUndefined();
  });

  it('gives services in a fixed order, each once', async () => {
    const { services } = await bench.make().observe(never);

    const keys = services.map(serviceKey);
    expect(keys).toEqual([...new Set(keys)].sort());
  });

  it('gives equal revisions for equal content, and one object while nothing changes', async () => {
    const source = bench.make();

    const first = await source.observe(never);
    const again = await source.observe(never);
    const other = await bench.make().observe(never);

    expect(again).toBe(first);
    expect(other).toEqual(first);
    expect(other.revision).toBe(first.revision);
  });

  it('is complete or rejects, with a finding the user can act on', async () => {
    const source = bench.make();
    await bench.breakIt();

    await expect(source.observe(never)).rejects.toMatchObject({
      code: expect.stringMatching(/^[A-Z][A-Z0-9_]+$/),
      remedy: expect.stringMatching(/\.$/),
    });
  });

  it('never gives less when a part fails later', async () => {
    const source = bench.make();
    const before = await source.observe(never);
    await bench.breakIt();

    const after = await source.observe(never).catch(() => undefined);

    expect(after?.services).toEqual(bench.bridges ? before.services : undefined);
    expect(after?.stale !== undefined).toBe(bench.bridges);
  });

  it('ends with the reason of a signal that has aborted', async () => {
    const looked = bench.make().observe(AbortSignal.abort(new Error('shutting down')));

    await expect(looked).rejects.toThrow('shutting down');
  });

  it('has a name', () => {
    const { name } = bench.make();

    expect(name).toMatch(/^[\w(), ]+$/);
  });
});

/** A clock on which every look is an hour after the last. */
function clock(): () => number {
  let hours = 0;
  return () => ++hours * 3_600_000;
}
