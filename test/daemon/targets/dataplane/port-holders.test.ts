import type { PortLedger } from '../../../../catalog/port-ledger';
import type { GatewayDataplane } from '../../../../catalog/gateway';
import type { PlanAround } from '../../../../daemon/targets/dataplane/dataplane-target';
import { confirmProxies } from '../../../../daemon/targets/dataplane/confirm-proxies';
import { planDataplanes } from '../../../../daemon/targets/dataplane/plan-dataplanes';
import type { DataplaneMemory } from '../../../../daemon/targets/dataplane/settings';
import type { OutboundNeed } from '../../../../daemon/translate/translation';
import { gateway, memory, need, outbound, service, settings } from './build';

const key = (name: string): string => `MeshService/${name}//zone-a:8080`;
const hour = 3_600_000;

/** One daemon over several passes, with what it remembers. */
class Daemon {
  nowMs = 1_000_000;
  around: PlanAround = {};
  readonly memory: DataplaneMemory = memory();
  ledger: PortLedger | undefined;

  constructor(readonly last = 30_009) {}

  pass(needs: readonly OutboundNeed[], observed: readonly GatewayDataplane[] = [gateway()]) {
    const around = { ...this.around, ...(this.ledger ? { ledger: this.ledger } : {}) };
    const inputs = { observed, needs, nowMs: this.nowMs, around };
    const ports = { first: 30_000, last: this.last };
    const names = observed.map(({ name }) => name);
    const planned = planDataplanes(inputs, settings({ ports, names }), this.memory);
    Object.assign(this.memory, planned.memory);
    this.ledger = planned.plan.ledger ?? this.ledger;
    const added = planned.plan.steps?.[0]?.add ?? [];
    return {
      ports: added.map(
        ({ port, target }) => `${port} ${'name' in target ? (target.name ?? '') : ''}`,
      ),
      removed: planned.plan.steps?.flatMap(({ remove }) => remove.map(({ port }) => port)) ?? [],
      codes: planned.plan.failures.map(({ code }) => code),
      plan: planned.plan,
    };
  }

  /** All gateways are seen connected, twice and far enough from each other. */
  async confirm(names = ['kong-01'], online: readonly string[] = names): Promise<void> {
    for (let look = 0; look < 2; look++) {
      const api = {
        proxy: (name: string) =>
          Promise.resolve({
            online: online.includes(name),
            stream: 'one',
            carriesFile: false,
            acknowledged: undefined,
          }),
      };
      const steps = names.map((dataplane) => ({ dataplane }));
      const context = { api, memory: this.memory, now: () => this.nowMs };
      await confirmProxies(steps, context, AbortSignal.timeout(1_000));
      this.nowMs += 20_000;
    }
  }
}

describe('a Dataplane that was applied anew without its outbounds', () => {
  it('gets every port back for the service that had it', () => {
    const daemon = new Daemon();
    const before = daemon.pass([need('orders')]).ports;
    const both = daemon.pass(
      [need('orders'), need('billing')],
      [gateway([outbound(30_000, 'orders')])],
    );

    const after = daemon.pass([need('billing'), need('orders')]);

    expect([before, both.ports]).toEqual([['30000 orders'], ['30001 billing']]);
    expect(after.ports.sort()).toEqual(['30000 orders', '30001 billing']);
  });

  it('gets them back after a restart, by the ledger of the snapshot', () => {
    const daemon = new Daemon();
    daemon.ledger = { next: 30_005, given: new Map([[30_004, key('billing')]]) };

    expect(daemon.pass([need('a'), need('billing')]).ports.sort()).toEqual([
      '30004 billing',
      '30005 a',
    ]);
  });

  it('gets them back by what Kong has, where nothing else remembers', () => {
    const daemon = new Daemon();
    const place = { host: '127.0.0.1', port: 30_003 };
    daemon.around = { inUse: [place], remembered: [{ owner: key('orders'), place }] };

    expect(daemon.pass([need('a'), need('orders')]).ports.sort()).toEqual([
      '30003 orders',
      '30004 a',
    ]);
  });

  it('gives a port that Kong has for two services back to neither', () => {
    const daemon = new Daemon();
    const place = { host: '127.0.0.1', port: 30_003 };
    const remembered = ['orders', 'billing'].map((name) => ({ owner: key(name), place }));
    daemon.around = { inUse: [place], remembered };

    const { ports } = daemon.pass([need('billing'), need('orders')]);

    expect(ports).toEqual(['30004 billing', '30005 orders']);
  });
});

