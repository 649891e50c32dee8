import { toSnapshot } from '../../../catalog/snapshot';
import { createCatalog } from '../../../catalog/catalog';
import { MeshdError } from '../../../catalog/error';
import { sealObservation } from '../../../daemon/sources/resources/assemble';
import { dataplane, gateway, meshService, outboundTo } from '../../catalog/build';
import { sortEntities, type Entity } from '../../../daemon/kong/model';
import { runPass } from '../../../daemon/reconcile/pass';
import {
  codes,
  failure,
  hostOf,
  kongText,
  labelsOf,
  namesAtKong,
  never,
  openScene,
  type Call,
  type Scene,
} from './support/scene';

const reads: readonly Call[] = ['observe', 'read files'];
/** What every pass after a whole one begins with. */
const looks: readonly Call[] = [...reads, 'snapshot.probe'];

describe('the order of a pass', () => {
  it('is snapshot before Kong', async () => {
    const scene = openScene();

    const report = await scene.pass();

    expect(scene.journal).toEqual([
      ...reads,
      'snapshot.apply',
      'kong.canonicalise',
      'kong.read',
      'kong.apply',
    ]);
    expect(report).toMatchObject({
      outcome: 'applied',
      services: 2,
      kong: { target: 'kong-memory', writes: 1, plan: { summary: { deleting: 0 } } },
      snapshot: { file: '/snapshot.json', written: true },
      failures: [],
    });
  });

  it('is expand, switch, contract, and one pass is enough for all three', async () => {
    const scene = openScene({ dataplane: true });
    scene.mesh = {
      ...scene.mesh,
      gateways: [dataplane({ outbounds: [outboundTo('old', 30_900)] })],
    };

    const report = await scene.pass();

    expect(scene.journal).toEqual([
      ...reads,
      'kong.read',
      'dataplane.expand',
      'snapshot.apply',
      'kong.canonicalise',
      'kong.apply',
      'dataplane.contract',
    ]);
    expect(report.outcome).toBe('applied');
    expect(report.dataplane.expanded).toHaveLength(2);
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:3\d{4}$/);
    const ports = scene.mesh.gateways[0]?.outbounds.map(({ port }) => port);
    expect(ports).toHaveLength(2);
    expect(ports).not.toContain(30_900);
  });

  it('uses the address that an outbound gets in the same pass, in Kong and in the snapshot', async () => {
    const scene = openScene({ dataplane: true });

    await scene.pass();

    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const { services } = scene.mesh;
    const catalog = createCatalog('default', services, gateway({ outbounds }));
    expect(scene.snapshot.held).toMatchObject(toSnapshot(catalog));
    const port = outbounds.find(
      ({ target }) => target.type === 'backendRef' && target.name === 'payments',
    )?.port;
    expect(hostOf(scene, 'payments')).toBe(`127.0.0.1:${String(port)}`);
  });

  it.each([
    ['Kong', ['kong'], ['snapshot.apply']],
    ['a snapshot', ['snapshot'], ['kong.read', 'kong.canonicalise', 'kong.apply']],
    ['either', ['kong', 'snapshot'], []],
  ] as const)('does without %s where none is configured', async (_, without, calls) => {
    const scene = openScene({ without });

    const report = await scene.pass();

    expect(scene.journal).toEqual([...reads, ...calls]);
    expect([report.kong === null, report.snapshot === null]).toEqual([
      without.some((target) => target === 'kong'),
      without.some((target) => target === 'snapshot'),
    ]);
  });
});

