/**
 * Canary secrets are planted wherever a secret can be, and everything that leaves the program is searched
 * for them: in success and in failure, of every command, and of the daemon as it runs.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { allCommands } from '../../daemon/cli/commands/all-commands';
import { createProgram } from '../../daemon/cli/program';
import { startNode } from '../../sandbox/child';
import { kongText, openShop, type Shop } from '../daemon/cli/support/shop';
import { cli } from '../e2e/programs';
import { until } from '../support/until';
import { canary, formsOf, leaksIn } from './support/canary';

const secrets = {
  environment: canary('environment'),
  kumaToken: 'cnry-kuma-token-31337',
  kumaHeader: canary('kuma-header'),
  kongToken: 'cnry-kong-token-31337',
  kongHeader: canary('kong-header'),
  kongUser: 'cnry-kong-user-31337',
  kongPassword: 'cnry-kong-password-31337',
  keyAuth: canary('key-auth'),
  basicAuth: canary('basic-auth'),
  pluginSecret: canary('plugin-secret'),
  privateKey: 'cnry-private-key-31337',
  adminVariable: 'cnry-admin-variable-31337',
  stranger: canary('stranger'),
};
const all = Object.values(secrets);

let shop: Shop;
let kubeconfig: string;

/** The shop's file with secrets of every kind: literal, by name, by type, and from the environment. */
const withSecrets = `${kongText}    plugins:
      - name: request-termination
        config: { message: '\${{ env "DECK_SECRET" }}' }
      - name: http-log
        config:
          http_endpoint: ${JSON.stringify(`http://u:${secrets.kongPassword}@log.internal/`)}
          headers: { Authorization: ${JSON.stringify(`Bearer ${secrets.pluginSecret}`)} }

consumers:
  - username: mobile
    keyauth_credentials: [{ key: ${JSON.stringify(secrets.keyAuth)} }]
    basicauth_credentials: [{ username: mobile, password: ${JSON.stringify(secrets.basicAuth)} }]

certificates:
  - cert: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"
    key: "-----BEGIN PRIVATE KEY-----\\n${secrets.privateKey}\\n-----END PRIVATE KEY-----"
