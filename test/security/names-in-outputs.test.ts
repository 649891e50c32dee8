/**
 * A name, a label or a sentence from the mesh, a server or a file tries to be more than text: to end a
 * header, a line of YAML, a label of a metric or a shell's word, to be markup, or to steer a terminal.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { createStatusWorld, meshService } from '../../bench/support/status-world';
import { formatSnapshot } from '../../catalog/snapshot';
import { parseKongConfig } from '../../daemon/kong/parse';
import { runCommand } from '../../daemon/targets/dataplane/run-command';
import { loadPage, pagePolicy } from '../../daemon/status/page/page';
import { createHandler } from '../../plugin/mesh-upstream/handler';
import { watchSnapshot } from '../../plugin/mesh-upstream/snapshot-watch';
import { allCommands } from '../../daemon/cli/commands/all-commands';
import { runCli } from '../../daemon/cli/program';
import { startNode } from '../../sandbox/child';
import { openShop, type Shop } from '../daemon/cli/support/shop';
import { hasChromium, openBrowser } from '../daemon/status/browser';
import { get } from '../daemon/status/get';
import { serveStatus } from '../daemon/status/served-status';
import { fakePdk } from '../plugin/support/fake-pdk';
import { serviceOf, snapshotOf } from '../plugin/support/snapshot-of';
import { cli } from '../e2e/programs';
import { until } from '../support/until';

const never = new AbortController().signal;
const crlf = 'orders\r\nX-Admin: yes';
/** A title, a cleared line, hidden text, a line back, and a C1 control: what terminals obey. */
const steering = '\u001b]0;owned\u0007\u001b[2K\u001b[8m\r\u009b31m';

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Keys and types without the values. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'names-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a header', () => {
  it.each<[string, Parameters<typeof serviceOf>[1], Parameters<typeof serviceOf>[2]]>([
    ['a host name', { hostnames: [crlf] }, {}],
    ['a name', { name: crlf, hostnames: [] }, {}],
    ['a namespace', { namespace: crlf }, {}],
    ['a zone', { zone: crlf }, {}],
    ['an address', {}, { addresses: { outbound: `127.0.0.1${crlf}:30001` } }],
    ['an address in brackets', {}, { addresses: { outbound: `[::1${crlf}]:30001` } }],
    ['a name it is served at', {}, { servedAt: { hostnames: [crlf], port: 80 } }],
  ])('is not ended by %s of a snapshot: the last good one stays', async (_what, changes, port) => {
    const file = join(folder, 'catalog.json');
    const good = snapshotOf([serviceOf('good')]);
    const bad = snapshotOf([serviceOf('orders', changes, port)]);
    // Once as it is laid out, once as other tools write JSON: they are read in two ways.
    for (const text of [formatSnapshot(bad), JSON.stringify(bad, null, 1)]) {
      await writeFile(file, formatSnapshot(good));
      const watch = watchSnapshot(file, { log: () => undefined });
      await watch.firstRead;
      await writeFile(file, text);
      await watch.refresh();
      await watch.close();

      expect(watch.current?.hash).toBe(good.hash);
    }
  });

  it.each(['service', 'port', 'host_header', 'fallback'])(
    'is not ended by %s of a plugin config: the request is refused',
    async (field) => {
      const pdk = fakePdk();
      const config = { service: 'orders', [field]: crlf };
      const table = { current: undefined, firstRead: Promise.resolve() };

      await createHandler(config, { watch: () => table, log: () => undefined }).access(pdk.kong);

      expect(pdk.calls.map(({ method }) => method)).toEqual(['exit']);
    },
  );
});

