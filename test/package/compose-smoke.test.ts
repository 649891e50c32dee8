/** The smoke script itself: it ends well where the promises are kept, and only there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(__dirname, '..', '..', 'deploy', 'compose-smoke.sh');

interface World {
  readonly identity: string;
  readonly crmIdentity: string;
  readonly stopped: { readonly status: number; readonly reason: string };
  /** Commands of docker that fail, by a part of their words. */
  readonly failing: string;
  readonly restarts: boolean;
  readonly appears: boolean;
  /** The status that an anonymous PUT gets. */
  readonly anonymousWrite: number;
  /** What orders answers as while the rows are walked. */
  readonly strayed: string;
}

const kept: World = {
  identity: 'By=spiffe://default/x;URI=spiffe://default/kong',
  crmIdentity: '',
  stopped: { status: 503, reason: 'unknown-service' },
  failing: 'nothing',
  restarts: false,
  appears: true,
  anonymousWrite: 405,
  strayed: 'orders',
};

let folder: string;
let calls: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-meshd-smoke-'));
  calls = join(folder, 'calls');
  writeFileSync(calls, '');
});

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  rmSync(folder, { recursive: true });
});

/** A docker that only takes notes, and what Kong and the daemon would then answer. */
async function smoke(world: World) {
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh
echo "$*" >>'${calls}'
case "$*" in
  *'${world.failing}'*) exit 1 ;;
  'compose port'*) echo "127.0.0.1:$PORT" ;;
  inspect*Pid*) echo 999999999 ;;
  inspect*) echo "started ${world.restarts ? '$(wc -l <' + calls + ')' : 'once'}" ;;
esac
`,
    { mode: 0o755 },
  );
  server = createServer((request, response) => {
    const noted = readFileSync(calls, 'utf8');
    const name = (request.url ?? '').slice(1);
    const answer = (status: number, body: object, headers = {}) =>
      response.writeHead(status, headers).end(JSON.stringify(body));
    if (request.method === 'PUT') return answer(world.anonymousWrite, {});
    if (name === 'renamed') return answer(200, { service: 'crm' });
    if (name === 'readyz') return answer(200, {});
    if (name === 'metrics') return response.end('kong_meshd_ready 1\n');
    if (name === 'crm') return answer(200, { service: name, clientCert: world.crmIdentity });
    const isThere = noted.includes('--wait public-news') && world.appears;
    if (name === 'public-news' && !isThere) return answer(404, {});
    const isStopped = noted.includes('stop orders\n') && !noted.includes('--wait orders');
    if (name === 'orders' && isStopped) {
      const { status, reason } = world.stopped;
      return answer(status, { service: name, reason }, { 'X-Mesh-Upstream': reason });
    }
    const walking = noted.includes('--wait orders');
    const service = walking && name === 'orders' ? world.strayed : name;
    return answer(200, { service, clientCert: world.identity });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const port = String((server.address() as AddressInfo).port);
  const child = spawn(script, {
    env: {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
      PORT: port,
      PATIENCE: '1',
      RECOVERY: '10',
      ROWS: 'restart daemon|kill -9 daemon|renam|engine',
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = await once(child, 'close');
  return { code, output, calls: readFileSync(calls, 'utf8').trim().split('\n') };
}

it('ends well where all is kept, and takes everything down', async () => {
  const run = await smoke(kept);

  expect(run.output).toContain('all well');
  expect(run.output).toMatch(/restart daemon +\d+\.\d/);
  expect(run.output).toMatch(/kill -9 daemon +skipped: not permitted/);
  expect(run.output).toMatch(/engine restart +skipped/);
  expect(run.code).toBe(0);
  expect(run.calls.at(-1)).toContain('down --volumes');
});

it.each<[string, Partial<World>, string]>([
  ['it does not start', { failing: '--build --wait' }, 'did not end healthy'],
  ['the identity is another one', { identity: 'URI=spiffe://default/web' }, '/orders did not'],
  [
    'crm is called through the mesh',
    { crmIdentity: 'spiffe://default/kong' },
    'outside of the mesh',
  ],
  ['the new backend does not appear', { appears: false }, '/public-news did not'],
  ['anybody may write to the control plane', { anonymousWrite: 201 }, 'answered with 201'],
  ['doctor finds an error', { failing: 'doctor' }, 'doctor found an error'],
  ['a part cannot be restarted', { failing: 'restart --no-deps' }, 'could not: restart daemon'],
  ['another service answers', { strayed: 'payments' }, '/orders did not answer 200'],
  ['something was restarted for it', { restarts: true }, 'something was restarted'],
  [
    'the reason is missing',
    { stopped: { status: 503, reason: 'name resolution failed' } },
    '/orders did not answer 503',
  ],
  [
    'a stopped backend still answers',
    { stopped: { status: 200, reason: 'unknown-service' } },
    '/orders did not answer 503',
  ],
])('fails where %s, and takes everything down', async (_name, broken, message) => {
  const run = await smoke({ ...kept, ...broken });

  expect(run.output).toContain('FAILED');
  expect(run.output).toContain(message);
  expect(run.code).toBe(1);
  expect(run.calls.at(-1)).toContain('down --volumes');
});
