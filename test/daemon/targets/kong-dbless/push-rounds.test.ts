import type { KongState } from '../../../../daemon/kong/model';
import { MeshdError } from '../../../../catalog/error';
import { pushInRounds } from '../../../../daemon/targets/kong-dbless/push-rounds';
import type { Answer, PushOptions } from '../../../../daemon/targets/kong-dbless/push-options';
import { entity, plugin, route, service, state } from '../../plan/build';

/** A Kong that refuses services by name: some it names, some it does not. */
function gateway(rules: { named?: readonly string[]; silent?: readonly string[] }) {
  const pushes: string[][] = [];
  const sent: KongState[] = [];
  const send = (next: KongState): Promise<Answer> => {
    sent.push(next);
    const names = next.entities.filter(({ type }) => type === 'services').map(({ key }) => key);
    const named = names.filter((name) => rules.named?.includes(name));
    const body = {
      flattened_errors: named.map((name) => ({
        entity_type: 'service',
        entity_name: name,
        errors: [{ type: 'field', field: 'host', message: 'bad host' }],
      })),
    };
    if (named.length > 0) return Promise.resolve({ kind: 'refused', body, reason: 'invalid' });
    if (names.some((name) => rules.silent?.includes(name))) {
      return Promise.resolve({ kind: 'refused', body: {}, reason: 'An unexpected error occurred' });
    }
    pushes.push(names);
    return Promise.resolve({ kind: 'taken', changed: true });
  };
  return { send, pushes, sent };
}

function options(send: PushOptions['send'], base: KongState, more: Partial<PushOptions> = {}) {
  return {
    send,
    base: () => base,
    fallback: 'exclude',
    maxRounds: 8,
    maxProbes: 40,
    ...more,
  } as const;
}

const names = Array.from({ length: 20 }, (_, index) => `s${String(index).padStart(2, '0')}`);
const routeOf = (name: string) => route(name, service(name));
const full = state(...names.flatMap((name) => [service(name), routeOf(name)]));

