import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { kongText, openShop, type Shop } from './support/shop';

const main = join(__dirname, '..', '..', '..', 'dist', 'daemon', 'cli', 'main.js');
const noTarget = { sources: [{ file: { path: 'none' } }] };

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
});

afterEach(() => shop.stop());

/** The built program with something on standard input. */
async function piped(input: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { cwd: shop.world.folder });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ]);
  return { out, err, code };
}

describe('standard input', () => {
  it.each([['-'], ['-s', '-']])('is the Kong configuration of diff with %s', async (...args) => {
    const { out, code } = await piped(kongText, 'diff', '-c', shop.configFile, ...args);

    expect(code).toBe(0);
    expect(out).toMatch(/creating service crm/);
  });

  it('is the configuration with -c -, and no two things at once', async () => {
    const config = JSON.stringify({ ...noTarget, kong: { config: shop.kongFile } });

    const once = await piped(config, 'validate', '-c', '-');
    const twice = await piped(config, 'validate', '-c', '-', '-');

    expect([once.code, once.out]).toEqual([0, '7 entities checked: no findings\n']);
    expect(twice.code).toBe(1);
    expect(twice.err).toMatch(/STDIN_TWICE.*\n.*both the configuration and the Kong configuration/);
  });

  it('tells the place of a mistake in it', async () => {
    const { err, code } = await piped('servces: []\n', 'validate', '-');

    expect(code).toBe(1);
    expect(err).toMatch(/<stdin>:1:1/);
  });

  it('does not keep a command that is told to stop', async () => {
    const child = spawn(process.execPath, [main, 'validate', '-']);
    const started = Date.now();
    const timer = setInterval(() => child.kill('SIGTERM'), 500);
    await once(child, 'exit');
    clearInterval(timer);

    expect(Date.now() - started).toBeLessThan(5000);
  });
});

it('writes to standard output where render is told -', async () => {
  const { out, code } = await shop.run('render', '-o', '-');

  expect(code).toBe(0);
  expect(out).toMatch(/^# The shop's own comment/);
});

describe('a flag', () => {
  it('names another kind of gateway than the file', async () => {
    const { err, code } = await shop.run('diff', '--kong-addr', 'http://127.0.0.1:1');

    expect(code).toBe(1);
    expect(err).toMatch(/KONG_UNREACHABLE/);
    expect(err).not.toMatch(/CONFIG_INVALID/);
  });

  it('does not choose between two kinds that are both flags', async () => {
    const urls = ['--kong-addr', 'http://127.0.0.1:1', '--kong-url', 'http://127.0.0.1:2'];

    const { err, code } = await shop.run('diff', ...urls);

    expect(code).toBe(1);
    expect(err).toMatch(/exactly one kind of target/);
  });

  it('names a control plane in place of a source of another kind', async () => {
    const file = join(shop.world.folder, 'file.yaml');
    await writeFile(file, JSON.stringify(noTarget));

    const { out, code } = await shop.runBare(
      ...['catalog', '-c', file, '--kuma-url', shop.world.controlPlane.url],
    );

    expect(code).toBe(0);
    expect(out).toMatch(/orders/);
  });
});

describe('a link that does not resolve', () => {
  beforeEach(() => shop.edit(shop.kongFile, (kong) => kong.replace('mesh:payments', 'mesh:ghost')));

  it.each([
    ['error', 0, 'warning'],
    ['link', 1, 'error'],
    ['warning', 1, 'warning'],
    ['never', 0, 'warning'],
  ])('with --fail-on %s ends sync with %i, as a %s', async (failOn, expected, severity) => {
    const { code, err } = await shop.run('sync', '--fail-on', failOn);

    expect(err).toMatch(new RegExp(`^${severity} LINK_UNKNOWN_SERVICE`, 'm'));
    expect(code).toBe(expected);
  });

  it('is refused at the gateway all the same', async () => {
    await shop.run('sync');

    expect(JSON.stringify((await shop.live()).kong)).toMatch(/payments\.mesh\.invalid/);
  });

  it('never hides that a pass failed', async () => {
    const { code } = await shop.run(
      'sync',
      '--fail-on',
      'never',
      '--kong-url',
      'http://127.0.0.1:1',
    );

    expect(code).toBe(1);
  });
});

describe('the text of a plan', () => {
  it('counts outbounds, and tells the identity before and after', async () => {
    await shop.edit(shop.configFile, (yaml) =>
      yaml.replace('"service":"kong"', '"service":"edge"'),
    );

    const { out } = await shop.run('diff');

    expect(out).toMatch(/^setting kuma\.io\/service .* → edge on dataplane kong-01$/m);
    expect(out).toMatch(/^ {2}Outbounds: \d+ added, 0 removed$/m);
    expect(out).toMatch(/^ {2}Identity: .* → edge on dataplane kong-01$/m);
  });

  it('names what a plugin is on that does not change', async () => {
    await shop.run('sync');
    await shop.edit(shop.kongFile, (kong) =>
      kong.replace('config: { service: orders }', 'config: { service: orders, address: outbound }'),
    );

    const { out } = await shop.run('diff');

    expect(out).toMatch(/updating plugin mesh-upstream for .*route orders /);
  });
});
