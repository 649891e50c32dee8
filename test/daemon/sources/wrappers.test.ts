import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MeshdError, type Failure } from '../../../catalog/error';
import type { MeshService } from '../../../catalog/service';
import { lastGood } from '../../../daemon/sources/last-good';
import { merged } from '../../../daemon/sources/merged';
import { polling } from '../../../daemon/sources/polling';
import { createSource, createSources } from '../../../daemon/sources/registry';
import { SourceConfig } from '../../../daemon/sources/source-config';
import { sealObservation } from '../../../daemon/sources/resources/assemble';
import { Dataplane } from '../../../daemon/sources/resources/dataplane';
import type { Observation, Source } from '../../../daemon/sources/source';
import { recordedBody } from '../../support/fake-kuma';

const never = new AbortController().signal;
const outage = new MeshdError({
  code: 'KUMA_UNREACHABLE',
  severity: 'error',
  message: 'Gone.',
  remedy: 'Wait.',
});

function service(name: string, change: Partial<MeshService> = {}): MeshService {
  return {
    kind: 'MeshService',
    name,
    mesh: 'default',
    resource: name,
    labels: {},
    hostnames: [`${name}.svc.mesh.local`],
    ports: [{ port: 80, tag: name, servedAt: { hostnames: [`${name}.mesh`], port: 80 } }],
    vips: ['241.0.0.1'],
    availability: 'available',
    endpoints: { total: 1, healthy: 1 },
    ...change,
  };
}

function observation(services: readonly MeshService[], mesh = 'default'): Observation {
  const gateways = [Dataplane.parse(recordedBody('dataplane-kong'))];
  return sealObservation({ mesh, services, gateways, failures: [] });
}

