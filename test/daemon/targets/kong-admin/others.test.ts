import type { KongState } from '../../../../daemon/kong/model';
import type { Plan } from '../../../../daemon/plan/change';
import { diff } from '../../../../daemon/plan/diff';
import { subjectOf } from '../../../../daemon/plan/order';
import { parse } from '../../../contract/kong-target.contract';
import { startKong, type Kong } from './start-kong';

const never = new AbortController().signal;
const header = '_format_version: "3.0"\n';
const selectTags = ['team-a'];
const theirs = { tags: ['team-b'] };

let kong: Kong;

beforeEach(async () => {
  kong = await startKong();
});
afterEach(() => kong.stop());

async function planned(text: string, tags: readonly string[] = selectTags) {
  const target = kong.target({ selectTags: tags });
  const desired = await target.canonicalise(parse(text), never);
  const plan = diff(await target.read(never), desired);
  return { target, desired, plan };
}

async function sync(text: string, tags?: readonly string[]): Promise<void> {
  const { target, desired, plan } = await planned(text, tags);
  await target.apply(plan, desired, never);
}

const steps = ({ changes }: Plan): readonly string[] =>
  changes.map((change) => `${change.op} ${subjectOf(change).type} ${subjectOf(change).key}`);

describe('what belongs to others below what is ours', () => {
  it.each([
    [
      'the plugin on a route',
      'services: [{ name: s, host: h, routes: [{ name: r, paths: [/r] }] }]',
      'services: [{ name: s, host: h }]',
      (k: Kong) => k.call('POST', '/routes/r/plugins', { name: 'cors', ...theirs }),
      ['delete plugins cors on route r', 'delete routes r'],
    ],
    [
      'the plugin on a service',
      'services: [{ name: s, host: h }]',
      '',
      (k: Kong) => k.call('POST', '/services/s/plugins', { name: 'cors', ...theirs }),
      ['delete plugins cors on service s', 'delete services s'],
    ],
    [
      'the route of a service',
      'services: [{ name: s, host: h }]',
      '',
      (k: Kong) => k.call('POST', '/services/s/routes', { name: 'x', paths: ['/x'], ...theirs }),
      ['delete routes x', 'delete services s'],
    ],
    [
      'the key of a consumer',
      'consumers: [{ username: ann }]',
      '',
      (k: Kong) => k.call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
      [expect.stringContaining('delete keyauth_credentials'), 'delete consumers ann'],
    ],
    [
      'the target of an upstream',
      'upstreams: [{ name: u }]',
      '',
      (k: Kong) => k.call('POST', '/upstreams/u/targets', { target: '10.0.0.9:80', ...theirs }),
      ['delete targets 10.0.0.9:80 of upstream u', 'delete upstreams u'],
    ],
    [
      'the key of a key set',
      'key_sets: [{ name: set }]',
      '',
      (k: Kong) =>
        k.call('POST', '/key-sets/set/keys', {
          name: 'theirs',
          kid: 'a',
          jwk: '{"kty":"oct","kid":"a","k":"c2VjcmV0"}',
          ...theirs,
        }),
      ['delete keys theirs', 'delete key_sets set'],
    ],
  ] as const)(
    'is in the plan, before its parent: %s',
    async (_name, before, after, others, expected) => {
      await sync(header + before);
      const { id } = await others(kong);
      expect(id).toEqual(expect.any(String));
      const { target, plan } = await planned(header + after);

      const checked = await target.check(plan, never);

      expect(steps(checked.plan)).toEqual(expected);
      expect(checked.plan.changes.map((change) => target.owns!(subjectOf(change)))).toEqual([
        false,
        true,
      ]);
    },
  );

  it('keeps its parent in a plan that was not checked, and goes with it in one that was', async () => {
    await sync(`${header}services: [{ name: s, host: h }]`);
    await kong.call('POST', '/services/s/plugins', { name: 'cors', ...theirs });
    const { target, desired, plan } = await planned(header);

    await target.apply(plan, desired, never);
    const kept = (await kong.call('GET', '/services/s/plugins')).data;
    const checked = await target.check(plan, never);
    await target.apply(checked.plan, desired, never);

    expect(kept).toMatchObject([theirs]);
    expect((await kong.call('GET', '/plugins')).data).toEqual([]);
    expect((await kong.call('GET', '/services')).data).toEqual([]);
  });

  it('is found by one list where many parents go', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `s${String(n)}`);
    await sync(
      `${header}services: [${names.map((name) => `{ name: ${name}, host: h }`).join(', ')}]`,
    );
    await kong.call('POST', '/services/s7/plugins', { name: 'cors', ...theirs });
    const { target, plan } = await planned(header);
    kong.takeCalls();

    const checked = await target.check(plan, never);

    expect(steps(checked.plan)[0]).toBe('delete plugins cors on service s7');
    expect(kong.takeCalls().length).toBeLessThan(10);
  });

  it('is not asked for where nothing is deleted', async () => {
    await sync(`${header}services: [{ name: s, host: h }]`);
    const { target, plan } = await planned(`${header}services: [{ name: s, host: other }]`);
    kong.takeCalls();

    await target.check(plan, never);

    expect(kong.takeCalls()).toEqual([]);
  });
});