describe('a port that something still points at', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'is given to nobody, and not removed, while Kong leads to it at %s',
    (host) => {
      const daemon = new Daemon();
      daemon.around = { inUse: [{ host, port: 30_000 }] };
      const present = [gateway([outbound(30_000, 'orders')])];
      daemon.pass([], present);
      daemon.nowMs += hour;

      expect(daemon.pass([], present).removed).toEqual([]);
      expect(daemon.pass([need('billing')], [gateway()]).ports).toEqual(['30001 billing']);
    },
  );

  it('is not removed before Kong was read once', () => {
    const daemon = new Daemon();
    daemon.around = { kongUnread: true };
    const present = [gateway([outbound(30_000, 'orders')])];
    daemon.pass([], present);
    daemon.nowMs += hour;
    const unread = daemon.pass([], present).removed;
    daemon.around = {};
    daemon.pass([], present);
    daemon.nowMs += hour;

    expect([unread, daemon.pass([], present).removed]).toEqual([[], [30_000]]);
  });

  it('may be any port where neither Kong nor a snapshot says so: then none is given out', () => {
    const daemon = new Daemon();
    daemon.around = { kongUnread: true };

    const { ports, codes } = daemon.pass([need('orders')]);

    expect([ports, codes]).toEqual([[], ['DATAPLANE_PORTS_WAIT']]);
  });
});

describe('a port that was taken back', () => {
  async function freed(last = 30_000): Promise<Daemon> {
    const daemon = new Daemon(last);
    daemon.pass([need('orders')]);
    daemon.pass([], [gateway([outbound(30_000, 'orders')])]);
    daemon.pass([]);
    return Promise.resolve(daemon);
  }

  it('is the last to be given out again', async () => {
    const daemon = await freed(30_002);

    const first = daemon.pass([need('a')]).ports;
    const second = daemon.pass([need('b')], [gateway([outbound(30_001, 'a')])]).ports;

    expect([first, second]).toEqual([['30001 a'], ['30002 b']]);
  });

  it('is its own again at once', async () => {
    expect((await freed()).pass([need('orders')]).ports).toEqual(['30000 orders']);
  });

  it('goes to nobody else before its time is over and every sidecar was seen to hear of it', async () => {
    const daemon = await freed();
    const seen = [daemon.pass([need('a')])];
    await daemon.confirm();
    seen.push(daemon.pass([need('a')]));
    daemon.nowMs += 48 * hour;
    seen.push(daemon.pass([need('a')]));

    expect(seen.map(({ ports }) => ports)).toEqual([[], [], ['30000 a']]);
    expect(seen[0]?.codes).toEqual(['DATAPLANE_PORTS_EXHAUSTED']);
  });

  it('waits for a gateway that lost its control plane', async () => {
    const both = [gateway(), gateway([], { name: 'kong-02', address: '10.0.0.2' })];
    const daemon = new Daemon(30_000);
    daemon.pass([need('orders')], both);
    daemon.pass(
      [],
      both.map((one) => ({ ...one, outbounds: [outbound(30_000, 'orders')] })),
    );
    daemon.pass([], both);
    const names = ['kong-01', 'kong-02'];
    daemon.nowMs += 48 * hour;
    await daemon.confirm(names, ['kong-01']);
    const away = daemon.pass([need('a')], both);
    await daemon.confirm(names);

    expect(away).toMatchObject({ ports: [], plan: { confirming: true, awaiting: true } });
    expect(daemon.pass([need('a')], both).ports).toEqual(['30000 a']);
  });

  it('rests anew after a restart: nobody knows since when it is free', () => {
    const daemon = new Daemon(30_000);
    daemon.ledger = { next: 30_001, given: new Map([[30_000, key('orders')]]) };

    expect(daemon.pass([need('a')]).ports).toEqual([]);
  });

  it('is held by Kong past every time', async () => {
    const daemon = await freed();
    daemon.around = { inUse: [{ host: '127.0.0.1', port: 30_000 }] };
    await daemon.confirm();
    daemon.nowMs += 100 * hour;

    expect(daemon.pass([need('a')]).ports).toEqual([]);
  });
});

describe('a reference by labels that the daemon writes', () => {
  const display = 'kuma.io/display-name';
  const external = (resource: string, labels: Record<string, string>, zone?: string) =>
    service('pay', {
      kind: 'MeshExternalService',
      resource,
      labels,
      ...(zone === undefined ? { zone: undefined as never } : { zone }),
    });
  const local = external(
    'pay',
    { 'kuma.io/zone': 'zone-a', 'kuma.io/origin': 'zone', [display]: 'pay' },
    'zone-a',
  );

  it('tells a synced service from one of the zone with the same display name', () => {
    const synced = external('pay-x', { [display]: 'pay', 'kuma.io/origin': 'global' });
    const daemon = new Daemon();
    daemon.around = { services: [local, synced] };

    const { plan } = daemon.pass([{ service: synced, port: synced.ports[0]! }]);

    expect(plan.steps?.[0]?.add[0]?.target).toMatchObject({
      labels: { [display]: 'pay', 'kuma.io/origin': 'global' },
    });
  });

  it('is not written where nothing tells the two apart', () => {
    const synced = external('pay-x', { [display]: 'pay' });
    const daemon = new Daemon();
    daemon.around = { services: [local, synced] };

    const { ports, codes } = daemon.pass([{ service: synced, port: synced.ports[0]! }]);

    expect([ports, codes]).toEqual([[], ['DATAPLANE_NO_FORM']]);
  });
});