/** Plays answers one after the other, the last one for good. */
function scripted(...answers: (Observation | Error)[]): Source & { readonly looks: () => number } {
  let looks = 0;
  return {
    name: 'scripted',
    looks: () => looks,
    observe: async () => {
      const answer = answers[Math.min(looks++, answers.length - 1)]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

describe('lastGood', () => {
  let folder: string;
  let file: string;
  let reports: Failure[];
  const report = (failure: Failure) => void reports.push(failure);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'last-good-'));
    file = join(folder, 'last-good.json');
    reports = [];
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('says since when it is stale and why, as one object while the outage lasts', async () => {
    const good = observation([service('orders')]);
    let nowMs = 1000;
    const source = lastGood(scripted(good, outage, outage, good), { now: () => nowMs });

    await source.observe(never);
    nowMs = 2000;
    const stale = await source.observe(never);
    const still = await source.observe(never);
    const fresh = await source.observe(never);

    expect(stale).toEqual({ ...good, stale: { sinceMs: 1000, failure: outage.toFailure() } });
    expect(still).toBe(stale);
    expect(fresh).toBe(good);
  });

  it('rejects where there never was a good look', async () => {
    const source = lastGood(scripted(outage), { file, report });

    await expect(source.observe(never)).rejects.toBe(outage);
    expect(reports).toEqual([]);
  });

  it('reports a bug of a source as one', async () => {
    const source = lastGood(scripted(observation([]), new TypeError('x is undefined')));

    await source.observe(never);
    const { stale } = await source.observe(never);

    expect(stale?.failure).toMatchObject({ code: 'SOURCE_FAILED' });
  });

  it('survives a restart', async () => {
    const good = observation([service('orders'), service('a', { namespace: 'shop', zone: 'z' })]);
    await lastGood(scripted(good), { file, about: 'm' }).observe(never);
    const restarted = lastGood(scripted(outage), { file, about: 'm', report });

    const bridged = await restarted.observe(never);

    const { stale, ...content } = bridged;
    expect(content).toEqual(good);
    expect(stale?.failure.code).toBe('KUMA_UNREACHABLE');
    expect(stale?.sinceMs).toBeCloseTo((await stat(file)).mtimeMs, 0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('leaves the file alone while the content is the same', async () => {
    const good = observation([service('orders')]);
    await lastGood(scripted(good), { file }).observe(never);
    const { ino } = await stat(file);
    const source = lastGood(scripted(good, observation([service('orders')])), { file });

    await source.observe(never);
    await source.observe(never);

    expect((await stat(file)).ino).toBe(ino);
  });

  it.each([
    [
      'is about another mesh',
      async () => lastGood(scripted(observation([])), { file, about: 'x' }).observe(never),
    ],
    ['is no JSON', async () => writeFile(file, '{"version": 1')],
    ['has another shape', async () => writeFile(file, '{"version": 1, "services": 3}')],
    ['is of another version', async () => writeFile(file, '{"version": 2}')],
  ])('does not use a file that %s, and says so', async (_name, prepare) => {
    await prepare();
    const source = lastGood(scripted(outage), { file, about: 'm', report });

    await expect(source.observe(never)).rejects.toBe(outage);
    expect(reports.map(({ code }) => code)).toEqual(['LAST_GOOD_UNUSABLE']);
  });

  it('goes on where the file cannot be written', async () => {
    const good = observation([service('orders')]);
    const source = lastGood(scripted(good, good), { file: join(folder, 'no/such/x.json'), report });

    const seen = await source.observe(never);
    // The daemon looks every second: what lasts is said once.
    await source.observe(never);

    expect(seen).toBe(good);
    expect(reports.map(({ code }) => code)).toEqual(['LAST_GOOD_UNWRITABLE']);
  });

  it('keeps nothing that was stale already', async () => {
    const inner = lastGood(scripted(observation([service('orders')]), outage));
    await inner.observe(never);
    const source = lastGood(inner, { file });

    const seen = await source.observe(never);

    expect(seen.stale).toBeDefined();
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes the end of the daemon for no outage', async () => {
    const controller = new AbortController();
    const good = observation([]);
    const source = lastGood({
      name: 'slow',
      observe: (signal) => {
        controller.abort(new Error('shutting down'));
        return signal.aborted ? Promise.reject(outage) : Promise.resolve(good);
      },
    });

    await expect(source.observe(controller.signal)).rejects.toThrow('shutting down');
  });
});

describe('merged', () => {
  it('prefers the first source that describes a service or a gateway', async () => {
    const first = observation([service('orders', { vips: ['10.0.0.1'] })]);
    const second = observation([service('orders'), service('web')]);

    const whole = await merged(scripted(first), scripted(second)).observe(never);

    expect(whole.services.map(({ name, vips }) => [name, vips[0]])).toEqual([
      ['orders', '10.0.0.1'],
      ['web', '241.0.0.1'],
    ]);
    expect(whole.gateways).toHaveLength(1);
  });

  it('is as stale as its oldest part', async () => {
    const bridged = lastGood(scripted(observation([service('a')]), outage), { now: () => 500 });
    const whole = merged(bridged, scripted(observation([service('b')])));
    const fresh = await whole.observe(never);

    const stale = await whole.observe(never);

    expect(fresh.stale).toBeUndefined();
    expect(stale.stale).toMatchObject({ sinceMs: 500 });
    expect(stale.revision).toBe(fresh.revision);
  });

  it('refuses sources of different meshes', async () => {
    const whole = merged(scripted(observation([])), scripted(observation([], 'other')));

    await expect(whole.observe(never)).rejects.toMatchObject({ code: 'MESH_MISMATCH' });
  });

  it('ends the other looks when one fails', async () => {
    let ended = false;
    const slow: Source = {
      name: 'slow',
      observe: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(new Error('ended'));
          });
        }),
    };

    await expect(merged(slow, scripted(outage)).observe(never)).rejects.toBe(outage);
    expect(ended).toBe(true);
  });

  it('watches what can be watched, and shows in its name what it is of', () => {
    const calls: string[] = [];
    const watched: Source = {
      ...scripted(outage),
      watch: (onChange) => {
        onChange();
        return () => calls.push('stopped');
      },
    };
    const whole = merged(scripted(outage), watched);

    const stop = whole.watch!(() => calls.push('changed'));
    stop();

    expect(calls).toEqual(['changed', 'stopped']);
    expect(whole.name).toBe('merged(scripted, scripted)');
    expect(merged(scripted(outage))).not.toHaveProperty('watch');
  });
});