describe('a phase that fails', () => {
  it.each([
    ['reports an error', 'reported'],
    ['rejects', 'rejected'],
  ])('keeps Kong and the snapshot as they are where expand %s, and tries again', async (_, how) => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const before = { kong: scene.kong.state, snapshot: scene.snapshot.held };
    scene.mesh = { ...scene.mesh, services: [...scene.mesh.services, meshService('more')] };
    scene.kongText += `  - { name: more, host: x, tags: ['mesh:more'] }\n`;
    if (how === 'rejected') scene.failing.set('dataplane.expand', 'before');
    else scene.expandFailures = [failure('NOT_LISTENING')];

    const failed = await scene.pass();
    const again = await scene.pass();
    const during = { kong: scene.kong.state, snapshot: scene.snapshot.held };
    scene.failing.clear();
    scene.expandFailures = [];
    const mended = await scene.pass();

    expect([failed, again, mended].map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'applied',
    ]);
    expect(codes(failed)).toEqual([how === 'rejected' ? 'OUTAGE' : 'NOT_LISTENING']);
    expect(during).toEqual(before);
    expect(hostOf(scene, 'more')).toMatch(/^127\.0\.0\.1:/);
    expect(codes(mended)).toEqual([]);
  });

  it('runs expand where nothing is added but a listener is still waited for', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    scene.memory = {};
    scene.dataplanePlan = { awaiting: true };
    scene.journal.length = 0;

    await scene.pass();

    expect(scene.journal.slice(0, 5)).toEqual([
      ...reads,
      'kong.read',
      'dataplane.expand',
      'snapshot.apply',
    ]);
  });

  it('goes on where expand only warns', async () => {
    const scene = openScene({ dataplane: true });
    scene.expandFailures = [failure('SLOW', undefined, 'warning')];

    const report = await scene.pass();

    expect(codes(report)).toContain('SLOW');
    expect(scene.journal).toContain('kong.apply');
  });

  it('goes on without a listener that expand waited for in vain: all others are switched', async () => {
    const scene = openScene({ dataplane: true });
    scene.silent.add('orders');

    const late = await scene.pass();
    const journal = [...scene.journal];
    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const next = await scene.pass();

    expect(codes(late)).toEqual(expect.arrayContaining(['LISTENER_LATE', 'LINK_NO_ADDRESS']));
    expect(late.outcome).toBe('applied');
    expect(journal.filter((call) => call === 'dataplane.expand')).toHaveLength(1);
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:/);
    expect(outbounds).toHaveLength(2);
    expect(JSON.stringify(scene.snapshot.held?.services)).toContain('payments');
    expect(codes(next)).not.toContain('LISTENER_LATE');
  });

  it('is not even begun where the plan of the Dataplane has an error', async () => {
    const scene = openScene({ dataplane: true });
    scene.dataplaneFailures = [failure('PORTS_EXHAUSTED')];

    const blocked = await scene.pass();
    const journal = [...scene.journal];
    scene.dataplaneFailures = [];
    const mended = await scene.pass();

    expect(blocked.outcome).toBe('failed');
    expect(codes(blocked)).toContain('PORTS_EXHAUSTED');
    expect(journal).toEqual([...reads, 'kong.read']);
    expect(mended.outcome).toBe('applied');
  });

  it.each([
    [
      'Kong fails',
      (scene: ReturnType<typeof openScene>) => scene.failing.set('kong.apply', 'before'),
    ],
    [
      'Kong refuses an entity',
      (scene: ReturnType<typeof openScene>) => scene.kong.refused.add('route crm'),
    ],
    [
      'deletions are held back',
      (scene: ReturnType<typeof openScene>) => void (scene.kongText = "_format_version: '3.0'\n"),
    ],
  ])('takes nothing away from the mesh side where %s', async (_, spoil) => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const [was] = scene.mesh.gateways;
    scene.mesh = {
      ...scene.mesh,
      gateways: [{ ...was!, outbounds: [...was!.outbounds, outboundTo('old', 30_900)] }],
    };
    scene.kongText = scene.kongText.replace('/payments', '/pay');
    scene.journal.length = 0;
    spoil(scene);

    await scene.pass();

    expect(scene.journal).not.toContain('dataplane.contract');
  });

  it('reports a source that fails, and touches nothing', async () => {
    const scene = openScene();
    scene.failing.set('observe', 'before');

    const report = await scene.pass();

    expect(report).toMatchObject({ outcome: 'failed', services: 0, kong: null, snapshot: null });
    expect(codes(report)).toEqual(['OUTAGE']);
    expect(scene.journal.filter((call) => !reads.includes(call))).toEqual([]);
  });

  it('is forgotten once it is over', async () => {
    const scene = openScene();
    await scene.pass();

    const outcomes: string[] = [];
    for (const call of ['observe', 'read files'] as const) {
      scene.failing.set(call, 'before');
      const during = await scene.pass();
      scene.failing.clear();
      const after = await scene.pass();
      outcomes.push(`${call}: ${codes(during).join()} → ${codes(after).join()}`);
    }

    expect(outcomes).toEqual(['observe: OUTAGE → ', 'read files: OUTAGE → ']);
  });

  it('names a defect as one, without its stack', async () => {
    const scene = openScene();
    scene.onCall = (call) => {
      if (call === 'kong.canonicalise') throw new TypeError('x is not a function');
    };

    const report = await scene.pass();

    expect(report.failures).toMatchObject([
      { code: 'PASS_FAILED', message: expect.not.stringContaining('\n') as string },
    ]);
  });
});

