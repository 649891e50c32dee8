import type { AdminServer } from '../../../../sandbox/gateway/admin/admin-server';
import type { Fault } from '../../../../sandbox/gateway/admin/faults';
import { startAdmin } from '../../../../sandbox/gateway/admin/start-admin';
import { ask } from './replay';
import type { Answer } from './replay';

let admin: AdminServer;

beforeEach(async () => {
  admin = await startAdmin({ mode: 'db' });
});
afterEach(() => admin.stop());

function post(name: string): Promise<Answer> {
  return ask(admin.url, 'POST', '/services', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, host: 'h' }),
  });
}

const toServices = { method: 'POST', path: '/services' };

describe('faults', () => {
  it('replace an answer, with status, headers and body, and the request has no effect', async () => {
    admin.faults.add({
      match: toServices,
      ...{ status: 503, headers: { 'Retry-After': '1' }, body: { message: 'later' } },
    });

    const answer = await post('a');

    expect(answer).toMatchObject({ status: 503, body: { message: 'later' } });
    expect(answer.headers['retry-after']).toBe('1');
    expect(admin.feed.current().services).toEqual([]);
  });

  it('are met as often as they say, in the order they were added', async () => {
    admin.faults.add({ match: toServices, status: 500, times: 2 });
    admin.faults.add({ match: toServices, status: 429 });

    const statuses = [];
    for (const name of ['a', 'b', 'c', 'd']) statuses.push((await post(name)).status);

    expect(statuses).toEqual([500, 500, 429, 201]);
  });

  it.each<[string, Fault['match']]>([
    ['another method', { method: 'PUT' }],
    ['another path', { path: '/routes' }],
    ['another pattern', { path: /^\/services\/./ }],
  ])('leave %s alone', async (_name, match) => {
    admin.faults.add({ match, status: 500 });

    expect((await post('a')).status).toBe(201);
  });

  it('reset a connection whose request took effect', async () => {
    admin.faults.add({ match: toServices, reset: true, applied: true });

    await expect(post('a')).rejects.toThrow(/ECONNRESET|socket hang up/);

    expect(admin.feed.current().services).toMatchObject([{ name: 'a' }]);
    expect((await post('a')).status).toBe(409);
  });

  it('hang until the server ends, and do not keep it from ending', async () => {
    admin.faults.add({ match: toServices, hang: true });
    const hanging = post('a');
    const outcome = hanging.then(
      () => 'answered',
      () => 'broken off',
    );
    await expect(Promise.race([outcome, post('b').then(() => 'still open')])).resolves.toBe(
      'still open',
    );

    await admin.stop();

    await expect(outcome).resolves.toBe('broken off');
  });

  it('delay an answer, and then give it', async () => {
    admin.faults.add({ match: { path: '/services' }, delayMs: 50 });
    const order: string[] = [];

    const slow = post('slow').then(() => order.push('slow'));
    await post('fast').then(() => order.push('fast'));
    await slow;

    expect(order).toEqual(['fast', 'slow']);
    expect(admin.feed.current().services).toHaveLength(2);
  });
});

describe('the request log', () => {
  it('counts by method and kind of path', async () => {
    await post('a');
    await post('b');
    await ask(admin.url, 'GET', '/services/a/routes?size=10');
    await ask(admin.url, 'GET', '/services/b/routes');
    await ask(admin.url, 'GET', '/upstreams/u/targets/10.0.0.1:80');
    await ask(admin.url, 'GET', '/schemas/plugins/cors');

    expect(admin.requests.counts()).toEqual({
      'POST /services': 2,
      'GET /services/{}/routes': 2,
      'GET /upstreams/{}/targets/{}': 1,
      'GET /schemas/plugins/{}': 1,
    });
    expect(admin.requests.list()[0]).toMatchObject({ path: '/services', status: 201 });
  });

  it('starts anew when cleared', async () => {
    await post('a');
    admin.requests.clear();

    expect(admin.requests.counts()).toEqual({});
    expect(admin.requests.list()).toEqual([]);
  });
});