`;

beforeEach(async () => {
  const user = { name: 'meshd', groups: ['mesh-system:admin'] };
  shop = await openShop({ controlPlane: { auth: { tokens: { [secrets.kumaToken]: user } } } });
  const { folder, controlPlane, admin } = shop.world;
  const at = (name: string) => join(folder, name);
  await writeFile(at('kuma-token'), `${secrets.kumaToken}\n`);
  await writeFile(at('kong-token'), `${secrets.kongToken}\n`);
  kubeconfig = at('kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { token: 'cnry-kube-token-31337', password: 'cnry-kube-31337' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const kong = new URL(admin.url);
  kong.username = secrets.kongUser;
  kong.password = secrets.kongPassword;
  const settings = {
    sources: [
      {
        kuma: {
          url: controlPlane.url,
          tokenFile: at('kuma-token'),
          headers: { 'X-Api-Key': secrets.kumaHeader },
        },
      },
    ],
    kong: {
      config: shop.kongFile,
      settle: '100ms',
      target: {
        dbless: {
          url: kong.href,
          tokenFile: at('kong-token'),
          headers: { 'X-Proxy-Auth': secrets.kongHeader },
        },
      },
    },
    gateway: { dataplane: 'kong-01', service: 'kong', outbounds: { address: '127.78.1.1' } },
    plugin: { snapshot: shop.world.snapshot },
    stateFile: at('state.json'),
  };
  const text = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(shop.configFile, text.join(''));
  await writeFile(shop.kongFile, withSecrets);
  shop.env = {
    DECK_SECRET: secrets.environment,
    DECK_KONG_ADMIN_TOKEN: secrets.adminVariable,
    UNRELATED_PASSWORD: secrets.stranger,
  };
  // Every caller may do everything: what counts is what is said about it.
  controlPlane.faults.clear();
});
afterEach(() => shop.stop());

/** The commands as they are run; one that is not here fails the test below. */
const runs: Readonly<Record<string, readonly (readonly string[])[]>> = {
  run: [],
  demo: [],
  init: [
    ['init', '-o', '-'],
    ['init', '--schema'],
  ],
  sync: [['sync'], ['sync', '--json'], ['sync', '--silence-events']],
  diff: [['diff'], ['diff', '--json'], ['diff', '--non-zero-exit-code']],
  render: [['render', '--format', 'json']],
  validate: [['validate'], ['validate', '--json'], ['validate', '--online']],
  catalog: [['catalog'], ['catalog', '--json']],
  check: [['check'], ['check', '--json']],
  completion: [['completion', 'bash']],
  explain: [
    ['explain', 'crm'],
    ['explain', 'GET', '/crm', '--json'],
    ['explain', 'nothing'],
  ],
  doctor: [['doctor'], ['doctor', '--json']],
  dump: [['dump'], ['dump', '--select-tag', 'x']],
  reset: [['reset'], ['reset', '--all', '--json'], ['reset', '--all', '--yes']],
  manifests: [
    ['manifests', 'install'],
    ['manifests', 'service-upstream'],
    ['manifests', 'permission'],
    ['manifests', 'reachable-backends'],
  ],
  migrate: [
    ['migrate', '--to', '3', '--check'],
    ['migrate', 'status', '--json'],
  ],
  ping: [['ping'], ['ping', '--json']],
  'plugin-info': [['plugin-info']],
  'plugin-server': [],
  version: [['version'], ['version', '--json']],
};

it('knows every command', () => {
  const program = createProgram(allCommands, {} as never, () => undefined);

  expect(program.commands.map((command) => command.name()).sort()).toEqual(
    Object.keys(runs).sort(),
  );
});

it('finds a canary in each of its forms', () => {
  const secret = secrets.environment;

  for (const form of formsOf(secret)) expect(leaksIn(`a${form}b`, [secret])).not.toEqual([]);
  expect(leaksIn(Buffer.from(`Basic u:${secret}, and`).toString('base64'), [secret])).not.toEqual(
    [],
  );
  expect(leaksIn('nothing', all)).toEqual([]);
});

/** For failures: those that come to the point where it happens. */
const atWork = [
  ['sync', '--json'],
  ['diff'],
  ['validate', '--online'],
  ['doctor', '--json'],
  ['dump'],
  ['explain', 'crm'],
  ['reset', '--all', '--yes'],
];

async function runAll(commands: readonly (readonly string[])[]): Promise<string> {
  let said = '';
  for (const args of commands) {
    const isAlone = ['init', 'manifests', 'plugin-info', 'version'].includes(args[0] ?? '');
    const { out, err } = await (isAlone ? shop.runBare(...args) : shop.run(...args));
    // The YAML of the user goes back to him; all else is searched.
    said += `\n### ${args.join(' ')}\n${out}${err}`;
  }
  return said;
}

/** Lines with a leak, for the message of a failure. */
const leaking = (text: string): readonly string[] =>
  text.split('\n').filter((line) => leaksIn(line, all).length > 0);

it('no command shows one when all goes well', async () => {
  const said = await runAll(Object.values(runs).flat());

  expect(leaking(said)).toEqual([]);
  // They were really at work.
  expect(said).toMatch(/creating consumer mobile/);
  expect(said).toMatch(/RENDER_SECRETS/);
  expect(said).toMatch(/DUMP_SECRETS/);
});

it('no diff shows one when it changes, or when Kong holds what no file says any more', async () => {
  await shop.run('sync');
  await shop.edit(shop.kongFile, (text) =>
    text
      .replaceAll('cnry-key-auth', 'cnry-key-auth-new')
      .replace('mobile, password', 'tablet, password'),
  );
  const changed = await shop.run('diff');
  const json = await shop.run('diff', '--json');
  await writeFile(shop.kongFile, kongText);
  const removed = await shop.run('diff', '--json');

  expect(leaking([changed, json, removed].map(({ out, err }) => out + err).join('\n'))).toEqual([]);
  expect(changed.out).toMatch(/key-auth/);
});

