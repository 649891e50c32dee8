import { send, start } from './admin-client';
import type { Answer } from './replay';

describe('entities without a recording of their own', () => {
  it.each([
    ['certificates', '/certificates', { cert: 'c', key: 'k', tags: ['t'] }],
    ['CA certificates', '/ca_certificates', { cert: 'ca' }],
    ['vaults', '/vaults', { name: 'env', prefix: 'my-env', config: { prefix: 'X_' } }],
    ['key sets', '/key-sets', { name: 'set-1' }],
    ['keys', '/keys', { name: 'key-1', kid: '1', jwk: '{"kid":"1"}' }],
  ])('%s are made, put, patched, listed and deleted', async (_name, collection, body) => {
    const admin = await start({ mode: 'db' });

    const made = await send(admin, 'POST', collection, body);
    const entity = `${collection}/${made.body.id}`;
    const put = await send(admin, 'PUT', entity, body);
    const patched = await send(admin, 'PATCH', entity, { tags: ['other'] });
    const listed = await send(admin, 'GET', `${collection}?tags=other`);
    const deleted = await send(admin, 'DELETE', entity);
    const gone = await send(admin, 'GET', entity);

    expect(made).toMatchObject({ status: 201, body });
    expect(put).toMatchObject({ status: 200, body: { id: made.body.id } });
    expect(patched.body.tags).toEqual(['other']);
    expect(listed.body.data).toEqual([patched.body]);
    expect([deleted.status, gone.status]).toEqual([204, 404]);
  });

  it('a certificate carries its names, which are entities and cannot be another one’s', async () => {
    const admin = await start({ mode: 'db' });

    const first = await send(admin, 'POST', '/certificates', {
      ...{ cert: 'c', key: 'k', snis: ['b.example', 'a.example'] },
    });
    const sni = await send(admin, 'GET', '/snis/a.example');
    const second = await send(admin, 'POST', '/certificates', {
      ...{ cert: 'c2', key: 'k', snis: ['a.example'] },
    });
    await send(admin, 'PATCH', `/certificates/${first.body.id}`, { snis: ['b.example'] });
    const below = await send(admin, 'GET', `/certificates/${first.body.id}/snis`);

    expect(first.body.snis).toEqual(['a.example', 'b.example']);
    expect(sni.body.certificate).toEqual({ id: first.body.id });
    expect(second.status).toBe(400);
    expect(below.body.data.map(({ name }: { name: string }) => name)).toEqual(['b.example']);
  });

  it('keys go with their key set', async () => {
    const admin = await start({ mode: 'db' });
    await send(admin, 'POST', '/key-sets', { name: 'set-1' });
    const key = await send(admin, 'POST', '/key-sets/set-1/keys', {
      name: 'k',
      kid: '1',
      jwk: '{}',
    });

    await send(admin, 'DELETE', '/key-sets/set-1');
    const gone = await send(admin, 'GET', `/keys/${key.body.id}`);

    expect(key.status).toBe(201);
    expect(gone.status).toBe(404);
  });

  it('a key whose time is over is gone', async () => {
    let nowMs = 1_800_000_000_000;
    const admin = await start({ mode: 'db', now: () => nowMs });
    await send(admin, 'POST', '/consumers', { username: 'bob' });
    await send(admin, 'POST', '/consumers/bob/key-auth', { key: 'k', ttl: 10 });

    const during = await send(admin, 'GET', '/key-auths');
    nowMs += 11_000;
    const after = await send(admin, 'GET', '/key-auths');

    expect(during.body.data).toMatchObject([{ key: 'k', ttl: 9 }]);
    expect(after.body.data).toEqual([]);
  });
});

describe('lists', () => {
  it('of a type are read whole by following next, whatever is deleted behind the reader', async () => {
    const admin = await start({ mode: 'db' });
    for (let at = 0; at < 25; at++) {
      await send(admin, 'POST', '/services', { name: `s${at}`, host: 'h' });
    }
    const seen: string[] = [];
    let next: string | null = '/services?size=4';

    while (next !== null) {
      const page: Answer = await send(admin, 'GET', next);
      const names = page.body.data.map(({ name }: { name: string }) => name);
      seen.push(...names);
      await send(admin, 'DELETE', `/services/${names[0]}`);
      next = page.body.next;
    }

    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it('of targets skip a row where one is deleted between pages', async () => {
    const admin = await start({ mode: 'db' });
    await send(admin, 'POST', '/upstreams', { name: 'u' });
    for (let at = 0; at < 6; at++) {
      await send(admin, 'POST', '/upstreams/u/targets', { target: `10.0.0.${at}:80` });
    }

    const first = await send(admin, 'GET', '/upstreams/u/targets?size=3');
    await send(admin, 'DELETE', `/upstreams/u/targets/${first.body.data[0].target}`);
    const second = await send(admin, 'GET', first.body.next);

    expect(second.body.data).toHaveLength(2);
  });
});
