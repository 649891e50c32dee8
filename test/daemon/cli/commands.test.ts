import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parse } from 'yaml';

import { parseSnapshot } from '../../../catalog/snapshot';
import { hostOf, kongText, openShop, type Shop } from './support/shop';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.stop());

describe('sync', () => {
  it('brings outbounds, snapshot and Kong about in one run, and says what it did', async () => {
    const { code, out, err } = await shop.run('sync');

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^adding outbound 127\.77\.\S+:30000 to MeshService orders:8080 on dataplane kong-01$/m,
    );
    expect(out).toContain(`wrote snapshot ${shop.world.snapshot}\n`);
    expect(out).toMatch(/^creating plugin mesh-upstream for route orders$/m);
    expect(out).toMatch(/^Summary:\n {2}Created: 10\n {2}Updated: 0\n {2}Deleted: 0$/m);
    expect(await hostOf(shop, 'orders')).toBe('orders.mesh.invalid:8080');
    expect(await hostOf(shop, 'payments')).toMatch(/^127\.77\.\S+:30001$/);
    expect(await hostOf(shop, 'crm')).toBe('crm.internal:8090');
    expect(await hostOf(shop, 'public-reports')).toBe('public-reports.mesh.invalid:80');
    const addresses = parseSnapshot((await shop.live()).snapshot ?? '', 'catalog.json')
      .services.filter(({ kind }) => kind === 'MeshService')
      .map(({ name, ports }) => `${name} ${ports[0]?.auto ?? '-'}`);
    expect(addresses).toEqual(['orders outbound', 'payments outbound', 'public-reports outbound']);
    expect(shop.world.sidecar.listening).toHaveLength(3);
  });

  it('changes nothing the second time', async () => {
    await shop.run('sync');
    const before = await shop.live();

    const { code, out } = await shop.run('sync');

    expect(code).toBe(0);
    expect(out).toBe('Summary:\n  Created: 0\n  Updated: 0\n  Deleted: 0\n');
    expect(await shop.live()).toEqual(before);
  });

  it('leaves the file of the user as it is', async () => {
    await shop.run('sync');

    expect((await shop.live()).kongFile).toBe(kongText);
  });

  it('gives the same as JSON', async () => {
    const { code, out } = await shop.run('sync', '--json');

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'applied',
      summary: { creating: 10, updating: 0, deleting: 0, total: 10 },
      errors: [],
      warnings: [],
      findings: [],
      services: 6,
      snapshot: { file: shop.world.snapshot, written: true },
      dataplane: { expanded: expect.arrayContaining([expect.anything()]) as unknown },
    });
  });

  it('takes files from the command line in place of those of the configuration', async () => {
    const other = join(shop.world.folder, 'other.yml');
    await writeFile(
      other,
      "_format_version: '3.0'\nservices: [{ name: only, host: only.internal }]\n",
    );

    const { code } = await shop.run('sync', other);

    expect(code).toBe(0);
    expect(await hostOf(shop, 'only')).toBe('only.internal:80');
    expect(await hostOf(shop, 'crm')).toBeUndefined();
  });

  it.each([
    [
      'what it never applied',
      /DELETIONS_NEVER_APPLIED\s+9 entities[\s\S]*--confirm-deletes/,
      false,
    ],
    ['most of what it applied', /DELETIONS_HELD_BACK\s+9 deletions[\s\S]*--confirm-deletes/, true],
  ])('keeps %s with exit code 1, until it is confirmed', async (_what, finding, isRecorded) => {
    const stateFile = join(shop.world.folder, 'last-good.json');
    const record = isRecorded ? ['--set', `stateFile=${stateFile}`] : [];
    const services = Array.from({ length: 9 }, (_, at) => ({ name: `s${String(at)}`, host: 'h' }));
    await writeFile(shop.kongFile, JSON.stringify({ _format_version: '3.0', services }));
    await shop.run('sync', ...record);
    await writeFile(shop.kongFile, kongText);

    const first = await shop.run('sync', ...record);
    const second = await shop.run('sync', ...record);
    const shown = await shop.run('diff', '--show-held', ...record);
    const kept = [await hostOf(shop, 's0'), await hostOf(shop, 'crm')];
    const confirmed = await shop.run('sync', '--confirm-deletes', ...record);
    const gone = [await hostOf(shop, 's0'), await hostOf(shop, 'crm')];

    expect([first.code, second.code]).toEqual([1, 1]);
    expect([first.err, second.err]).toEqual([
      expect.stringMatching(finding),
      expect.stringMatching(finding),
    ]);
    expect(shown.out).toMatch(/^keeping service s0 \(deletion held back\)$/m);
    expect(kept).toEqual(['h:80', 'crm.internal:8090']);
    expect(confirmed.code).toBe(0);
    expect(confirmed.out).toMatch(/Deleted: 9/);
    expect(gone).toEqual([undefined, 'crm.internal:8090']);
  });
});

