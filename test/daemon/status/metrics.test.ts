import { MeshdError } from '../../../catalog/error';
import {
  createStatusWorld,
  meshService,
  type StatusWorld,
} from '../../../bench/support/status-world';
import { emptyBoard, recordPass } from '../../../daemon/status/board';
import { metricList } from '../../../daemon/status/metric-list';
import { createMetrics } from '../../../daemon/status/metrics';

const identity = { version: '1.2.3', mesh: 'default', source: 'kuma', service: 'kong' };
const linked = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/] }] }
  - { name: crm, host: crm.internal, routes: [{ name: crm, paths: [/crm] }] }
`;

describe('the metrics', () => {
  it('count passes, changes and drift, whose repair is a pass that applies', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const { pass, expose } = counted(world);

    await pass();
    await pass();
    world.drift();
    await pass();

    const text = await expose();
    expect(text).toContain('kong_meshd_passes_total{outcome="applied"} 2\n');
    expect(text).toContain(
      'kong_meshd_changes_total{target="kong-dbless",kind="route",op="create"} 2\n',
    );
    expect(text).toContain('kong_meshd_drift_repaired_total{target="kong-dbless"} 1\n');
    expect(text).toContain('kong_meshd_phase_duration_seconds_count{phase="observe"} 3\n');
    expect(text).toContain('kong_meshd_ready 1\n');
    expect(text).toContain('kong_meshd_build_info{version="1.2.3",');
  });

  it('count a finding once when it comes up, and show it while it stands', async () => {
    const world = createStatusWorld({ kong: linked });
    const { pass, expose } = counted(world);
    const labels = '{code="LINK_UNKNOWN_SERVICE",severity="error"}';

    await pass();
    await pass();
    const standing = await expose();
    world.observe([meshService('orders')]);
    await pass();
    const gone = await expose();

    expect(standing).toContain(`kong_meshd_failures_total${labels} 1\n`);
    expect(standing).toContain(`kong_meshd_findings${labels} 1\n`);
    expect(gone).toContain(`kong_meshd_failures_total${labels} 1\n`);
    expect(gone).not.toContain(`kong_meshd_findings${labels}`);
  });

  it('tell where routes lead and what the mesh has', async () => {
    const world = createStatusWorld({
      services: [meshService('orders', { availability: 'unavailable' }), meshService('other')],
      kong: linked,
    });
    const { pass, expose } = counted(world);

    await pass();

    const text = await expose();
    expect(text).toContain('kong_meshd_routes{health="unavailable"} 1\n');
    expect(text).toContain('kong_meshd_routes{health="outside"} 1\n');
    expect(text).toContain('kong_meshd_routes{health="healthy"} 0\n');
    expect(text).toContain('kong_meshd_mesh_services{availability="available"} 1\n');
    expect(text).toContain('kong_meshd_mesh_services{availability="unavailable"} 1\n');
  });

  it.each([
    { service: 'kong', value: 1 },
    { service: 'other', value: 0 },
  ])('tell that a gateway known as $service has alignment $value', async (row) => {
    const { pass, expose } = counted(createStatusWorld({ gatewayService: row.service }));

    await pass();

    expect(await expose()).toContain(
      `kong_meshd_gateway_identity_aligned{dataplane="kong-01"} ${row.value}\n`,
    );
  });

  it('tell how long ago the mesh was seen, by the clock at the time of the question', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const { pass, expose, time } = counted(world);
    await pass();
    world.breakSource(new MeshdError({ code: 'A', severity: 'error', message: 'b', remedy: 'c' }));
    await pass();

    time.laterMs = 90_000;

    const age = /^kong_meshd_source_age_seconds ([\d.]+)$/m.exec(await expose());
    expect(Number(age?.[1])).toBeGreaterThanOrEqual(90);
    expect(Number(age?.[1])).toBeLessThan(120);
  });

  it('say nothing about a snapshot that is not kept', async () => {
    const { pass, expose } = counted(createStatusWorld());

    await pass();

    expect(await expose()).not.toMatch(/^kong_meshd_snapshot_(age_seconds|info)/m);
  });

  it('show that deletions are held back, and count how often that began', async () => {
    const many = Array.from({ length: 12 }, (_, index) => meshService(`s${index}`));
    const world = createStatusWorld({ services: many });
    const { pass, expose } = counted(world);
    await pass();

    world.observe([]);
    await pass();
    await pass();
    const held = await expose();
    world.observe(many);
    await pass();
    const over = await expose();

    expect(held).toContain('kong_meshd_deletions_held 1\n');
    expect(held).toContain('kong_meshd_deletion_holds_total 1\n');
    expect(over).toContain('kong_meshd_deletions_held 0\n');
    expect(over).toContain('kong_meshd_deletion_holds_total 1\n');
  });

  it('are those of the list, each with help and type', async () => {
    const text = await counted(createStatusWorld()).expose();

    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    expect(typed).toEqual(Object.entries(metricList).map(([name, { type }]) => [name, type]));
    for (const [name, spec] of Object.entries(metricList)) {
      expect(text).toContain(`# HELP ${name} ${spec.help}`);
    }
  });

  it.each(Object.entries(metricList))('%s is named by the conventions', (name, { type, help }) => {
    expect(name).toMatch(/^(kong_meshd|process)_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    expect(help).toMatch(/^[A-Z1].*\.$/);
  });

  it('are nobody else’s: two of them count apart', async () => {
    const first = counted(createStatusWorld());
    const second = counted(createStatusWorld());

    await first.pass();

    expect(await first.expose()).toContain('kong_meshd_passes_total{');
    expect(await second.expose()).not.toContain('kong_meshd_passes_total{');
  });
});

function counted(world: StatusWorld) {
  const time = { laterMs: 0 };
  const metrics = createMetrics(identity, () => Date.now() + time.laterMs);
  let board = emptyBoard(0);
  return {
    time,
    pass: async () => {
      const seen = await world.pass();
      board = recordPass(board, seen);
      metrics.record(seen, board);
    },
    expose: async () => (await metrics.expose()).text,
  };
}
