import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MeshdError } from '../../../../catalog/error';
import { createKongClient, type KongClient } from '../../../../daemon/targets/kong-http/client';
import type { KongHttpOptions, KongRequest } from '../../../../daemon/targets/kong-http/options';
import {
  hang,
  json,
  reset,
  stall,
  startFakeServer,
  text,
  type Answer,
  type FakeServer,
} from '../fake-server';

const quick = { retryDelayMs: 1, timeoutMs: 5_000 };
const never = new AbortController().signal;
const get: KongRequest = { method: 'GET', path: '/status' };

describe('Kong client', () => {
  let server: FakeServer;
  let client: KongClient;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kong-http-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    client.close();
    await server.close();
  });

  async function start(answers: readonly Answer[], options: Partial<KongHttpOptions> = {}) {
    server = await startFakeServer(answers);
    client = createKongClient({ url: server.url, ...quick, ...options });
  }

  it('gives the parsed answer and the version that the Server header shows', async () => {
    await start([json(200, { ok: true })]);

    const reply = await client.request(get, never);

    expect(reply).toEqual({ status: 200, data: { ok: true }, version: '3.9.1' });
  });

  it('keeps the connection, after a discarded answer too', async () => {
    await start([json(201, { much: 'x'.repeat(500_000) }), json(200, {})]);

    const first = await client.request(
      { method: 'POST', path: '/config', body: {}, discard: true },
      never,
    );
    await client.request(get, never);

    expect(first).toMatchObject({ status: 201, data: undefined });
    expect(server.connections()).toBe(1);
  });

  it('sends headers and the token of a file, and the new token once the file changes', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first\n');
    await start([json(200, {})], { tokenFile, headers: { 'x-team': 'a' } });

    await client.request(get, never);
    await writeFile(tokenFile, 'second\n');
    await utimes(tokenFile, 1, 1);
    await client.request(get, never);

    expect(server.headers[0]).toMatchObject({ 'kong-admin-token': 'first', 'x-team': 'a' });
    expect(server.headers[1]).toMatchObject({ 'kong-admin-token': 'second' });
  });

  it('takes no notice of proxies in the environment', async () => {
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      await start([json(200, {})]);

      await expect(client.request(get, never)).resolves.toMatchObject({ status: 200 });
    } finally {
      delete process.env['http_proxy'];
    }
  });

  it.each<[string, Answer, string]>([
    ['401', json(401, { message: 'Invalid credentials' }), 'KONG_UNAUTHORISED'],
    ['403', json(403, {}), 'KONG_UNAUTHORISED'],
    ['404', json(404, { message: 'Not found' }), 'KONG_NOT_FOUND'],
    ['a redirect', text(302, '', { location: 'http://evil.example/?token=x' }), 'KONG_REDIRECTED'],
    ['400', json(400, { message: 'schema violation' }), 'KONG_REFUSED'],
    ['413 in HTML', text(413, '<html><title>413 Too Large</title></html>'), 'KONG_REFUSED'],
    ['500', json(500, { message: 'An unexpected error occurred' }), 'KONG_FAILED'],
    ['a reset', reset, 'KONG_UNREACHABLE'],
    ['429 for ever', json(429, {}, { 'retry-after': '0' }), 'KONG_BUSY'],
  ])('turns %s into an error with a remedy', async (_name, answer, code) => {
    await start([answer], { retries: 1 });

    const error = await failureOf(client.request(get, never));

    expect(error.code).toBe(code);
    expect(`${error.message} ${error.remedy}`).not.toMatch(/\{\w+\}|token=x/);
  });

  it('never puts a token or a password into an error', async () => {
    const tokenFile = join(folder, 'secret-token');
    await writeFile(tokenFile, 's3cr3t');
    server = await startFakeServer([json(500, {})]);
    const url = server.url.replace('//', '//admin:passw0rd@');
    client = createKongClient({ url, tokenFile, retries: 0 });

    const error = await failureOf(client.request({ ...get, path: '/status?key=qu3ry' }, never));

    expect(JSON.stringify([error.toFailure(), error.stack])).not.toMatch(/s3cr3t|passw0rd|qu3ry/);
    expect(client.url).toBe(server.url);
  });

  it.each<[string, Answer, KongRequest, number]>([
    ['500 on GET', json(500, {}), get, 2],
    ['reset on PUT', reset, { method: 'PUT', path: '/services/x', body: {} }, 2],
    ['429 on POST', json(429, {}), { method: 'POST', path: '/services', body: {} }, 2],
    ['500 on POST', json(500, {}), { method: 'POST', path: '/services', body: {} }, 1],
    [
      'reset on a POST that may be repeated',
      reset,
      { method: 'POST', path: '/config', body: {}, repeatable: true },
      2,
    ],
    ['400 on GET', json(400, {}), get, 1],
  ])('repeats %s only where that is safe', async (_name, answer, request, times) => {
    await start([answer, json(200, {})]);

    await client.request(request, never).catch(() => undefined);

    expect(server.requests).toHaveLength(times);
  });

  it('waits as long as Retry-After says', async () => {
    await start([json(429, {}, { 'retry-after': '1' }), json(200, {})]);
    const before = Date.now();

    await client.request(get, never);

    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
  });

  it.each([
    ['no answer', hang],
    ['an answer that stops in the middle', stall],
  ])('gives up on %s', async (_name, answer) => {
    await start([answer], { timeoutMs: 50, retries: 0 });

    const error = await failureOf(client.request(get, never));

    expect(error.code).toBe('KONG_TIMEOUT');
  });

  it.each([
    ['while waiting for an answer', hang, {}],
    ['while reading an answer', stall, {}],
    [
      'while waiting to try again',
      json(429, {}, { 'retry-after': '9' }),
      { maxRetryDelayMs: 9_000 },
    ],
  ])('stops %s when aborted', async (_name, answer, options) => {
    await start([answer], options);
    const controller = new AbortController();
    const reason = new Error('stop');

    const work = client.request(get, controller.signal);
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => controller.abort(reason), 20);

    await expect(work).rejects.toBe(reason);
  });

  it('does not read more than the limit', async () => {
    await start([json(200, { much: 'x'.repeat(10_000) })], { maxResponseBytes: 1000 });

    const error = await failureOf(client.request(get, never));

    expect(error.code).toBe('KONG_REPLY_TOO_LARGE');
  });

  it.each([
    ['missing', undefined],
    ['empty', ' \n'],
    ['of two lines', 'a\nb\n'],
  ])('names a token file that is %s', async (name, content) => {
    const tokenFile = join(folder, `bad-${name}`);
    if (content !== undefined) await writeFile(tokenFile, content);
    await start([json(200, {})], { tokenFile });

    const error = await failureOf(client.request(get, never));

    expect(error).toMatchObject({ code: 'KONG_TOKEN_FILE', place: { file: tokenFile } });
    expect(server.requests).toEqual([]);
  });
});