describe('diff', () => {
  it('shows what sync would do, and does nothing', async () => {
    const before = await shop.live();

    const { code, out, err } = await shop.run('diff');

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^adding outbound .* MeshService orders:8080/m);
    expect(out).toMatch(/^creating service payments$/m);
    expect(out).toMatch(/Created: 10/);
    expect(await shop.live()).toEqual(before);
    expect(before.snapshot).toBeUndefined();
  });

  it('writes no file of its own either', async () => {
    const stateFile = join(shop.world.folder, 'last-good.json');

    await shop.run('diff', '--set', `stateFile=${stateFile}`);

    expect(existsSync(stateFile)).toBe(false);
  });

  it('exits with 2 on changes where it is asked to, and with 0 without', async () => {
    const before = await shop.run('diff', '--non-zero-exit-code');
    const json = await shop.run('diff', '--non-zero-exit-code', '--json');
    await shop.run('sync');
    const after = await shop.run('diff', '--non-zero-exit-code');

    expect([before.code, json.code, after.code]).toEqual([2, 2, 0]);
    expect(JSON.parse(json.out)).toMatchObject({ summary: { total: 10 } });
  });

  it('shows a change with what was and what will be', async () => {
    await shop.run('sync');
    await shop.edit(shop.kongFile, (text) => text.replace('[/crm]', '[/sales]'));

    const { out } = await shop.run('diff');

    expect(out).toMatch(/^updating route crm /m);
    expect(out).toMatch(/^-.*"\/crm"/m);
    expect(out).toMatch(/^\+.*"\/sales"/m);
  });
});