describe('a pass with nothing new', () => {
  it('makes no call beyond looking', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    // The Dataplane is seen with its new outbounds once.
    await scene.pass();
    scene.journal.length = 0;

    const reports = [await scene.pass(), await scene.pass()];

    expect(scene.journal).toEqual([...looks, ...looks]);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
    expect(reports[0]?.kong).toMatchObject({ writes: 0, plan: { changes: [] } });
    expect(reports[0]?.services).toBe(2);
  });

  it('is worked through all the same where time alone will change the plan of the Dataplane', async () => {
    const scene = openScene({ dataplane: true });
    scene.dataplanePlan = { unsettled: true };
    await scene.pass();
    await scene.pass();
    const change = { dataplane: 'kong-01', op: 'remove-outbound', what: 'outbound' } as const;
    scene.dataplanePlan = { contracting: [change] };
    scene.journal.length = 0;

    const report = await scene.pass();

    const calls = ['snapshot.apply', 'kong.canonicalise', 'dataplane.contract'];
    expect(scene.journal).toEqual([...looks, ...calls]);
    expect(report.kong?.writes).toBe(0);
  });

  it('repeats the findings that last, and no others', async () => {
    const scene = openScene({ services: [meshService('payments')] });
    const { source } = scene.context;
    const outages = new MeshdError(failure('GONE')).toFailure();
    let stale = true;
    const context = {
      ...scene.context,
      source: {
        ...source,
        observe: async (signal: AbortSignal) => ({
          ...(await source.observe(signal)),
          ...(stale ? { stale: { sinceMs: 0, failure: outages } } : {}),
        }),
      },
    };
    Object.assign(scene, { context });

    const first = await scene.pass();
    stale = false;
    const second = await scene.pass();

    expect(codes(first)).toEqual(['OBSERVATION_STALE', 'LINK_UNKNOWN_SERVICE']);
    expect(second.outcome).toBe('unchanged');
    expect(codes(second)).toEqual(['LINK_UNKNOWN_SERVICE']);
  });

  it('asks the targets after a time whether they still hold it, and no more', async () => {
    const scene = openScene();
    await scene.pass();
    scene.journal.length = 0;

    scene.tick(9_999);
    await scene.pass();
    const early = [...scene.journal];
    scene.tick(1);
    const report = await scene.pass();

    expect(early).toEqual(looks);
    expect(scene.journal).toEqual([...looks, ...looks, 'kong.probe']);
    expect(report.outcome).toBe('unchanged');
  });

  it('mends Kong after somebody else changed it, when it is time to look', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.kong.state;

    scene.kong.state = { ...good, entities: [] };
    const unnoticed = await scene.pass();
    scene.tick(10_000);
    const mended = await scene.pass();

    expect([unnoticed.outcome, mended.outcome]).toEqual(['unchanged', 'applied']);
    expect(scene.kong.state).toEqual(good);
  });

  it('mends at once what costs next to nothing to look at', async () => {
    const scene = openScene({ probesLightly: true });
    await scene.pass();
    const good = { kong: scene.kong.state, snapshot: scene.snapshot.held };

    scene.kong.state = { ...scene.kong.state, entities: [] };
    const first = await scene.pass();
    scene.snapshot.held = undefined;
    const second = await scene.pass();

    expect([first.outcome, second.outcome]).toEqual(['applied', 'applied']);
    expect({ kong: scene.kong.state, snapshot: scene.snapshot.held }).toEqual(good);
  });

  it('reads Kong again where asking failed: it may have restarted in between', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.kong.state;

    scene.failing.set('kong.probe', 'before').set('kong.read', 'before');
    scene.tick(10_000);
    const down = await scene.pass();
    scene.failing.clear();
    scene.kong.state = { ...good, entities: [] };
    const back = await scene.pass();

    expect([down.outcome, back.outcome]).toEqual(['failed', 'applied']);
    expect(scene.kong.state).toEqual(good);
  });

  it('still notices drift while deletions are held back', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = "_format_version: '3.0'\n";
    await scene.pass();
    const { entities } = scene.kong.state;

    scene.kong.state = { ...scene.kong.state, entities: entities.slice(1) };
    scene.tick(10_000);
    scene.journal.length = 0;
    await scene.pass();

    expect(scene.journal).toContain('kong.read');
  });
});

describe('what Kong took, where its answer is lost', () => {
  it('is read before the next plan', async () => {
    const scene = openScene();
    await scene.pass();
    const first = scene.kong.state;
    scene.failing.set('kong.apply', 'lost');
    scene.kongText = kongText.replace('/crm', '/sales');
    const lost = await scene.pass();

    scene.failing.clear();
    scene.kongText = kongText;
    const back = await scene.pass();

    expect([lost.outcome, back.outcome]).toEqual(['failed', 'applied']);
    expect(scene.kong.state).toEqual(first);
  });
});

