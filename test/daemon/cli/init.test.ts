import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { allCommands } from '../../../daemon/cli/commands/all-commands';
import { runCli } from '../../../daemon/cli/program';

describe('init at a terminal', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kong-meshd-init-'));
    file = join(folder, 'kong-meshd.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param answers in turn; after the last one the input has ended. */
  async function init(answers: readonly string[] | undefined, ...flags: readonly string[]) {
    const left = [...(answers ?? [])];
    const result = { code: -1, out: '', err: '', asked: [] as string[] };
    result.code = await runCli(allCommands, ['init', '--output', file, ...flags], {
      env: {},
      out: (text) => void (result.out += text),
      err: (text) => void (result.err += text),
      signal: new AbortController().signal,
      colour: false,
      ...(answers
        ? {
            ask: (question: string) => {
              result.asked.push(question);
              return Promise.resolve(left.shift());
            },
          }
        : {}),
    });
    return result;
  }
  const written = () => parse(readFileSync(file, 'utf8'));

  it('asks for everything, each with what an empty answer means', async () => {
    const { code, asked } = await init(['', '', '', '', '', '', '']);

    expect(code).toBe(0);
    expect(asked).toHaveLength(7);
    expect(asked[1]).toBe("The control plane's API server [http://127.0.0.1:5681]: ");
    expect(written()).toMatchObject({
      mesh: 'default',
      kong: { config: './kong.yml', target: { dbless: { url: 'http://127.0.0.1:8001' } } },
      gateway: { dataplane: 'kong-01', service: 'kong' },
    });
  });

  it('writes what was answered', async () => {
    await init([
      'shop',
      'https://kuma:5682',
      'http://kong:8001',
      'database',
      'kong/',
      'edge-1',
      'edge',
    ]);

    expect(written()).toMatchObject({
      mesh: 'shop',
      sources: [{ kuma: { url: 'https://kuma:5682' } }],
      kong: { config: 'kong/', target: { admin: { url: 'http://kong:8001' } } },
      gateway: { dataplane: 'edge-1', service: 'edge' },
    });
  });

  it('asks again, and says why, until an answer can be used', async () => {
    const { code, asked, err } = await init(['', 'kuma:5681', '', '', 'postgres', '', '', '', '']);

    expect(code).toBe(0);
    expect(asked.filter((question) => question.includes('control plane'))).toHaveLength(2);
    expect(asked.filter((question) => question.includes('database'))).toHaveLength(2);
    expect(err).toMatch(/sources\.0\.kuma\.url/);
    expect(err).toContain('Answer dbless or database.');
  });

  it('asks for nothing that a flag says', async () => {
    const { asked } = await init(
      ['', '', '', ''],
      '--mesh',
      'shop',
      '--kong-mode',
      'database',
      '--service',
      'edge',
    );

    expect(asked).toHaveLength(4);
    expect(written()).toMatchObject({ mesh: 'shop', gateway: { service: 'edge' } });
  });

  it('writes nothing where the answers end', async () => {
    const { code, err } = await init(['shop']);

    expect(code).toBe(1);
    expect(err).toContain('INIT_STOPPED');
    expect(existsSync(file)).toBe(false);
  });

  it('asks nothing with --yes, and nothing where nobody is there', async () => {
    const told = await init([], '--yes');
    const alone = await init(undefined, '--force', '--quiet');

    expect([told.code, told.asked]).toEqual([0, []]);
    expect(told.out).toContain(`wrote ${file}\n`);
    expect([alone.code, alone.out]).toEqual([0, '']);
  });

  it('refuses to replace a file before it asks', async () => {
    await init([], '--yes');

    const { code, asked, err } = await init(['', '', '', '', '', '', '']);

    expect([code, asked]).toEqual([1, []]);
    expect(err).toContain('INIT_EXISTS');
  });

  it.each([
    ['--kuma-url', 'kuma'],
    ['--kong-url', 'ftp://kong'],
    ['--kong-config', ''],
  ])('refuses %s %s', async (flag, value) => {
    const { code, err } = await init(undefined, flag, value);

    expect(code).toBe(1);
    expect(err).toContain('INIT_INVALID');
    expect(existsSync(file)).toBe(false);
  });
});