describe('render', () => {
  it('prints the file with the mesh addresses in it, comments and order kept', async () => {
    await shop.run('sync');

    const { code, out, err } = await shop.run('render');

    expect([code, err]).toEqual([0, '']);
    expect(out.startsWith("# The shop's own comment.\n_format_version: '3.0'\n")).toBe(true);
    expect(out).toMatch(/host: 127\.77\.\S+ # before the mesh\n {4}port: 30001\n/);
    expect(out).toMatch(/name: crm\n {4}host: crm\.internal\n/);
    expect(out).not.toContain('payments.internal');
  });

  it('writes what a node without a database gets, as JSON, to a file', async () => {
    const output = join(shop.world.folder, 'out.json');

    const { code, out } = await shop.run('render', '--format', 'json', '--output', output);

    expect([code, out]).toEqual([0, '']);
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({ _format_version: '3.0' });
  });

  it('changes nothing that is live', async () => {
    const before = await shop.live();

    await shop.run('render');

    expect(await shop.live()).toEqual(before);
  });
});

describe('validate', () => {
  it('needs no network', async () => {
    await shop.world.controlPlane.stop();
    await shop.world.admin.stop();

    const { code, out, err } = await shop.run('validate');

    expect([code, out, err]).toEqual([0, '7 entities checked: no findings\n', '']);
  });

  it('reports the mistakes of both files in one run, as text and as JSON', async () => {
    await shop.edit(shop.configFile, (text) => `${text}adpot: true\n`);
    const broken = join(shop.world.folder, 'broken.yml');
    await writeFile(broken, `${kongText}  - host: nameless.internal\n    prot: 80\n`);

    const text = await shop.run('validate', broken);
    const json = await shop.run('validate', broken, '--json');

    expect([text.code, json.code]).toEqual([1, 1]);
    expect(text.err).toMatch(/error CONFIG_UNKNOWN_KEY \S*kong-meshd\.yaml:\d+:1\n/);
    expect(text.err).toMatch(/error KONG_FIELD_UNKNOWN \S*broken\.yml:30:11 service unnamed-\w+\n/);
    const { findings } = JSON.parse(json.out) as { findings: { code: string }[] };
    expect(findings.map(({ code }) => code)).toContain('CONFIG_UNKNOWN_KEY');
  });
});

describe('catalog', () => {
  it('lists every service with the address that this gateway uses', async () => {
    await shop.run('sync');

    const { code, out } = await shop.run('catalog');

    expect(code).toBe(0);
    expect(out).toMatch(/^SERVICE +PORT +KIND +ZONE +STATE +ADDRESS +HOST$/m);
    expect(out).toMatch(
      /^orders\.zone-a +8080 +MeshService +zone-a +available \(1\/1\) +127\.77\.\S+:30000 \(outbound\) +orders\.svc\.mesh\.local$/m,
    );
  });

  it('prints the snapshot that the plugin would read', async () => {
    await shop.run('sync');

    const { out } = await shop.run('catalog', '--json');

    const { snapshot = '' } = await shop.live();
    const { hash, services } = parseSnapshot(snapshot, 'file');
    expect(parseSnapshot(out, 'out')).toMatchObject({ hash, services });
  });
});

describe('explain', () => {
  beforeEach(() => shop.run('sync'));

  it.each([
    [
      'a route with the plugin',
      'orders',
      /looked up per request[\s\S]*MeshService orders[\s\S]*127\.77\.\S+:30000 \(outbound\): .*[\s\S]*Host +orders\.svc\.mesh\.local:8080/,
    ],
    [
      'a service with a tag',
      'payments',
      /Kong dials 127\.77\.\S+:30001[\s\S]*by tag .*, written into the configuration/,
    ],
    ['what an expose rule made', 'public-reports', /by plugin .*, looked up per request/],
    ['what has no link', 'crm', /Kong dials crm\.internal:8090\nlink +none: left as it is/],
  ])('follows %s', async (_, name, expected) => {
    const { code, out, err } = await shop.run('explain', name);

    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(expected);
  });

  it('says why a link leads nowhere, with exit code 1', async () => {
    shop.removeService('payments');

    const { code, out } = await shop.run('explain', 'payments');

    expect(code).toBe(1);
    expect(out).toMatch(/^ +LINK_UNKNOWN_SERVICE: The mesh has no service payments/m);
    expect(out).toMatch(/seen: \S+kong\.yml:\d+/);
  });

  it('suggests a name where there is none of that name', async () => {
    const { code, err } = await shop.run('explain', 'paymnts');

    expect(code).toBe(1);
    expect(err).toMatch(
      /error EXPLAIN_UNKNOWN\n.*"paymnts".*\n {2}fix: Did you mean "payments"\?\n/,
    );
  });

  it('gives the same as JSON', async () => {
    const { out } = await shop.run('explain', 'orders', '--json');

    expect(JSON.parse(out)).toMatchObject({
      question: 'orders',
      ways: [
        {
          link: { kind: 'plugin', state: 'linked', reference: 'orders' },
          host: { value: 'orders.svc.mesh.local:8080' },
        },
      ],
    });
  });
});

describe('init', () => {
  let file: string;

  beforeEach(async () => {
    const folder = join(shop.world.folder, 'new');
    await mkdir(folder);
    file = join(folder, 'kong-meshd.yaml');
  });

  it('writes a configuration that sync runs on', async () => {
    const flags = ['--output', file, '--kuma-url', shop.world.controlPlane.url];
    const kong = ['--kong-url', shop.world.admin.url, '--kong-config', shop.kongFile];
    const written = await shop.runBare('init', ...flags, ...kong);

    const synced = await shop.runBare('diff', '--config', file);

    expect(written.code).toBe(0);
    expect(written.out).toMatch(
      /^Found Kuma 2\.14\.3 at .*\n.* has the gateways kong-01\.\nFound Kong /,
    );
    expect(written.out).toContain(`\nwrote ${file}\n`);
    expect(written.out).toContain(`\nNext:\n  kong-meshd ping --config ${file} `);
    expect([synced.code, synced.err]).toEqual([0, '']);
    expect(synced.out).toMatch(/creating route orders/);
  });

  it('replaces a file only where it is told to', async () => {
    await writeFile(file, 'mine\n');

    const refused = await shop.runBare('init', '--output', file);
    const kept = await readFile(file, 'utf8');
    const forced = await shop.runBare('init', '--output', file, '--force');

    expect([refused.code, forced.code]).toEqual([1, 0]);
    expect(refused.err).toMatch(/error INIT_EXISTS [\s\S]*--force/);
    expect(kept).toBe('mine\n');
    expect(await readFile(file, 'utf8')).toContain('sources:');
  });

  it('says where it could not write', async () => {
    const { code, err } = await shop.runBare('init', '--output', join(file, 'no', 'folder.yaml'));

    expect(code).toBe(1);
    expect(err).toMatch(/error INIT_UNWRITABLE/);
  });

  it('prints the configuration or its JSON Schema', async () => {
    const text = await shop.runBare('init', '--output', '-');
    const schema = await shop.runBare('init', '--schema');

    expect(parse(text.out)).toMatchObject({ gateway: { dataplane: 'kong-01', service: 'kong' } });
    expect(JSON.parse(schema.out)).toMatchObject({ type: 'object', additionalProperties: false });
    expect([text.code, schema.code]).toEqual([0, 0]);
  });
});

describe('the command line', () => {
  it.each([
    ['an unknown command', ['snyc'], /unknown command 'snyc'/],
    ['an unknown option', ['sync', '--confirm-deletions'], /unknown option '--confirm-deletions'/],
    ['a missing argument', ['explain'], /missing required argument 'what'/],
    [
      'a configuration that is not there',
      ['sync', '--config', '/nowhere/x.yaml'],
      /error CONFIG_MISSING[\s\S]*\/nowhere\/x\.yaml[\s\S]*kong-meshd init/,
    ],
  ])('refuses %s with exit code 1', async (_, args, expected) => {
    const { code, out, err } = await shop.runBare(...args);

    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it.each([['--version'], ['--help'], ['sync', '--help']])('answers %s %s', async (...args) => {
    const { code, out, err } = await shop.runBare(...args);

    expect([code, err]).toEqual([0, '']);
    expect(out).not.toBe('');
  });

  it('describes every command and option', async () => {
    const { out } = await shop.runBare('--help');

    const commands = [...out.matchAll(/^ {2}([a-z-]+) .*? {2,}(\S.*)$/gm)].map(([, name]) => name);
    expect(commands).toEqual(
      expect.arrayContaining([
        'run',
        'sync',
        'diff',
        'render',
        'validate',
        'catalog',
        'explain',
        'init',
        'demo',
        'plugin-server',
        'plugin-info',
      ]),
    );
  });

  it('takes the configuration from the environment, and flags over it', async () => {
    shop.env = {
      KONG_MESHD_CONFIG: shop.configFile,
      KONG_MESHD_KONG_TARGET_DBLESS_URL: 'http://127.0.0.1:1',
    };

    const fromEnvironment = await shop.runBare('sync');
    const fromFlag = await shop.runBare('sync', '--kong-url', shop.world.admin.url);

    expect(fromEnvironment.err).toMatch(/KONG_UNREACHABLE/);
    expect([fromEnvironment.code, fromFlag.code]).toEqual([1, 0]);
  });
});