it.each<[string, () => unknown]>([
  [
    'Kuma refuses',
    () => shop.world.controlPlane.faults.next({ status: 401, body: {}, times: 1e9 }),
  ],
  ['Kuma is gone', () => shop.world.controlPlane.faults.next({ reset: true, times: 1e9 })],
  [
    'Kuma speaks nonsense',
    () => shop.world.controlPlane.faults.next({ status: 200, body: '{"a', times: 1e9 }),
  ],
  [
    'Kong refuses',
    () => shop.world.admin.faults.add({ match: {}, status: 401, body: {}, times: 1e9 }),
  ],
  [
    'Kong quotes what it was sent',
    () =>
      shop.world.admin.faults.add({
        match: { method: 'POST' },
        status: 400,
        body: {
          message: 'declarative config is invalid',
          flattened_errors: [
            {
              entity_type: 'plugin',
              entity_name: 'request-termination',
              errors: [
                { type: 'field', field: 'config.message', message: `bad ${secrets.environment}` },
              ],
            },
          ],
        },
        times: 1e9,
      }),
  ],
  [
    'Kong fails',
    () => shop.world.admin.faults.add({ match: {}, status: 500, body: {}, times: 1e9 }),
  ],
  [
    'kong.yml is broken behind a secret',
    () => shop.edit(shop.kongFile, (text) => `${text}  - [\n`),
  ],
  [
    'kong.yml is broken within a secret',
    () =>
      shop.edit(shop.kongFile, (text) =>
        text.replace('keyauth_credentials: [', 'keyauth_credentials: {'),
      ),
  ],
  [
    'a secret is of the wrong type',
    () =>
      shop.edit(shop.kongFile, (text) =>
        text.replace('config: { message:', 'config: [ message:').replace("}}' }", "}}' ]"),
      ),
  ],
  ['a variable is not set', () => (shop.env = {})],
  [
    'a token file holds two lines',
    () => writeFile(join(shop.world.folder, 'kong-token'), `${secrets.kongToken}\nx\n`),
  ],
  [
    'a token file holds a blank',
    () => writeFile(join(shop.world.folder, 'kuma-token'), `${secrets.kumaToken} x\n`),
  ],
  [
    'the state file is broken',
    () => writeFile(join(shop.world.folder, 'state.json'), secrets.stranger),
  ],
  ['the configuration is broken', () => shop.edit(shop.configFile, (text) => `${text}plugin: {\n`)],
  [
    'a key is misspelt',
    () => shop.edit(shop.configFile, (text) => text.replace('tokenFile', 'tokenfile')),
  ],
  [
    'an address is none',
    () => shop.edit(shop.configFile, (text) => text.replace('@127.0.0.1:', '@127.0.0.1:9')),
  ],
])('no command shows one when %s', async (_what, spoil) => {
  await shop.run('sync');
  await spoil();

  const said = await runAll(atWork);

  expect(leaking(said)).toEqual([]);
  expect(said).toMatch(/error|warning/);
});

it.each([
  ['--kuma-url', `http://u:${secrets.kongPassword}@127.0.0.1:1`],
  ['--kong-url', `http://u:${secrets.kongPassword}@127.0.0.1:1`],
  ['--kong-url', `http://u:p@x/${secrets.kongPassword}@127.0.0.1:1`],
  ['--kong-url', `http://u:${secrets.kongPassword}@127.0.0.1:99999`],
  ['--kong-addr', `http://u:${secrets.kongPassword}@nowhere.invalid`],
  ['--headers', secrets.kongHeader],
  ['--headers', `Authorization:${secrets.kongHeader}`],
  ['--set', `kong.target.dbless.headers.X=${secrets.kongHeader}`],
  ['--set', `kong.target.dbless.tokn=${secrets.kongHeader}`],
])('%s %s is not repeated', async (flag, value) => {
  for (const command of ['diff', 'validate', 'doctor']) {
    const { out, err } = await shop.run(command, flag, value);

    expect(leaking(out + err)).toEqual([]);
  }
});

