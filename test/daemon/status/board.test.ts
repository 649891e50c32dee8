import { MeshdError } from '../../../catalog/error';
import { emptyBoard, recordChecks, recordPass, type Board } from '../../../daemon/status/board';
import { toStatusJson } from '../../../daemon/status/status-json';
import {
  createStatusWorld,
  meshService,
  type StatusWorld,
} from '../../../bench/support/status-world';

const identity = { version: '1.2.3', mesh: 'default', source: 'kuma', service: 'kong' };
const linked = `_format_version: '3.0'
services:
  - { name: orders, host: x, tags: ['mesh:orders'], routes: [{ name: orders, paths: [/] }] }
`;
const outage = new MeshdError({
  code: 'KUMA_UNREACHABLE',
  severity: 'error',
  message: 'The control plane cannot be reached.',
  remedy: 'Start it.',
});

describe('the board', () => {
  it('is ready after the first pass that brought everything about, and stays so', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    world.breakSource(outage);

    const failed = await record(emptyBoard(0), world);
    world.breakSource();
    const applied = await record(failed, world);
    world.breakSource(outage);
    const later = await record(applied, world);

    expect(failed.readySinceMs).toBeUndefined();
    expect(failed.passes[0]?.outcome).toBe('failed');
    expect(applied.readySinceMs).toEqual(expect.any(Number));
    expect(later.readySinceMs).toBe(applied.readySinceMs);
  });

  it('keeps the picture over passes that failed', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const before = await record(emptyBoard(0), world);

    world.breakSource(outage);
    const after = await record(before, world);

    expect(toStatusJson(after, identity, 0).rows).toEqual(toStatusJson(before, identity, 0).rows);
    expect(toStatusJson(after, identity, 0)).toMatchObject({
      verdict: 'failing',
      findings: [{ code: 'KUMA_UNREACHABLE', severity: 'error', remedy: 'Start it.' }],
    });
  });

  it('lists passes that did nothing as one, and does not call them news', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });

    let board = await record(emptyBoard(0), world);
    board = await record(board, world);
    const { revision } = board;
    board = await record(board, world);
    board = await record(board, world);

    expect(board.passes).toMatchObject([
      { outcome: 'unchanged', count: 3, changes: [] },
      {
        outcome: 'applied',
        count: 1,
        changes: [
          { target: 'kong-dbless', op: 'create', kind: 'service', name: 'orders' },
          { target: 'kong-dbless', op: 'create', kind: 'route', name: 'orders' },
        ],
      },
    ]);
    expect(board.revision).toBe(revision);
  });

  it('keeps a bounded number of passes and of changes', async () => {
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    let board = emptyBoard(0);

    for (let index = 0; index < 8; index += 1) {
      world.drift();
      board = recordPass(board, await world.pass(), { passes: 3, changes: 1 });
    }

    expect(board.passes).toHaveLength(3);
    expect(board.passes.every(({ changes }) => changes.length <= 1)).toBe(true);
    expect(board.drift.count).toBeGreaterThan(0);
    expect(board.passes[0]?.drifted).toEqual(['kong-dbless']);
  });

  it('knows since when a finding has been there', async () => {
    const world = createStatusWorld({ kong: linked });
    const first = await record(emptyBoard(0), world);
    const sinceMs = first.findings[0]?.sinceMs;

    const lasting = await record(first, world);
    world.observe([meshService('orders')]);
    const gone = await record(lasting, world);

    expect(first.findings).toMatchObject([{ failure: { code: 'LINK_UNKNOWN_SERVICE' } }]);
    expect(lasting.findings[0]?.sinceMs).toBe(sinceMs);
    expect(gone.findings).toEqual([]);
    expect(toStatusJson(gone, identity, 0).verdict).toBe('fine');
  });

  it('lists what checks found beside the passes, until they find it no more', async () => {
    const found = { code: 'KM101', severity: 'warning', message: 'Odd.', remedy: 'Fix.' } as const;
    const world = createStatusWorld({ services: [meshService('orders')], kong: linked });
    const passed = await record(emptyBoard(0), world);

    const checked = recordChecks(passed, [found], 5);
    const again = recordChecks(checked, [{ ...found }], 9);
    const later = await record(again, world);
    const gone = recordChecks(later, [], 12);

    expect(toStatusJson(later, identity, 0)).toMatchObject({
      verdict: 'warnings',
      findings: [{ code: 'KM101', sinceMs: 5 }],
    });
    expect(again).toBe(checked);
    expect(toStatusJson(gone, identity, 0)).toMatchObject({ verdict: 'fine', findings: [] });
    expect(gone.revision).toBeGreaterThan(later.revision);
  });

  it.each([
    { service: 'kong', aligned: true },
    { service: 'kong-admin_ns_svc_8444', aligned: false },
  ])('tells that a gateway known as $service is aligned: $aligned', async (row) => {
    const world = createStatusWorld({ gatewayService: row.service });

    const board = await record(emptyBoard(0), world);

    expect(toStatusJson(board, identity, 0).gateways).toEqual([
      { name: 'kong-01', zone: 'east', service: row.service, aligned: row.aligned },
    ]);
  });

  it('names what changed without any value of it', async () => {
    const withKey = (key: string): string => `_format_version: '3.0'
consumers:
  - username: alice
    keyauth_credentials: [{ key: ${key} }]
plugins:
  - { name: request-transformer, config: { add: { headers: ['x:${key}'] } } }
`;
    const world = createStatusWorld({ kong: withKey('first-s3cret') });

    let board = await record(emptyBoard(0), world);
    world.writeKong(withKey('second-s3cret'));
    board = await record(board, world);

    expect(board.passes.length).toBe(2);
    expect(board.passes[0]?.changes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          op: 'update',
          kind: 'plugin',
          fields: [expect.stringContaining('config.add')],
        }),
      ]),
    );
    expect(JSON.stringify(toStatusJson(board, identity, 0))).not.toContain('s3cret');
  });
});

async function record(board: Board, world: StatusWorld): Promise<Board> {
  return recordPass(board, await world.pass());
}
