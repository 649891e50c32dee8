/** Bytes that should be an HTTP answer, as the three clients of the daemon get them. */
import { createServer, type AddressInfo } from 'node:net';

import { createApiClient } from '../../../daemon/kubernetes-client/api-client';
import { plainCluster } from '../../../daemon/kubernetes-client/plain-cluster';
import { createConnection } from '../../../daemon/sources/kuma/connection';
import { readMesh } from '../../../daemon/sources/kuma/control-plane';
import { readConfigurationHash } from '../../../daemon/targets/kong-dbless/node-status';
import { createKongClient } from '../../../daemon/targets/kong-http/client';
import { mutateBytes } from '../engine/mutate-bytes';
import { mutateJson, type Json } from '../engine/mutate-json';
import type { Random } from '../engine/random';
import { onlyMeshdErrors, secret } from '../invariants';
import { lazily, recordedAnswer } from '../seeds';
import { must, type Target } from '../target';

const timeoutMs = 3_000;

export const httpAnswers: Target = {
  name: 'http-answers',
  weight: 2,
  form: 'bytes',
  generate: answerOf,
  async open() {
    let answer: Buffer = Buffer.alloc(0);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://user:${secret}@127.0.0.1:${(server.address() as AddressInfo).port}`;
    const bare = url.replace(/\/\/.*@/, '//');
    const connection = createConnection({
      ...{ url: bare, timeoutMs, insecureSkipVerify: false, maxBytes: 300_000 },
      headers: { authorization: `Bearer ${secret}` },
    });
    const kong = createKongClient({ url, retries: 0, timeoutMs, maxResponseBytes: 300_000 });
    const cluster = plainCluster({ url: bare });
    const api = createApiClient({ cluster, timeoutMs, maxBytes: 300_000 });
    return {
      async run(input) {
        answer = input;
        const { signal } = new AbortController();
        const looks = [
          () => readMesh(connection, 'default', signal),
          () => readConfigurationHash(kong, signal),
          () => api.send({ verb: 'get', path: '/version' }, signal),
        ];
        const results = await Promise.all(looks.map(onlyMeshdErrors));
        for (const result of results) {
          const slow = !result.ok && /TIMEOUT/.test(result.error.code);
          must(!slow, 'an answer that has ended is waited for');
        }
        return results.some(
          (result) => result.ok || !/UNREACHABLE|TRUNCATED/.test(result.error.code),
        );
      },
      async close() {
        kong.close();
        api.close();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
};

const bodies = lazily((): readonly Json[] => [
  (recordedAnswer('test/fixtures/kuma/meshes.json').body as any).items[0],
  recordedAnswer('test/fixtures/kong/dbless/status-configured.json').body,
  recordedAnswer('test/fixtures/k8s/version.json').body,
  recordedAnswer('test/fixtures/kuma/mesh-404.json').body,
]);

function answerOf(random: Random): Buffer {
  const body = random.pick(bodies());
  const text = JSON.stringify(random.chance(0.5) ? mutateJson(body, random) : body);
  const status = random.pick([
    200, 200, 200, 200, 204, 301, 304, 400, 401, 403, 404, 410, 429, 500, 503,
  ]);
  const chunked = random.chance(0.4);
  const head = [
    `HTTP/1.1 ${status} ${random.pick(['OK', '', 'Not Found'])}`,
    `content-type: ${random.pick(['application/json', 'application/json; charset=utf-8', 'text/html'])}`,
    ...(random.chance(0.3) ? ['server: kong/3.9.1'] : []),
    ...(random.chance(0.2) ? ['retry-after: 99999999999'] : []),
    ...(random.chance(0.2) ? [`location: http://user:${secret}@127.0.0.1/`] : []),
    ...(random.chance(0.1) ? ['content-encoding: gzip'] : []),
    chunked ? 'transfer-encoding: chunked' : `content-length: ${Buffer.byteLength(text)}`,
    ...(random.chance(0.5) ? ['connection: close'] : []),
  ].join('\r\n');
  const sent = chunked ? inChunks(Buffer.from(text), random) : Buffer.from(text);
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), sent]);
  return random.chance(0.6) ? mutateBytes(whole, random) : whole;
}

function inChunks(bytes: Buffer, random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + 1 + random.int(200));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