it('a kubeconfig tells nothing, well or broken', async () => {
  const tokens = ['cnry-kube-token-31337', 'cnry-kube-31337', 'cnry-server-31337'];
  const sources = `sources=${JSON.stringify([{ kubernetes: { kubeconfig } }])}`;
  const text = await readFile(kubeconfig, 'utf8');
  const broken = [
    text,
    text.replace('cnry-kube-token-31337"', 'cnry-kube-token-31337\\r\\nX: y"'),
    text.slice(0, -20),
    text.replace('http://127', 'http://u:cnry-server-31337@127'),
    `${text}\n${tokens[0]}: [`,
  ];
  for (const content of broken) {
    await writeFile(kubeconfig, content);
    const catalog = await shop.run('catalog', '--set', sources);
    const doctor = await shop.run('doctor', '--json', '--set', sources);

    const said = [catalog, doctor].map(({ out, err }) => out + err).join('\n');
    expect(leaksIn(said, tokens)).toEqual([]);
    expect(catalog.err).toMatch(/error K8S_/);
  }
});

it('the files that are written hold none', async () => {
  await shop.run('sync');

  const snapshot = await readFile(shop.world.snapshot, 'utf8');
  const state = await readFile(join(shop.world.folder, 'state.json'), 'utf8');

  expect(leaking(`${snapshot}\n${state}`)).toEqual([]);
  expect(snapshot).toContain('orders');
});

it('the daemon shows none: log, page, status.json, metrics, events; through failures and back', async () => {
  const { admin, controlPlane } = shop.world;
  const listen = [
    '--set',
    'status={listen: "127.0.0.1:0"}',
    '--set',
    'loop={interval: 100ms, probe: 200ms}',
  ];
  const debug = ['--set', 'log.level=debug', '--set', 'doctor={interval: 1s}'];
  const daemon = startNode([cli, 'run', '--config', shop.configFile, ...listen, ...debug], {
    env: shop.env,
  });
  const url = await until(() => {
    const found = /"url":"(http:[^"]+)","msg":"status server listens"/.exec(daemon.stderr)?.[1];
    expect(found).toBeDefined();
    return found!;
  }, 20_000);
  let seen = '';
  const look = async (): Promise<void> => {
    for (const path of ['/', '/status.json', '/metrics', '/readyz']) {
      seen += `${await (await fetch(url + path)).text()}\n`;
    }
    const stop = new AbortController();
    const events = await fetch(`${url}/events`, { signal: stop.signal });
    const { value } = await events.body!.getReader().read();
    seen += Buffer.from(value ?? []).toString();
    stop.abort();
  };

  await until(() => expect(daemon.stderr).toMatch(/"outcome":"applied"/), 20_000);
  await look();
  controlPlane.faults.next({ status: 403, body: {}, times: 3 });
  admin.faults.add({ match: {}, status: 500, body: { message: secrets.environment }, times: 3 });
  await until(() => expect(daemon.stderr).toMatch(/denies access/), 20_000);
  await look();
  await shop.edit(shop.kongFile, (text) => text.replace('cnry-basic-auth', 'cnry-basic-auth-2'));
  await rm(join(shop.world.folder, 'kong-token'));
  await until(() => expect(daemon.stderr).toMatch(/KONG_TOKEN_FILE/), 20_000);
  await look();
  await daemon.stop();

  expect(leaking(seen)).toEqual([]);
  expect(leaking(daemon.stderr)).toEqual([]);
  expect(seen).toMatch(/crm/);
});