describe('doubt', () => {
  it('holds back most deletions, reports them, and lets them through once confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = "_format_version: '3.0'\nservices:\n  - { name: new, host: new.internal }\n";

    const held = await scene.pass();
    const during = scene.kong.state.entities;
    const confirmed = await scene.pass({ confirmDeletes: true });

    expect(held.outcome).toBe('held');
    expect(codes(held)).toEqual(['DELETIONS_HELD_BACK']);
    expect(during).toEqual(expect.arrayContaining([...full.entities]));
    expect(during.map(({ key }) => key)).toContain('new');
    expect(confirmed.outcome).toBe('applied');
    expect(scene.kong.state.entities.map(({ key }) => key)).toEqual(['new']);
  });

  describe('about a service whose address the mesh gives away meanwhile', () => {
    const payments = meshService('payments', { vips: ['241.0.0.2'] });
    const file = "_format_version: '3.0'\nservices:\n  - { name: new, host: new.internal }\n";

    it('keeps it from leading to another one', async () => {
      const scene = openScene({ services: [meshService('orders'), payments] });
      await scene.pass();
      const before = hostOf(scene, 'payments');
      scene.kongText = file;
      const held = await scene.pass();
      const meanwhile = hostOf(scene, 'payments');
      const users = meshService('users', { vips: ['241.0.0.2'] });
      scene.mesh = { ...scene.mesh, services: [meshService('orders'), users] };

      const given = await scene.pass();
      const again = await scene.pass();

      expect([before, meanwhile]).toEqual(['241.0.0.2:8080', '241.0.0.2:8080']);
      expect(codes(held)).toEqual(['DELETIONS_HELD_BACK']);
      expect(given.failures).toContainEqual(
        expect.objectContaining({
          code: 'KEPT_SERVICE_CLOSED',
          entity: 'service payments',
          message: expect.stringContaining('241.0.0.2:8080 to users') as string,
        }),
      );
      expect(hostOf(scene, 'payments')).toMatch(/^payments\.mesh\.invalid:/);
      expect(again.kong?.writes).toBe(0);
    });

    it('leaves it as it is while the address is its own, and while nobody has it', async () => {
      const scene = openScene({ services: [meshService('orders'), payments] });
      await scene.pass();
      scene.kongText = file;
      await scene.pass();
      scene.mesh = { ...scene.mesh, services: [meshService('orders'), meshService('users')] };

      const report = await scene.pass();

      expect(codes(report)).toEqual(['DELETIONS_HELD_BACK']);
      expect(hostOf(scene, 'payments')).toBe('241.0.0.2:8080');
    });
  });

  it.each([
    ['an empty file', '', 'unchanged', 'KONG_FILE_SHAPE'],
    ['a file without entities', "_format_version: '3.0'\n", 'held', 'DELETIONS_HELD_BACK'],
  ])('keeps %s from deleting anything', async (_, text, outcome, code) => {
    const scene = openScene();
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = text;

    const report = await scene.pass();

    expect(report.outcome).toBe(outcome);
    expect(codes(report)).toContain(code);
    expect(scene.kong.state).toEqual(full);
  });

  describe('of files that are still changing', () => {
    const half = kongText.slice(0, kongText.indexOf('  - name: crm'));
    const grown = `${half}  - name: new\n    host: new.internal\n    routes: [{ name: new, paths: [/new] }]\n`;

    it('keeps all of the last configuration until they have stood unchanged, then believes them', async () => {
      const scene = openScene();
      await scene.pass();
      const full = scene.kong.state;
      scene.kongText = grown;
      scene.settlesInMs = 5000;

      const first = await scene.pass();
      scene.settlesInMs = 1;
      const second = await scene.pass();
      // The very same finding, so that it is said once.
      expect(codes(first)).toEqual(['FILES_STILL_CHANGING']);
      expect(second.failures).toEqual(first.failures);
      expect(scene.kong.state).toEqual(full);

      scene.settlesInMs = 0;
      const third = await scene.pass();
      expect(codes(third)).toEqual([]);
      expect(labelsOf(scene)).toContain('service new');
      expect(labelsOf(scene)).not.toContain('service crm');
    });

    it('goes on with the mesh meanwhile', async () => {
      const scene = openScene();
      await scene.pass();
      scene.kongText = grown;
      scene.settlesInMs = 5000;
      scene.mesh = {
        ...scene.mesh,
        services: [meshService('orders'), meshService('payments', { vips: ['241.0.0.9'] })],
      };

      await scene.pass();

      expect(hostOf(scene, 'payments')).toBe('241.0.0.9:8080');
      expect(labelsOf(scene)).toContain('service crm');
    });

    it.each([
      ['a new route', half, kongText],
      ['another value', kongText, kongText.replace('crm.internal', 'crm.int')],
    ])('waits with %s, whose plugins or other half may follow', async (_, before, after) => {
      const scene = openScene({ kongText: before });
      await scene.pass();
      const known = scene.kong.state;
      scene.kongText = after;
      scene.settlesInMs = 5000;

      expect(codes(await scene.pass())).toEqual(['FILES_STILL_CHANGING']);
      expect(scene.kong.state).toEqual(known);

      scene.settlesInMs = 0;
      expect(codes(await scene.pass())).toEqual([]);
      expect(scene.kong.state).not.toEqual(known);
    });

    it('goes on at once where nothing is lost and the writer has finished', async () => {
      const scene = openScene({ kongText: half });
      await scene.pass();
      scene.kongText = kongText;
      scene.settlesInMs = 5000;
      scene.mayGrow = false;

      expect(codes(await scene.pass())).toEqual([]);
      expect(labelsOf(scene)).toContain('service crm');
    });

    it('goes on at once where they say the same as before', async () => {
      const scene = openScene();
      await scene.pass();
      scene.kongText = `# a comment\n${kongText}`;
      scene.settlesInMs = 5000;

      expect(codes(await scene.pass())).toEqual([]);
    });

    it('makes nothing on the first pass of a process, and does not take it for the last good ones', async () => {
      const scene = openScene({ kongText: half });
      scene.settlesInMs = 5000;
      const first = await scene.pass();
      expect([first.outcome, codes(first)]).toEqual(['held', ['CHANGES_WAIT_FOR_FILE']]);
      expect(labelsOf(scene)).toEqual([]);

      scene.kongText = kongText;
      scene.settlesInMs = 0;
      expect(codes(await scene.pass())).toEqual([]);
      expect(labelsOf(scene)).toContain('service crm');
    });

    it('changes nothing on the first pass of a process where Kong has what they lack', async () => {
      const scene = openScene();
      await scene.pass();
      const full = scene.kong.state;
      scene.memory = {};
      scene.kongText = grown;
      scene.settlesInMs = 5000;

      const first = await scene.pass();
      expect(first.outcome).toBe('held');
      expect(codes(first)).toEqual(['CHANGES_WAIT_FOR_FILE']);
      expect(scene.kong.state).toEqual(full);

      // The rest of the file arrives and stands: nothing was lost, and nothing waits any more.
      scene.kongText = kongText + grown.slice(half.length);
      scene.settlesInMs = 0;
      expect(codes(await scene.pass())).toEqual([]);
      expect(labelsOf(scene)).toEqual(expect.arrayContaining(['service crm', 'service new']));
    });

    it('shows in a dry run what will be deleted', async () => {
      const scene = openScene();
      await scene.pass();
      scene.memory = {};
      scene.kongText = half;
      scene.settlesInMs = 5000;

      const report = await scene.pass({ dryRun: true });

      expect(report.kong?.plan.summary.deleting).toBe(2);
    });
  });

  it.each([
    ['an unknown key', 'upstream: [{ name: u }]\n', 'KONG_FILE_KEY_UNKNOWN'],
    ['an unknown setting', '_info: { select_tag: [a] }\n', 'KONG_FILE_KEY_UNKNOWN'],
    ['a file for Konnect', '_konnect: { control_plane_name: p }\n', 'KONG_FILE_KONNECT'],
    ['a part for a DB-less Kong', '_info: { select_tags: [a] }\n', 'KONG_FILE_SELECT_TAGS'],
  ])('concludes nothing from a file with %s', async (_, line, code) => {
    const scene = openScene({ fitTarget: { kind: 'dbless' } });
    await scene.pass();
    const full = scene.kong.state;
    scene.kongText = `_format_version: '3.0'\n${line}services: [{ name: only, host: a.example }]\n`;

    const kept = await scene.pass();
    expect(codes(kept)).toEqual([code]);
    expect(scene.kong.state).toEqual(full);

    scene.memory = {};
    const first = await scene.pass();
    expect(first.outcome).toBe('failed');
    expect(codes(first)).toEqual([code]);
    expect(scene.kong.state).toEqual(full);
  });

  it('keeps the snapshot where the mesh is empty at the start, and says so until it is confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    const good = scene.snapshot.held;
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [] };

    const kong = scene.kong.state;
    const held = await scene.pass();
    const still = await scene.pass();
    const kept = scene.snapshot.held;
    const untouched = scene.kong.state;
    const confirmed = await scene.pass({ confirmDeletes: true });

    expect([held.outcome, still.outcome]).toEqual(['held', 'held']);
    expect([codes(held), codes(still)]).toEqual([
      expect.arrayContaining(['SNAPSHOT_EMPTY']),
      expect.arrayContaining(['SNAPSHOT_EMPTY']),
    ]);
    expect(kept).toBe(good);
    expect(untouched).toBe(kong);
    expect(codes(confirmed)).not.toContain('SNAPSHOT_EMPTY');
    expect(scene.snapshot.held?.services).toEqual([]);
  });

  it('keeps the snapshot however long the mesh is empty, until it is confirmed', async () => {
    const scene = openScene();
    await scene.pass();
    scene.mesh = { ...scene.mesh, services: [] };

    const held = await scene.pass();
    scene.tick(60_000);
    const lasting = await scene.pass();
    scene.tick(600_000);
    await scene.pass();
    const kept = scene.snapshot.held?.services.length;
    await scene.pass({ confirmDeletes: true });

    expect(codes(held)).toEqual(['OBSERVATION_HELD_BACK']);
    expect(codes(lasting)).toContain('SNAPSHOT_EMPTY');
    expect(kept).toBe(2);
    expect(scene.snapshot.held?.services).toEqual([]);
  });

  it('lets changes of the file through once the empty mesh has lasted', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [] };
    await scene.pass();
    scene.kongText = `${kongText}  - { name: added, host: added.internal }\n`;

    const held = await scene.pass();
    const early = namesAtKong(scene);
    scene.tick(60_000);
    await scene.pass();

    expect(held.outcome).toBe('held');
    expect(early).not.toContain('added');
    expect(namesAtKong(scene)).toContain('added');
  });
});

