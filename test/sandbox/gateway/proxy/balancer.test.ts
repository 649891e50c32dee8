import {
  type BalancerData,
  type BalancerWorld,
  choosePeer,
  hostHeaderFor,
} from '../../../../sandbox/gateway/proxy/balancer';
import { hostType, tableResolver } from '../../../../sandbox/gateway/proxy/resolver';
import { UpstreamRing } from '../../../../sandbox/gateway/proxy/upstream-ring';

function dataFor(host: string, type = hostType(host)): BalancerData {
  const timeouts = { connect_timeout: 1, send_timeout: 1, read_timeout: 1 };
  return { scheme: 'http', type, host, port: 80, retries: 0, try_count: 0, tries: [], ...timeouts };
}

function world(rings: Record<string, UpstreamRing> = {}): BalancerWorld {
  let turn = 0;
  return {
    upstreams: new Map(Object.entries(rings)),
    resolve: tableResolver({ 'two.test': ['10.0.0.1', '10.0.0.2'] }),
    nextTurn: () => turn++,
  };
}

const target = (host: string, port: number, weight = 100) => ({ host, port, weight });

describe('choosePeer', () => {
  it.each([
    [
      'an IPv4 literal',
      dataFor('10.1.1.1'),
      { kind: 'peer', ip: '10.1.1.1', port: 80, hostname: '10.1.1.1' },
    ],
    ['an IPv6 literal', dataFor('[::1]'), { kind: 'peer', ip: '::1', port: 80, hostname: '[::1]' }],
    [
      'an IP in the place of a name',
      dataFor('10.1.1.1', 'name'),
      { kind: 'peer', ip: '10.1.1.1', port: 80, hostname: '10.1.1.1' },
    ],
    [
      'a loopback name',
      dataFor('localhost'),
      { kind: 'peer', ip: '127.0.0.1', port: 80, hostname: 'localhost' },
    ],
    [
      'a name in the place of an IP',
      dataFor('localhost', 'ipv4'),
      { kind: 'no-host-allowed', host: 'localhost', port: 80 },
    ],
    [
      'an unknown name',
      dataFor('nope.test'),
      { kind: 'refused', status: 503, message: 'name resolution failed' },
    ],
  ])('%s', async (_name, data, choice) => {
    expect(await choosePeer(data, world())).toEqual(choice);
  });

  it('takes the addresses of a name in turn', async () => {
    const same = world();

    const picks = [
      await choosePeer(dataFor('two.test'), same),
      await choosePeer(dataFor('two.test'), same),
    ];

    expect(picks.map((pick) => pick.kind === 'peer' && pick.ip)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('answers 500 where DNS cannot be reached', async () => {
    const resolve = () => Promise.reject(new Error('timeout'));

    const choice = await choosePeer(dataFor('a.test'), { ...world(), resolve });

    expect(choice).toMatchObject({ kind: 'refused', status: 500 });
  });

  it('prefers an upstream of that name, and ignores the port', async () => {
    const ring = new UpstreamRing([target('10.0.0.9', 9000)], undefined);

    const choice = await choosePeer(dataFor('up'), world({ up: ring }));

    expect(choice).toEqual({ kind: 'peer', ip: '10.0.0.9', port: 9000, hostname: '10.0.0.9' });
  });

  it('uses the host_header of an upstream', async () => {
    const ring = new UpstreamRing([target('10.0.0.9', 9000)], 'orders.mesh');

    expect(await choosePeer(dataFor('up'), world({ up: ring }))).toMatchObject({
      hostname: 'orders.mesh',
    });
  });

  it.each([
    ['no targets', []],
    ['weight 0 only', [target('10.0.0.1', 80, 0)]],
    ['targets without address only', [target('nope.test', 80)]],
  ])('answers 503 for an upstream with %s', async (_name, targets) => {
    const choice = await choosePeer(
      dataFor('up'),
      world({ up: new UpstreamRing(targets, undefined) }),
    );

    expect(choice).toMatchObject({
      kind: 'refused',
      status: 503,
      message: expect.stringMatching(/get a peer/),
    });
  });

  it('passes over a target without address', async () => {
    const ring = new UpstreamRing([target('nope.test', 80), target('10.0.0.1', 80)], undefined);

    const choice = await choosePeer(dataFor('up'), world({ up: ring }));

    expect(choice).toMatchObject({ kind: 'peer', ip: '10.0.0.1' });
  });
});

describe('UpstreamRing', () => {
  it('hands targets out by weight', () => {
    const ring = new UpstreamRing([target('a', 1, 200), target('b', 1, 100)], undefined);

    const picks = Array.from({ length: 6 }, () => ring.next()?.host);

    expect(picks.filter((host) => host === 'a')).toHaveLength(4);
    expect(picks.filter((host) => host === 'b')).toHaveLength(2);
  });
});

describe('hostHeaderFor', () => {
  it.each([
    ['http', 80, 'h'],
    ['https', 443, 'h'],
    ['http', 443, 'h:443'],
    ['https', 80, 'h:80'],
    ['http', 8080, 'h:8080'],
  ])('%s to port %d: %s', (scheme, port, header) => {
    expect(hostHeaderFor('h', port, scheme)).toBe(header);
  });
});