describe('with hostile resources in the mesh', () => {
  let shop: Shop;
  let config: string;

  /** Each a name that the mesh lets through, as it has neither blanks nor controls. */
  const names = [
    `x"}],"plugins":[{"name":"request-termination"}],"y":[{"z":"`,
    `'&anchor*alias!!js/function`,
    '<img/src=x/onerror=alert(1)>',
    '$(touch${IFS}pwned)`id`|id;id&',
    '.*|^(a+)+$',
    '{name}{port}${{env"DECK_SECRET"}}',
    '../../etc/passwd',
    '__proto__',
  ];
  const resource = (name: string, more: object = {}): object => ({
    type: 'MeshService',
    mesh: 'default',
    name,
    spec: { state: 'Available', ports: [{ port: 8080, name: 'http', appProtocol: 'http' }] },
    status: { addresses: [{ hostname: 'orders.svc.mesh.local' }], vips: [{ ip: '241.0.0.1' }] },
    ...more,
  });

  async function settings(resources: readonly object[], more: object = {}): Promise<void> {
    const mesh = join(folder, 'mesh.json');
    await writeFile(mesh, JSON.stringify(resources));
    await writeFile(
      config,
      JSON.stringify({
        sources: [{ file: { path: mesh } }],
        gateway: { transparentProxy: true, manage: false },
        kong: {
          config: shop.kongFile,
          settle: '100ms',
          target: { file: { path: join(folder, 'out.yml') } },
        },
        expose: [
          {
            match: { name: '*' },
            service: { name: 'svc' },
            routes: [{ name: 'r', paths: ['/p/{name}', '~/r/{name}$'], tags: ['t-{name}'] }],
          },
        ],
        ...more,
      }),
    );
  }

  beforeAll(async () => {
    shop = await openShop();
    config = join(folder, 'hostile.yaml');
  });
  afterAll(() => shop.stop());

  it.each(names)('YAML has %s as a text, and nothing else', async (name) => {
    shop.env = { DECK_SECRET: 'canary' };
    await settings([resource(name)]);

    const { out } = await shop.runBare('render', '--config', config);
    const again = parseKongConfig([{ path: 'out.yml', text: out }], { env: shop.env });
    await settings([resource('harmless')]);
    const harmless = await shop.runBare('render', '--config', config);

    expect(JSON.stringify(parse(out))).toContain(JSON.stringify(`/p/${name}`));
    expect(shape(parse(out))).toEqual(shape(parse(harmless.out)));
    // Read again it is the same text, also where it looks like a template.
    expect(JSON.stringify(again.state.entities)).toContain(JSON.stringify(`/p/${name}`));
    expect(JSON.stringify(again.state.entities)).not.toContain('canary');
  });

  it('a regular expression has a name as text, not as an expression', async () => {
    await settings([resource('a.b+c')]);

    const { out } = await shop.runBare('render', '--config', config);

    expect(parse(out)).toMatchObject({
      services: expect.arrayContaining([
        expect.objectContaining({
          routes: [expect.objectContaining({ paths: ['/p/a.b+c', String.raw`~/r/a\.b\+c$`] })],
        }),
      ]),
    });
  });

  it('nothing with a blank or a control character is taken from the mesh', async () => {
    const evil = `a${steering}b`;
    const spoiled: object[] = [
      resource(evil),
      resource('by-label', { labels: { 'kuma.io/display-name': evil } }),
      resource('by-zone', { labels: { 'kuma.io/zone': evil } }),
      resource('by-port', { spec: { ports: [{ port: 1, name: evil }] } }),
      resource('by-protocol', { spec: { ports: [{ port: 1, appProtocol: evil }] } }),
      resource('by-host', { status: { addresses: [{ hostname: `x${crlf}` }] } }),
      { type: 'ServiceInsight', mesh: 'default', name: evil, status: 'online' },
      {
        type: 'ExternalService',
        mesh: 'default',
        name: 'ext',
        tags: { 'kuma.io/service': evil },
        networking: { address: 'x:80' },
      },
    ];
    await settings([...spoiled, resource('fine')]);

    const { out } = await shop.runBare('catalog', '--json', '--config', config);

    const { services } = JSON.parse(out) as { services: { name: string }[] };
    // A host name that is malformed is left out; the service keeps its other addresses.
    expect(services.map(({ name }) => name).sort()).toEqual(['by-host', 'fine']);
    expect(JSON.stringify(services)).not.toMatch(/\\r|\\n|\\u001b/);
  });

  it.each<[string, readonly string[]]>([
    ['catalog', ['catalog']],
    ['diff', ['diff']],
    ['diff --json', ['diff', '--json']],
    ['sync --json', ['sync', '--json']],
    ['explain of a name', ['explain', 'orders']],
    ['explain of a hostile path', ['explain', `/${steering}`]],
    ['explain of a hostile name', ['explain', steering]],
    ['doctor', ['doctor']],
    ['doctor --json', ['doctor', '--json']],
    ['validate --json', ['validate', '--json']],
    ['render', ['render']],
    ['a command that does not exist', [steering]],
  ])('%s prints nothing that a terminal obeys', async (_name, command) => {
    const evil = `a${steering}b`;
    await settings([resource(evil), resource('orders', { labels: { [evil]: 'x' } })]);
    const kong = {
      _format_version: '3.0',
      services: [
        { name: 'c1-\u009b31m', host: 'h', tags: ['\u009b31m', 'mesh:\u009b31m'] },
        { name: evil, host: evil, routes: [{ name: 'orders', paths: [`/${evil}`], [evil]: 1 }] },
      ],
    };
    const file = join(folder, 'hostile-kong.json');
    await writeFile(file, JSON.stringify(kong));
    const set = ['--set', `kong.config=${file}`];

    const { out, err } = await shop.runBare(...command, '--config', config, ...set);

    expect(out + err).not.toMatch(controls);
    expect(out + err).not.toBe('');
  });

  it.each([
    ['Kuma', 'catalog'],
    ['Kong', 'diff'],
  ])('what %s says of a failure steers no terminal', async (who, command) => {
    const { controlPlane, admin } = shop.world;
    const body = { title: steering, detail: `x${steering}`, message: `x${steering}` };
    if (who === 'Kuma') controlPlane.faults.next({ status: 500, body, times: Infinity });
    else admin.faults.add({ match: {}, status: 400, body, times: 1000 });

    const { out, err } = await shop.run(command);
    controlPlane.faults.clear();
    admin.faults.clear();

    expect(err).toMatch(/error (KUMA|KONG)_/);
    expect(out + err).not.toMatch(controls);
  });

  it('colours are all that reaches a terminal with colours', async () => {
    let text = '';
    await runCli(allCommands, ['explain', steering, '--config', shop.configFile], {
      env: {},
      out: (part) => (text += part),
      err: (part) => (text += part),
      signal: never,
      colour: true,
    });

    expect(text.replace(/\u001b\[(?:[0-2]|22|3[1-6]|39|90)m/g, '')).not.toMatch(controls);
    expect(text).toContain(String.raw`\u001b]0;owned`);
  });

  it('a finding is on its lines alone: a name adds no second one', async () => {
    const { err } = await shop.runBare(
      'explain',
      'x\nerror FAKE_CODE kong.yml',
      '--config',
      config,
    );

    expect(err).not.toMatch(/^error FAKE_CODE/m);
  });
});

it("the daemon's log is one JSON object a line, without controls", async () => {
  const shop = await openShop();
  const body = { title: `a\nb${steering}`, detail: 'x' };
  shop.world.controlPlane.faults.next({ status: 500, body, times: Infinity });
  const daemon = startNode([cli, 'run', '--config', shop.configFile, '--set', 'status=false']);
  await until(() => expect(daemon.stderr).toContain('KUMA_STATUS'), 20_000);
  await daemon.stop();
  await shop.stop();

  const lines = daemon.stderr.split('\n').filter((line) => line !== '');
  expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
  expect(daemon.stderr).not.toMatch(controls);
});

it("a command of the user's gets its words as they are, from no shell", async () => {
  const out = join(folder, 'argument');
  const word = '$(touch pwned); `id` | cat > x & "';
  const script = 'require("fs").writeFileSync(process.argv[1], process.argv[2])';

  await runCommand([process.execPath, '-e', script, out, word], never);

  expect(await readFile(out, 'utf8')).toBe(word);
});

it("a command of the user's gets no token and no variable of templates", async () => {
  const out = join(folder, 'environment');
  const script = 'require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))';
  const planted = {
    DECK_KEY: 'k',
    KONG_MESHD_MESH: 'm',
    KUMA_TOKEN: 't',
    AWS_SECRET: 's',
    TZ: 'UTC',
  };
  const before = { ...process.env };
  Object.assign(process.env, planted);

  await runCommand([process.execPath, '-e', script, out], never);
  process.env = before;

  const seen = JSON.parse(await readFile(out, 'utf8')) as Record<string, string>;
  expect(seen).toMatchObject({ PATH: before['PATH'], TZ: 'UTC' });
  const allowed =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS)$/;
  expect(Object.keys(seen).filter((name) => !allowed.test(name))).toEqual([]);
});