describe('what is renamed', () => {
  it.each([
    [
      'a route',
      'services: [{ name: s, host: h, routes: [{ name: r, paths: [/r] }] }]',
      'services: [{ name: s, host: h, routes: [{ name: renamed, paths: [/r] }] }]',
      (k: Kong) => k.call('POST', '/routes/r/plugins', { name: 'cors', ...theirs }),
      '/routes/renamed/plugins',
    ],
    [
      'a service',
      'services: [{ name: s, host: h }]',
      'services: [{ name: renamed, host: h }]',
      (k: Kong) => k.call('POST', '/services/s/plugins', { name: 'cors', ...theirs }),
      '/services/renamed/plugins',
    ],
    [
      'a consumer with a custom_id',
      "consumers: [{ username: ann, custom_id: '7' }]",
      "consumers: [{ username: bob, custom_id: '7' }]",
      (k: Kong) => k.call('POST', '/consumers/ann/key-auth', { key: 'k', ...theirs }),
      '/consumers/bob/key-auth',
    ],
  ] as const)(
    'keeps its id and what others have on it: %s',
    async (_name, before, after, others, list) => {
      await sync(header + before);
      const { id } = await others(kong);

      await sync(header + after);

      expect((await kong.call('GET', list)).data).toMatchObject([{ id }]);
    },
  );
});

describe('a deletion', () => {
  const text = `${header}services: [{ name: s, host: h }]`;

  it.each<[string, readonly string[], readonly string[]]>([
    ['the select tags are replaced', selectTags, ['team-b']],
    ['another owner adds its tag', selectTags, ['team-a', 'team-b']],
    ['there are no select tags', [], ['team-b']],
  ])('is not made once the entity was handed over: %s', async (_name, tags, now) => {
    await sync(text, tags);
    const { target, desired, plan } = await planned(header, tags);
    const service = await kong.call('PATCH', '/services/s', { tags: now });

    const report = await target.apply(plan, desired, never);

    expect(report.failures.map(({ code }) => code)).toEqual(['KONG_ENTITY_HANDED_OVER']);
    expect(report.handedOver).toEqual([`services/${String(service.id)}`]);
    expect(await kong.call('GET', '/services/s')).toMatchObject({ id: service.id });
    expect(await target.probe(never)).toBe('drifted');
  });

  it('is done where somebody else has made it already', async () => {
    await sync(text);
    const { target, desired, plan } = await planned(header);
    await kong.call('DELETE', '/services/s');

    const report = await target.apply(plan, desired, never);

    expect(report.failures).toEqual([]);
  });
});

describe('ownership', () => {
  const owned = async (tags: readonly string[], adopt?: readonly string[]): Promise<boolean[]> => {
    await sync(`${header}services: [{ name: s, host: h }]`);
    const target = kong.target({ selectTags: tags, ...(adopt ? { adopt } : {}) });
    const state: KongState = await target.read(never);
    return state.entities.map((entity) => target.owns!(entity));
  };

  it('is told by the select tags', async () => {
    expect(await owned(selectTags)).toEqual([true]);
  });

  it('is told by the tags of the owner before', async () => {
    expect(await owned(['team-c'], selectTags)).toEqual([true]);
  });

  it('is not told by the target where it has no select tags', async () => {
    expect(await owned([])).toEqual([false]);
  });
});