describe('what was never applied', () => {
  const theirs: Entity = {
    type: 'services',
    key: 'theirs',
    id: '00000000-0000-4000-8000-000000000001',
    fields: { name: 'theirs', host: 'theirs.internal' },
    references: {},
    owner: 'user',
    secrets: [],
  };
  const beside = (scene: Scene, ...more: readonly Entity[]): void => {
    const { state } = scene.kong;
    scene.kong.state = { ...state, entities: sortEntities([...state.entities, ...more]) };
  };

  it('stays on first contact, in every later pass and after any time', async () => {
    const scene = openScene();
    beside(scene, theirs);

    const first = await scene.pass();
    for (let pass = 0; pass < 15; pass++) {
      scene.tick(600_000);
      await scene.pass();
    }
    scene.memory = {};
    const restarted = await scene.pass();

    expect([first.outcome, restarted.outcome]).toEqual(['held', 'held']);
    expect(codes(restarted)).toEqual(['DELETIONS_NEVER_APPLIED']);
    expect(first.kong?.held).toMatchObject([{ op: 'delete', previous: { key: 'theirs' } }]);
    expect(restarted.kong?.holds[0]?.id).toBe(first.kong?.holds[0]?.id);
    expect(namesAtKong(scene)).toEqual(expect.arrayContaining(['theirs', 'orders', 'crm']));
  });

  it('does not keep the outbounds of what was ours', async () => {
    const scene = openScene({ dataplane: true });
    beside(scene, theirs);
    await scene.pass();
    const before = scene.mesh.gateways[0]?.outbounds.length;
    scene.kongText = kongText.replace(/ {2}- name: payments\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(report.outcome).toBe('held');
    expect([before, scene.mesh.gateways[0]?.outbounds.length]).toEqual([2, 1]);
  });

  it('goes on the word of the user', async () => {
    const scene = openScene();
    beside(scene, theirs);
    await scene.pass();

    const confirmed = await scene.pass({ confirmDeletes: true });

    expect(confirmed.outcome).toBe('applied');
    expect(namesAtKong(scene)).not.toContain('theirs');
  });

  it('goes where the configuration says that everything else is to go', async () => {
    const scene = openScene();
    beside(scene, theirs);
    const { context } = scene;
    const settings = { ...context.settings, prune: 'all' as const };

    await runPass({ ...context, settings }, {}, { dryRun: false, confirmDeletes: false }, never);

    expect(namesAtKong(scene)).not.toContain('theirs');
  });

  it('is not what the files named once, also after a restart', async () => {
    const scene = openScene();
    await scene.pass();
    scene.memory = {};
    scene.kongText = kongText.replace(/ {2}- name: crm\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(report.outcome).toBe('applied');
    expect(namesAtKong(scene)).not.toContain('crm');
  });

  it('is everything where no record says otherwise', async () => {
    const scene = openScene({ without: ['applied'] });
    await scene.pass();
    scene.memory = {};
    scene.kongText = kongText.replace(/ {2}- name: crm\n(?: {4}.*\n)*/, '');

    const report = await scene.pass();

    expect(codes(report)).toEqual(['DELETIONS_NEVER_APPLIED']);
    expect(namesAtKong(scene)).toContain('crm');
  });

  it('becomes ours when the files name it, and may go when they do not any more', async () => {
    const scene = openScene();
    beside(scene, theirs);
    await scene.pass();
    scene.kongText = `${kongText}  - { name: theirs, host: theirs.internal, id: ${theirs.id} }\n`;
    const named = await scene.pass();
    scene.kongText = kongText;

    await scene.pass();

    expect(codes(named)).toEqual([]);
    expect(namesAtKong(scene)).not.toContain('theirs');
  });
});

describe('held deletions', () => {
  const other = (count: number): string =>
    [
      "_format_version: '3.0'",
      'services:',
      ...Array.from({ length: count }, (_, n) => `  - { name: n${String(n)}, host: n.internal }`),
    ].join('\n');

  it.each([
    ['the next pass', () => undefined],
    ['a restart', (scene: Scene) => (scene.memory = {})],
  ])('stay held in %s, though what was created has changed the share', async (_name, happens) => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = other(20);
    const first = await scene.pass();
    happens(scene);

    const second = await scene.pass();
    const third = await scene.pass();

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual(['held', 'held', 'held']);
    expect(namesAtKong(scene)).toEqual(expect.arrayContaining(['n0', 'crm']));
  });

  it('go again when the input changes back', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = other(20);
    await scene.pass();
    scene.kongText = kongText;

    const back = await scene.pass({ confirmDeletes: true });

    expect(codes(back)).toEqual([]);
    expect(scene.record?.held.size).toBe(0);
    expect(namesAtKong(scene)).not.toContain('n0');
  });
});