describe('the status server', () => {
  const evil = [
    '</script><script>document.title="owned"</script>',
    '<img/src=x/onerror=document.title="owned">',
    '"\n\\{}=evil',
  ];

  async function serve() {
    const served = await serveStatus();
    const world = createStatusWorld({
      services: evil.map((name) => meshService(name)),
      kong: `_format_version: "3.0"
services:
  - { name: orders, host: h, tags: [${JSON.stringify(`mesh:${evil[0]}`)}], routes: [{ name: r, paths: ['/<b>', '/"x'] }] }
  - { name: ${JSON.stringify(evil[1])}, host: ${JSON.stringify(evil[0])} }
`,
    });
    served.status.record(await world.pass());
    return served;
  }

  it('gives each metric a line of its own, with labels that end where they should', async () => {
    const served = await serve();
    const { body } = await get(`${served.url}/metrics`);
    await served.stop();

    const value = String.raw`"(?:[^"\\\n]|\\["\\n])*"`;
    const line = new RegExp(
      String.raw`^(?:|#.*|[a-z_]\w*(?:\{(?:[a-z_]\w*=${value},?)*\})? [-+\w.]+)$`,
      'i',
    );
    for (const text of body.trimEnd().split('\n')) expect(text).toMatch(line);
  });

  it('sends names as JSON that no browser takes for a page or a script', async () => {
    const served = await serve();
    const { body, headers } = await get(`${served.url}/status.json`);
    const { body: page } = await get(`${served.url}/`);
    await served.stop();

    expect(body).toContain('onerror');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    // The page is the same for every mesh: what it shows comes later.
    expect(page).toBe(loadPage().get('/')?.body.toString('utf8'));
  });

  it('has a page that never reads a text as markup or code', () => {
    const files = [...loadPage()];

    for (const [, { body }] of files) {
      expect(body.toString('utf8')).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|DOMParser|srcdoc|javascript:/,
      );
    }
    expect(files.filter(([path]) => path.endsWith('.js')).length).toBeGreaterThan(5);
    expect(pagePolicy).toContain("require-trusted-types-for 'script'");
    expect(pagePolicy).not.toMatch(/unsafe-|script-src[^;]*(?:\*|https?:|data:)/);
  });

  (hasChromium ? it : it.skip)('runs nothing of it in a real browser', async () => {
    const served = await serve();
    const browser = await openBrowser();
    const page = await browser.context.newPage();
    await page.goto(served.url);
    await page.waitForSelector('#picture *');

    expect(await page.title()).toBe('kong-meshd');
    expect(await page.locator('img, script').count()).toBe(1);
    await browser.close();
    await served.stop();
  });
});