describe('Kong client over TLS', () => {
  const caFile = join(__dirname, '../../../fixtures/tls/loopback.crt');
  let server: FakeServer;

  beforeAll(async () => {
    const cert = await readFile(caFile);
    const key = await readFile(caFile.replace('.crt', '.key'));
    server = await startFakeServer([json(200, {})], (listener) =>
      createTlsServer({ cert, key }, listener),
    );
  });
  afterAll(() => server.close());

  it.each<[string, NonNullable<KongHttpOptions['tls']>, string]>([
    ['an unknown CA', {}, 'KONG_TLS'],
    ['the right CA', { caFile }, 'fine'],
    ['the right CA and another name', { caFile, serverName: 'kong.example' }, 'KONG_TLS'],
    ['any certificate, when told so', { insecureSkipVerify: true }, 'fine'],
  ])('with %s', async (_name, tls, expected) => {
    const client = createKongClient({ url: server.url, tls, ...quick });

    const outcome = await client.request(get, never).then(
      () => 'fine',
      (error: unknown) => (error as MeshdError).code,
    );
    client.close();

    expect(outcome).toBe(expected);
  });
});

describe('Kong client without a server', () => {
  it('says that nothing listens', async () => {
    const server = await startFakeServer([json(200, {})]);
    await server.close();
    const client = createKongClient({ url: server.url, retries: 1, retryDelayMs: 1 });

    const error = await failureOf(client.request(get, never));

    expect(error).toMatchObject({ code: 'KONG_UNREACHABLE' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it.each(['kong:8001', 'ftp://kong', 'nonsense'])('refuses the address %s', (url) => {
    expect(() => createKongClient({ url })).toThrow(
      expect.objectContaining({ code: 'KONG_ADMIN_URL' }),
    );
  });

  it('names a TLS file that cannot be read', () => {
    expect(() => createKongClient({ url: 'https://kong', tls: { caFile: '/nowhere/ca' } })).toThrow(
      expect.objectContaining({ code: 'KONG_TLS_FILE' }),
    );
  });
});

async function failureOf(work: Promise<unknown>): Promise<MeshdError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MeshdError);
  return error as MeshdError;
}