describe('a mistake in the Kong file', () => {
  const broken = kongText.replace('host: crm.internal', 'host: ${{ env "DECK_UNSET" }}');

  it('keeps at Kong what it keeps out of the file, and lets it go once the file is whole', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = broken;

    const report = await scene.pass();
    const kept = hostOf(scene, 'crm');
    scene.kongText = kongText.slice(0, kongText.indexOf('  - name: crm'));
    const whole = await scene.pass();

    expect(codes(report)).toEqual(
      expect.arrayContaining(['KONG_TEMPLATE_UNSET', 'DELETIONS_WAIT_FOR_FILE']),
    );
    expect(kept).toMatch(/^crm\.internal:/);
    expect(codes(whole)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).not.toContain('crm');
  });

  it('does not keep the rest of the file from going live', async () => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = broken.replace('paths: [/orders]', 'paths: [/new]');

    await scene.pass();

    const orders = scene.kong.state.entities.find(
      ({ type, key }) => type === 'routes' && key === 'orders',
    );
    expect(orders?.fields['paths']).toEqual(['/new']);
  });
});

describe('a plugin that a mistake keeps out of the Kong file', () => {
  const guarded = `${kongText}  - name: desk
    host: crm.internal
    routes:
      - { name: desk, paths: [/desk], plugins: [{ name: key-auth }] }
`;
  const broken = guarded.replace('name: key-auth', 'name: key-auth, _config: unknown');

  it.each([
    ['a configuration that there is not', broken],
    ['no mapping', guarded.replace('{ name: key-auth }', 'key-auth')],
    [
      'a mistake on its service',
      guarded
        .replace(', plugins: [{ name: key-auth }]', '')
        .replace(
          '    routes:\n      - { name: desk',
          '    plugins: [x]\n    routes:\n      - { name: desk',
        ),
    ],
  ])('keeps a new route from going live without it: %s', async (_, text) => {
    const scene = openScene();
    await scene.pass();
    scene.kongText = text;

    const report = await scene.pass();
    scene.kongText = guarded;
    const whole = await scene.pass();

    expect(report.failures).toContainEqual(
      expect.objectContaining({ code: 'ROUTE_WAITS_FOR_PLUGIN', entity: 'route desk' }),
    );
    expect(
      report.kong?.plan.changes.map((change) => change.op !== 'delete' && change.next.type),
    ).toEqual(['services']);
    expect(codes(whole)).toEqual([]);
    expect(scene.kong.state.entities).toContainEqual(
      expect.objectContaining({ type: 'routes', key: 'desk' }),
    );
  });

  it.each(['sync', 'upsert-only'] as const)(
    'keeps what covers a live route from a mistake in the file, with no memory either: %s',
    async (policy) => {
      const scene = openScene();
      Object.assign(scene.context.settings, { policy });
      scene.kongText =
        guarded.replace('plugins: [{ name: key-auth }]', '') + 'plugins: [{ name: key-auth }]\n';
      await scene.pass();
      scene.kongText = broken + 'plugins: [{ name: key-auth, enabled: false }]\n';
      scene.memory = {};

      const report = await scene.pass();

      expect(codes(report)).toContain('GUARD_KEPT');
      expect(scene.kong.state.entities).toContainEqual(
        expect.objectContaining({ type: 'plugins', key: 'key-auth', fields: { name: 'key-auth' } }),
      );
    },
  );

  it('says in every pass what its target never writes, in a dry run too', async () => {
    const scene = openScene();
    const { kong } = scene.context;
    const found = { code: 'KONG_KEY_NOT_WRITTEN', severity: 'error', message: 'x' } as const;
    Object.assign(kong!, { unsupported: () => [found] });

    const reports = [await scene.pass({ dryRun: true }), await scene.pass(), await scene.pass()];

    for (const { failures } of reports) expect(failures).toContainEqual(found);
  });

  it('leaves a route that is live as it is, with the plugin that Kong has', async () => {
    const scene = openScene();
    scene.kongText = guarded;
    await scene.pass();
    scene.kongText = broken;

    const report = await scene.pass();

    expect(codes(report)).not.toContain('ROUTE_WAITS_FOR_PLUGIN');
    expect(scene.kong.state.entities).toContainEqual(
      expect.objectContaining({ type: 'plugins', key: 'key-auth on route desk' }),
    );
  });
});