describe('polling', () => {
  it('asks again only after the interval, but at once after a failure', async () => {
    let nowMs = 0;
    const good = observation([]);
    const inner = scripted(good, outage, good);
    const source = polling(inner, { intervalMs: 1000, now: () => nowMs, random: () => 0 });

    await source.observe(never);
    nowMs = 999;
    await source.observe(never);
    const before = inner.looks();
    nowMs = 1000;
    await source.observe(never).catch(() => undefined);
    await source.observe(never);

    expect(before).toBe(1);
    expect(inner.looks()).toBe(3);
  });

  it('makes the first interval up to twice as long and the later ones a tenth, never shorter', async () => {
    let nowMs = 0;
    const inner = scripted(...Array.from({ length: 4 }, () => observation([])));
    const source = polling(inner, { intervalMs: 1000, now: () => nowMs, random: () => 0.5 });
    const looksAt = async (ms: number): Promise<number> => {
      nowMs = ms;
      await source.observe(never);
      return inner.looks();
    };

    expect(await looksAt(0)).toBe(1);
    expect(await looksAt(1499)).toBe(1);
    expect(await looksAt(1500)).toBe(2);
    expect(await looksAt(2549)).toBe(2);
    expect(await looksAt(2550)).toBe(3);
  });

  it('says once an interval that it is time', async () => {
    const source = polling(scripted(observation([])), { intervalMs: 1 });

    const calls = await new Promise<number>((resolve) => {
      let count = 0;
      const keepAlive = setInterval(() => undefined, 5);
      const stop = source.watch!(() => {
        if (++count < 3) return;
        stop();
        clearInterval(keepAlive);
        resolve(count);
      });
    });

    expect(calls).toBe(3);
  });
});

describe('the registry', () => {
  const context = { mesh: 'default', gateway: {} };

  it('makes a source of each entry, and one of several', async () => {
    const kuma = SourceConfig.parse({ kuma: { url: 'http://127.0.0.1:5681' } });
    const slow = SourceConfig.parse({ kuma: { url: 'http://127.0.0.1:5681', interval: '5s' } });
    const files = SourceConfig.parse({ file: { path: './mesh' } });

    expect((await createSource(kuma, context)).name).toBe('kuma');
    expect((await createSource(slow, context)).name).toBe('polling(kuma)');
    expect((await createSources([files], context)).name).toBe('file');
    expect((await createSources([kuma, files], context)).name).toBe('merged(kuma, file)');
  });

  it('fills in what the user leaves out', () => {
    const { kuma } = SourceConfig.parse({ kuma: { url: 'http://127.0.0.1:5681' } });

    expect(kuma).toEqual({
      url: 'http://127.0.0.1:5681',
      insecureSkipVerify: false,
      timeoutMs: 5000,
    });
  });

  it.each([
    ['no kind', {}],
    ['two kinds', { kuma: { url: 'http://a' }, file: { path: 'x' } }],
    ['an unknown kind', { consul: {} }],
    ['an unknown key', { kuma: { url: 'http://a', tokn: 'x' } }],
    ['no URL', { kuma: { url: '127.0.0.1:5681' } }],
    ['another scheme', { kuma: { url: 'file:///etc/passwd' } }],
    ['a password in the URL', { kuma: { url: 'http://user:secret@a' } }],
    ['a query in the URL', { kuma: { url: 'http://a/?x=1' } }],
    ['a header of two lines', { kuma: { url: 'http://a', headers: { x: 'a\r\ny: b' } } }],
    ['a wait of zero', { kuma: { url: 'http://a', timeout: '0s' } }],
    ['no path', { file: { path: [] } }],
  ])('refuses %s', (_name, entry) => {
    const parsed = SourceConfig.safeParse(entry);

    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).not.toContain('secret');
  });
});