describe('pushInRounds', () => {
  it('sends once what is fine', async () => {
    const kong = gateway({});

    const result = await pushInRounds(full, options(kong.send, state()));

    expect(result).toEqual({ state: full, failures: [], writes: 1 });
  });

  it('leaves out whom Kong names, with the dependants, and sends the rest', async () => {
    const kong = gateway({ named: ['s03', 's07'] });

    const result = await pushInRounds(full, options(kong.send, state()));

    expect(kong.sent).toHaveLength(2);
    expect(kong.pushes).toEqual([names.filter((name) => name !== 's03' && name !== 's07')]);
    expect(result.failures.map(({ code, entity: label }) => `${code} ${label}`)).toEqual([
      'KONG_ENTITY_REFUSED service s03',
      'KONG_ENTITY_REFUSED service s07',
      'KONG_ENTITY_LEFT_OUT route s03',
      'KONG_ENTITY_LEFT_OUT route s07',
    ]);
    expect(result.failures[0]?.message).toContain('host: bad host');
  });

  it('leaves out a refused item of what is only passed through, and sends the rest', async () => {
    const sent: KongState[] = [];
    const wanted = { ...full, passthrough: { filter_chains: [{ name: 'a' }, { name: 'b' }] } };
    const send = (next: KongState): Promise<Answer> => {
      sent.push(next);
      const chains = JSON.stringify(next.passthrough);
      if (!chains.includes('"b"')) return Promise.resolve({ kind: 'taken', changed: true });
      const errors = [{ type: 'field', field: 'filters.1.name', message: 'no such filter: x' }];
      const body = {
        flattened_errors: [{ entity_type: 'filter_chain', entity_name: 'b', entity: {}, errors }],
      };
      return Promise.resolve({ kind: 'refused', body, reason: 'invalid' });
    };

    const result = await pushInRounds(wanted, options(send, state()));

    expect(sent).toHaveLength(2);
    expect(result.state.passthrough).toEqual({ filter_chains: [{ name: 'a' }] });
    expect(result.state.entities).toEqual(full.entities);
    expect(result.failures).toMatchObject([
      { code: 'KONG_ENTITY_REFUSED', entity: 'filter_chain b' },
    ]);
  });

  it('finds by halves whom Kong does not name', async () => {
    const kong = gateway({ silent: ['s03', 's16'] });

    const result = await pushInRounds(full, options(kong.send, state(service('old'))));

    expect(result.state.entities).toHaveLength(36);
    expect(
      result.failures.filter(({ code }) => code === 'KONG_ENTITY_REFUSED').map((one) => one.entity),
    ).toEqual(['service s03', 'service s16']);
    expect(kong.sent.length).toBeLessThan(30);
    expect(kong.pushes.at(-1)).not.toContain('old');
  });

  it('never serves less than before while it looks', async () => {
    const kong = gateway({ silent: ['s03'] });

    await pushInRounds(full, options(kong.send, state(service('old'), service('s01'))));

    for (const push of kong.pushes.slice(0, -1))
      expect(push).toEqual(expect.arrayContaining(['old', 's01']));
  });

  it('never serves a new route without its plugins while it looks', async () => {
    const kong = gateway({ silent: ['s03'] });
    const guard = (name: string) =>
      plugin('key-auth', name === 's03' ? service(name) : routeOf(name));
    const guarded = state(...full.entities, ...names.map(guard));

    const result = await pushInRounds(guarded, options(kong.send, state(service('old'))));

    expect(kong.pushes.length).toBeGreaterThan(2);
    expect(result.state.entities).toHaveLength(57);
    for (const { entities } of kong.sent) {
      const served = entities.filter(({ type }) => type === 'routes').map(({ key }) => key);
      const held = new Set(entities.filter(({ type }) => type === 'plugins').map(({ key }) => key));
      expect(served.filter((name) => !held.has(guard(name).key))).toEqual([]);
    }
  });

  it('stops looking after so many trials and counts the rest as refused', async () => {
    const kong = gateway({ silent: ['s03', 's09', 's15'] });

    const result = await pushInRounds(full, options(kong.send, state(), { maxProbes: 4 }));

    expect(kong.sent.length).toBeLessThanOrEqual(7);
    expect(result.state.entities.length).toBeGreaterThan(0);
    expect(result.state.entities.length).toBeLessThan(34);
  });

  it('blames nobody where Kong does not take what it holds either', async () => {
    const send = () => Promise.resolve<Answer>({ kind: 'refused', body: {}, reason: 'lock' });

    const work = pushInRounds(full, options(send, state(service('old'))));

    await expect(work).rejects.toMatchObject({ code: 'KONG_CONFIG_REFUSED' });
    await expect(work).rejects.toBeInstanceOf(MeshdError);
  });

  it('finds dangling references and duplicates before it sends anything', async () => {
    const kong = gateway({});
    const orders = service('orders');
    const key = { key: 'dummy-key' };
    const desired = state(
      orders,
      route('dangling', service('absent')),
      plugin('cors', route('dangling', service('absent'))),
      entity('keyauth_credentials', 'a', key, { secrets: [['key']] }),
      entity('keyauth_credentials', 'b', key, { secrets: [['key']] }),
    );

    const { failures, state: live } = await pushInRounds(desired, options(kong.send, state()));

    expect(kong.sent).toHaveLength(1);
    expect(live.entities.map(({ type, key: name }) => `${type} ${name}`)).toEqual([
      'services orders',
      'keyauth_credentials a',
    ]);
    expect(failures.map(({ code }) => code).sort()).toEqual([
      'KONG_ENTITY_LEFT_OUT',
      'KONG_REFERENCE_MISSING',
      'KONG_TWICE',
    ]);
    expect(JSON.stringify(failures)).not.toContain('dummy-key');
  });

  it('goes back to the last valid form where told so', async () => {
    const kong = gateway({});
    const before = service('orders', { port: 1 });
    const send = (next: KongState): Promise<Answer> => {
      const bad = next.entities.find(({ fields }) => fields['port'] === 99999);
      if (!bad) return kong.send(next);
      const errors = [{ field: 'port', message: 'value should be between 0 and 65535' }];
      const body = {
        flattened_errors: [{ entity_type: 'service', entity_name: 'orders', errors }],
      };
      return Promise.resolve({ kind: 'refused', body, reason: 'invalid' });
    };
    const after = service('orders', { port: 99999 });

    const result = await pushInRounds(
      state(after, route('orders', after)),
      options(send, state(before), { fallback: 'last-valid' }),
    );

    expect(result.state.entities).toEqual(state(before, route('orders', after)).entities);
    expect(result.failures.map(({ code }) => code)).toEqual(['KONG_ENTITY_KEPT_BACK']);
  });

  it('masks secrets in what Kong says', async () => {
    const kong = gateway({});
    const secret = entity('keyauth_credentials', 'a', { key: 'dummy-key' });
    const send = (next: KongState): Promise<Answer> => {
      if (next.entities.length < 2) return kong.send(next);
      const said = "'keyauth_credentials' entity with key set to 'dummy-key' already declared";
      const body = { fields: { keyauth_credentials: [said] }, flattened_errors: {} };
      return Promise.resolve({ kind: 'refused', body, reason: said });
    };

    const { failures } = await pushInRounds(state(service('a'), secret), options(send, state()));

    expect(failures[0]?.message).toContain("key set to '[masked]'");
  });
});