describe('a refused entity', () => {
  it('is left out, the rest is live, and it is not tried again before an input changes', async () => {
    const scene = openScene();
    scene.kong.refused.add('route crm');

    const first = await scene.pass();
    scene.journal.length = 0;
    const second = await scene.pass();
    const quiet = [...scene.journal];
    scene.kong.refused.clear();
    scene.kongText = kongText.replace('/crm', '/sales');
    const third = await scene.pass();

    expect([first, second, third].map(({ outcome }) => outcome)).toEqual([
      'partial',
      'unchanged',
      'applied',
    ]);
    expect(first.failures).toMatchObject([{ code: 'KONG_ENTITY_REFUSED', entity: 'route crm' }]);
    expect(codes(second)).toEqual(['KONG_ENTITY_REFUSED']);
    expect(quiet).toEqual(looks);
    expect(codes(third)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).toContain('crm');
  });
});

describe('a refused entity that Kong takes by now', () => {
  it('is tried again after a time, without any change of the inputs', async () => {
    const scene = openScene();
    scene.kong.refused.add('route crm');
    await scene.pass();
    scene.kong.refused.clear();

    const soon = await scene.pass();
    scene.tick(30_000);
    const later = await scene.pass();

    expect([soon.outcome, later.outcome]).toEqual(['unchanged', 'applied']);
    expect(codes(later)).toEqual([]);
    expect(scene.kong.state.entities.map(({ key }) => key)).toContain('crm');
  });
});

describe('a dry run', () => {
  it.each([
    ['with nothing there yet', false],
    ['with changes to show', true],
  ])('writes nothing anywhere, %s', async (_, applied) => {
    const scene = openScene({ dataplane: true });
    if (applied) await scene.pass();
    const before = JSON.stringify([scene.kong, scene.snapshot, scene.mesh]);
    scene.kongText += `  - { name: more, host: x, tags: ['mesh:orders'] }\n`;
    scene.journal.length = 0;
    scene.memory = {};

    const report = await scene.pass({ dryRun: true });

    expect(JSON.stringify([scene.kong, scene.snapshot, scene.mesh])).toBe(before);
    expect(scene.journal).toEqual([...reads, 'kong.read', 'kong.canonicalise']);
    const added = report.kong?.plan.changes.map((change) =>
      change.op === 'create' ? change.next.key : change.op,
    );
    expect(added).toContain('more');
    expect(report.dataplane.expanded).toHaveLength(applied ? 0 : 2);
  });
});

