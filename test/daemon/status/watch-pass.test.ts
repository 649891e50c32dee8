import { createStatusWorld, meshService } from '../../../bench/support/status-world';
import type { PassContext } from '../../../daemon/reconcile/context';
import { watchPass } from '../../../daemon/status/watch-pass';

const linked = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/] }] }
`;

describe('what a pass is seen to do', () => {
  it('tells fresh, stale and failed looks at the mesh', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const failure = { code: 'X', severity: 'error', message: 'm', remedy: 'r' } as const;

    const fresh = await world.pass();
    world.observe([meshService('orders')], { sinceMs: 5, failure });
    const stale = await world.pass();
    world.breakSource(new Error('gone'));
    const failed = await world.pass();

    const looks = [fresh, stale, failed].map(({ marks }) => marks.observed);
    expect(looks).toEqual(['fresh', 'stale', 'failed']);
  });

  it('parts the time of a pass into its phases', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });

    const { marks, report } = await world.pass();

    const spent = Object.values(marks.phasesMs).reduce((sum, ms) => sum + ms, 0);
    expect(Object.keys(marks.phasesMs).sort()).toEqual(['observe', 'switch', 'translate']);
    expect(spent).toBeCloseTo(report.durationMs, 3);
  });

  it('notes which target drifted and which holds what it should', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });

    const applied = await world.pass();
    const probed = await world.pass();
    world.drift();
    const drifted = await world.pass();

    expect(applied.marks).toMatchObject({ drifted: [], confirmed: ['kong-dbless'] });
    expect(probed.marks).toMatchObject({ drifted: [], confirmed: ['kong-dbless'] });
    expect(drifted.marks.drifted).toEqual(['kong-dbless']);
  });

  it('calls what it does not time on the target itself', () => {
    class Target {
      readonly #secret = 7;
      readonly name = 'counting';
      close(): number {
        return this.#secret;
      }
    }
    const kong = new Target() as unknown as NonNullable<PassContext['kong']>;

    const { context } = watchPass({ source: {}, kong } as unknown as PassContext);

    expect(context.kong?.name).toBe('counting');
    expect(context.kong?.close?.()).toBe(7);
  });
});