describe('a config-time service that goes missing', () => {
  it('keeps its last address, and follows when it is back elsewhere', async () => {
    const scene = openScene({
      services: [meshService('orders'), meshService('payments', { vips: ['241.0.0.2'] })],
    });
    const payments = (vip: string) => meshService('payments', { vips: [vip] });

    await scene.pass();
    const hosts = [hostOf(scene, 'payments')];
    scene.mesh = { ...scene.mesh, services: [meshService('orders')] };
    const missing = await scene.pass();
    hosts.push(hostOf(scene, 'payments'));
    scene.mesh = { ...scene.mesh, services: [meshService('orders'), payments('241.0.0.3')] };
    await scene.pass();
    hosts.push(hostOf(scene, 'payments'));

    expect(hosts).toEqual(['241.0.0.2:8080', '241.0.0.2:8080', '241.0.0.3:8080']);
    expect(missing.failures).toMatchObject([
      { code: 'LINK_UNKNOWN_SERVICE', entity: 'service payments' },
    ]);
  });

  it('keeps the outbound that it still leads to', async () => {
    const scene = openScene({ dataplane: true });
    await scene.pass();
    const [host, port] = hostOf(scene, 'payments')!.split(':');
    scene.mesh = { ...scene.mesh, services: [meshService('orders')] };

    await scene.pass();

    expect(scene.inUse).toContainEqual({ host, port: Number(port) });
  });

  it('points nowhere where it never had an address', async () => {
    const scene = openScene({ services: [meshService('orders')] });

    await scene.pass();

    expect(hostOf(scene, 'payments')).toMatch(/^payments\.mesh\.invalid:/);
  });
});

describe('an abort', () => {
  const calls: readonly Call[] = [
    'observe',
    'kong.read',
    'dataplane.expand',
    'snapshot.apply',
    'kong.canonicalise',
    'kong.apply',
    'dataplane.contract',
  ];

  it.each(calls)('at %s ends the pass there, and the next one completes it', async (at) => {
    const scene = openScene({ dataplane: true });
    const old = outboundTo('old', 30_900);
    scene.mesh = { ...scene.mesh, gateways: [dataplane({ outbounds: [old] })] };
    const controller = new AbortController();
    scene.onCall = (call) => {
      if (call === at) controller.abort(new Error('stopped by SIGTERM'));
    };

    const stopped = await scene.pass({}, controller.signal);
    const journal = [...scene.journal];
    scene.onCall = () => undefined;
    const next = await scene.pass();

    expect(stopped.outcome).toBe('failed');
    expect(codes(stopped)).toEqual(['PASS_INTERRUPTED']);
    expect(stopped.failures[0]?.message).toContain('stopped by SIGTERM');
    const before = calls.slice(0, calls.indexOf(at));
    expect(journal.filter((call) => call !== 'read files')).toEqual(before);
    expect(next.outcome).not.toBe('failed');
    expect(codes(next)).toEqual([]);
    expect(scene.mesh.gateways[0]?.outbounds.map(({ port }) => port)).not.toContain(30_900);
    const outbounds = scene.mesh.gateways[0]?.outbounds ?? [];
    const catalog = createCatalog('default', scene.mesh.services, gateway({ outbounds }));
    expect(scene.snapshot.held).toMatchObject(toSnapshot(catalog));
    expect(hostOf(scene, 'payments')).toMatch(/^127\.0\.0\.1:/);
  });
});

describe('what a pass remembers in the snapshot', () => {
  const pay = (zone: string, vip: string) =>
    meshService('payments', { zone, vips: [vip], hostnames: [] });
  const orders = meshService('orders');

  it('keeps a reference with its service over a restart, and refuses it when that one goes', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    await scene.pass();
    scene.memory = {};
    scene.mesh = {
      ...scene.mesh,
      services: [orders, pay('a', '241.0.0.2'), pay('b', '241.0.0.3')],
    };
    const both = await scene.pass();
    const hosts = [hostOf(scene, 'payments')];
    scene.memory = {};
    scene.mesh = { ...scene.mesh, services: [orders, pay('b', '241.0.0.3')] };

    const gone = await scene.pass();

    expect(codes(both)).toEqual([]);
    expect([...hosts, hostOf(scene, 'payments')]).toEqual([
      '241.0.0.2:8080',
      expect.stringMatching(/^payments\.mesh\.invalid:/),
    ]);
    expect(codes(gone)).toEqual(['LINK_SERVICE_GONE']);
  });

  it('keeps it through a mistake that keeps the link out of the file', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    const text = scene.kongText;
    await scene.pass();
    scene.kongText = text.replace('host: payments.internal', 'host: [1]');
    await scene.pass();
    scene.kongText = text;
    scene.mesh = {
      ...scene.mesh,
      services: [orders, pay('a', '241.0.0.2'), pay('b', '241.0.0.3')],
    };

    expect(codes(await scene.pass())).toEqual([]);
  });

  it('is not replaced by what an old state file says, and Kong is not led by it', async () => {
    const scene = openScene({ services: [orders, pay('a', '241.0.0.2')] });
    await scene.pass();
    const before = JSON.stringify([scene.snapshot.held, scene.kong.state]);
    const failed = failure('KUMA_UNREACHABLE');
    const old = sealObservation({
      mesh: 'default',
      services: [orders, pay('a', '241.0.0.9')],
      gateways: scene.mesh.gateways,
      failures: [],
    });
    const source = {
      name: 'stored',
      observe: () => Promise.resolve({ ...old, stale: { sinceMs: 0, failure: failed } }),
    };

    const context = { ...scene.context, source };
    const report = await runPass(context, {}, { dryRun: false, confirmDeletes: false }, never);

    expect(codes(report)).toContain('SNAPSHOT_NEWER');
    expect(JSON.stringify([scene.snapshot.held, scene.kong.state])).toBe(before);
  });
});
