import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { formatPlace } from '../../../catalog/error';
import { loadConfig, parseConfig, type LoadOptions } from '../../../daemon/config/load';
import { configJsonSchema, keysAt } from '../../../daemon/config/paths';
import { Config } from '../../../daemon/config/schema';
import { starterConfig } from '../../../daemon/config/starter';

const file = 'kong-meshd.yaml';
const source = 'sources:\n  - kuma: { url: http://127.0.0.1:5681 }\n';

function load(text: string, options: Partial<LoadOptions> = {}) {
  return parseConfig(text, { file, env: {}, ...options });
}

function loaded(text: string, options: Partial<LoadOptions> = {}): Config {
  const result = load(text, options);
  if (!result.ok) throw new Error(JSON.stringify(result.failures));
  return result.config;
}

/** `CODE place: message | remedy`, a line a finding. */
function findings(text: string, options: Partial<LoadOptions> = {}): readonly string[] {
  const result = load(text, options);
  expect(result.ok).toBe(false);
  return result.failures.map(
    ({ code, place, message, remedy }) =>
      `${code} ${place ? formatPlace(place) : '-'}: ${message} | ${remedy}`,
  );
}

it('names the file that is missed where there is none, and the command that writes it', () => {
  expect(findings('', { file: undefined })).toEqual([
    'CONFIG_NONE -: There is no kong-meshd.yaml here, and nothing else says sources. | Write one with `kong-meshd init`, or name yours with --config FILE.',
  ]);
  expect(findings('')).toEqual([expect.stringMatching(/^CONFIG_INVALID .*sources: is missing\./)]);
});

describe('a whole configuration', () => {
  it('fills what is not written', () => {
    const config = loaded(source);

    expect(config).toMatchObject({
      mesh: 'default',
      gateway: { environment: 'universal', address: 'auto' },
      adopt: false,
      expose: [],
      ownerTag: 'kong-meshd',
      guard: { share: 0.5, atLeast: 5, confirmAfter: 600_000 },
      loop: { interval: 1000, debounce: 100, minInterval: 200, maxBackoff: 2000, probe: 10_000 },
      log: { level: 'info' },
    });
  });

  it.each([
    ['500ms', 500],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['1h', 3_600_000],
  ])('reads the time span %s', (text, milliseconds) => {
    expect(loaded(`${source}loop: { interval: ${text} }`).loop.interval).toBe(milliseconds);
  });

  it('takes one path or several', () => {
    const one = loaded(`${source}kong: { config: a.yml }`);
    const several = loaded(`${source}kong: { config: [a.yml, b] }`);

    expect([one.kong?.config, several.kong?.config]).toEqual([['a.yml'], ['a.yml', 'b']]);
  });

  it('accepts the file that init writes, and every line of advice in it once it is used', () => {
    const starter = starterConfig({
      kongMode: 'dbless',
      mesh: 'shop: "1"',
      kumaUrl: 'http://127.0.0.1:5681',
      kongUrl: 'http://127.0.0.1:8001',
      kongConfig: './kong.yml',
      dataplane: 'kong-01',
      service: 'kong',
    });
    const advice = starter
      .replace('    dbless:\n      url: "http://127.0.0.1:8001"\n', '')
      .replace(/^(\s*)# (tokenFile|caFile|file:|stateFile|expose:)/gm, '$1$2')
      .replace(/^(\s*)#( {3}path:)/gm, '$1$2')
      .replace(/^# {3}(- match|  routes|    - name|      paths)/gm, '  $1');

    expect(loaded(starter)).toMatchObject({
      mesh: 'shop: "1"',
      gateway: { dataplane: ['kong-01'] },
    });
    expect(parse(advice)).toMatchObject({
      kong: { target: { file: { path: './kong.mesh.yml' } } },
    });
    expect(loaded(advice)).toMatchObject({
      expose: [{ routes: [{ name: '{name}' }] }],
      stateFile: '/var/lib/kong-meshd/last-good.json',
    });
  });

  it('has a JSON Schema that refuses unknown keys everywhere and describes what is there', () => {
    const schema = configJsonSchema();
    const open: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, additionalProperties } = node as Record<string, unknown>;
      const fields = /routes|plugins|kong$|\.config$|service$/.test(path);
      if (properties && additionalProperties !== false && !fields) open.push(path);
      for (const [key, child] of Object.entries(node)) visit(child, `${path}.${key}`);
    };

    visit(schema, '');

    expect(open).toEqual([]);
    expect(keysAt([])).toEqual(Object.keys(Config.shape));
    expect(keysAt(['sources', 0])).toEqual(expect.arrayContaining(['kuma', 'file']));
  });
});

describe('mistakes in the file', () => {
  it.each([
    [
      'an unknown key, with what was probably meant',
      `${source}gateway:\n  enviroment: universal\n`,
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml:4:3: Unknown key "enviroment" in gateway\. \| Did you mean "environment"\?$/,
    ],
    [
      'an unknown key whose value begins on a later line',
      `${source}gateway:\n  datapane:\n\n    - kong-01\n`,
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml:4:3: .* Did you mean "dataplane"\?$/,
    ],
    [
      'an unknown key that resembles none: all known ones are named',
      `${source}plugin: { snapshot: x, fancy: y }\n`,
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml:3:24: .* Known here: snapshot, socket, metrics\.$/,
    ],
    [
      'an unknown key deep inside a list',
      'sources:\n  - kuma:\n      url: http://127.0.0.1:5681\n      tokenfile: x\n',
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml:4:7: Unknown key "tokenfile" in sources\.0\.kuma\. \| Did you mean "tokenFile"\?$/,
    ],
    [
      'a header whose value became part of its name: that may be a secret',
      'sources:\n  - kuma:\n      url: http://a\n      headers: { "authorization: Bearer x": }\n',
      /^CONFIG_INVALID kong-meshd.yaml:4:18: sources\.0\.kuma\.headers\.authorization…: must be a header name\. \|/,
    ],
    [
      'an unknown key with a value inside',
      `${source}? "adopts: Bearer x"\n`,
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml:3:3: Unknown key "adopts…"\. \|/,
    ],
    [
      'a value of the wrong kind',
      `${source}adopt: sometimes\n`,
      /^CONFIG_INVALID kong-meshd.yaml:3:1: adopt: must be true or false, not text/,
    ],
    [
      'a time span without its unit',
      `${source}loop: { interval: "5" }\n`,
      /^CONFIG_INVALID kong-meshd.yaml:3:9: loop\.interval: must be a time span such as 500ms/,
    ],
    [
      'the branch of a union that fits best',
      `${source}kong: { config: [1] }\n`,
      /^CONFIG_INVALID kong-meshd.yaml:3:18: kong\.config\.0: must be text, not a number/,
    ],
    [
      'an entry with two kinds of source',
      'sources:\n  - kuma: { url: http://127.0.0.1:5681 }\n    file: { path: x }\n',
      /^CONFIG_INVALID kong-meshd.yaml:2:5: sources\.0: must have exactly one kind of source\./,
    ],
    [
      'a target without its kind',
      `${source}kong: { config: a.yml, target: {} }\n`,
      /^CONFIG_INVALID kong-meshd.yaml:3:24: kong\.target: must have exactly one kind of target\./,
    ],
    [
      'broken YAML',
      `${source}gateway: { service: [\n`,
      /^CONFIG_SYNTAX kong-meshd.yaml:4:1: The configuration is not valid YAML: /,
    ],
    [
      'a key that is there twice',
      `${source}mesh: a\nmesh: b\n`,
      /^CONFIG_SYNTAX kong-meshd.yaml:4:1: .*A key is written twice in one mapping/,
    ],
    [
      'several documents',
      `${source}---\nmesh: b\n`,
      /^CONFIG_SYNTAX kong-meshd.yaml:3:1: .*Source contains multiple documents\. \|/,
    ],
    [
      'an alias without its anchor',
      `${source}mesh: *missing\n`,
      /^CONFIG_SYNTAX kong-meshd.yaml:3:7: .*Unresolved alias/,
    ],
    ['a list', '- a\n', /^CONFIG_SYNTAX kong-meshd.yaml: .*must be a mapping of settings/],
    ['a single word', 'hello', /^CONFIG_SYNTAX kong-meshd.yaml: .*must be a mapping of settings/],
    ['an empty file', '', /^CONFIG_INVALID kong-meshd.yaml: sources: /],
  ])('says %s', (_, text, expected) => {
    expect(findings(text)[0]).toMatch(expected);
  });

  it('reports all of them in one run', () => {
    const text = `${source}mehs: x
gateway: { environment: vm, extra: 1 }
loop: { interval: 5 }
plugin: {}
`;

    const found = findings(text, { env: { KONG_MESHD_ADOTP: 'true' }, settings: ['nonsense'] });

    const places = found.map((finding) => finding.replace(/^(\S+ \S+):.*$/, '$1')).sort();
    expect(places).toEqual([
      'CONFIG_ENV_UNKNOWN -',
      'CONFIG_FLAG_INVALID -',
      'CONFIG_INVALID kong-meshd.yaml:4:12',
      'CONFIG_INVALID kong-meshd.yaml:5:9',
      'CONFIG_INVALID kong-meshd.yaml:6:1',
      'CONFIG_UNKNOWN_KEY kong-meshd.yaml:3:1',
      'CONFIG_UNKNOWN_KEY kong-meshd.yaml:4:29',
    ]);
  });

  it('stops at an alias bomb before it unfolds', () => {
    const nested = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, at) => {
      const inner = String.fromCharCode(97 + at);
      return `x-${name}: &${name} [${Array.from({ length: 10 }, () => `*${inner}`).join(', ')}]`;
    });

    const found = findings(`${source}x-a: &a [lol]\n${nested.join('\n')}\n`);

    expect(found).toEqual([expect.stringMatching(/^CONFIG_SYNTAX .*alias/i)]);
  });

  it('names no file where none is used', () => {
    expect(findings('sources: 5', { file: undefined })).toEqual([
      expect.stringMatching(/^CONFIG_INVALID -: sources: /),
    ]);
  });
});

describe('environment and flags', () => {
  it('sets what variables name by path: words, lists, items of lists, texts', () => {
    const env = {
      KONG_MESHD_SOURCES_1_FILE_PATH: 'mesh.yaml',
      KONG_MESHD_SOURCES_0_KUMA_URL: 'http://env:5681',
      KONG_MESHD_GATEWAY_DATAPLANE: '[kong-01, kong-02]',
      KONG_MESHD_LOOP_MIN_INTERVAL: '1s',
      KONG_MESHD_ADOPT: 'true',
      KONG_MESHD_KONG_CONFIG: 'kong.yml',
      KONG_MESHD_KONG_TARGET_DBLESS_URL: 'http://kong:8001',
      KONG_MESHD_GUARD_AT_LEAST: '0',
      KONG_MESHD_EXPOSE_0_MATCH_NAME: 'public-*',
      KONG_MESHD_EXPOSE_0_ROUTES: '[{ name: "{name}" }]',
    };

    const config = loaded(source, { env });

    expect(config).toMatchObject({
      sources: [{ kuma: { url: 'http://env:5681' } }, { file: { path: ['mesh.yaml'] } }],
      gateway: { dataplane: ['kong-01', 'kong-02'] },
      loop: { minInterval: 1000 },
      adopt: true,
      kong: { config: ['kong.yml'], target: { dbless: { url: 'http://kong:8001' } } },
      guard: { atLeast: 0 },
      expose: [{ match: { name: 'public-*' }, routes: [{ name: '{name}' }] }],
    });
  });

  it('needs no file at all', () => {
    const env = { KONG_MESHD_SOURCES_0_KUMA_URL: 'http://env:5681' };

    expect(loaded('', { file: undefined, env }).sources).toMatchObject([
      { kuma: { url: 'http://env:5681' } },
    ]);
  });

  it('lets flags win over --set, --set over the environment, and that over the file', () => {
    const text = `${source}mesh: file\nownerTag: file\nstateFile: file\nadopt: false\n`;
    const env = {
      KONG_MESHD_MESH: 'env',
      KONG_MESHD_OWNER_TAG: 'env',
      KONG_MESHD_STATE_FILE: 'env',
    };
    const settings = ['mesh=set', 'ownerTag=first', 'ownerTag=second'];

    const config = loaded(text, { env, settings, flags: { mesh: 'flag', adopt: undefined } });

    expect(config).toMatchObject({
      mesh: 'flag',
      ownerTag: 'second',
      stateFile: 'env',
      adopt: false,
    });
  });

  it('says nothing of its own about a text that is odd YAML: it may be a secret', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

    const config = loaded(source, { settings: ['stateFile=%secret'] });

    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
    expect(config.stateFile).toBe('%secret');
  });

  it.each([
    [
      'a variable that names no setting',
      { env: { KONG_MESHD_GATEWAY_SERVCE: 'x' } },
      /^CONFIG_ENV_UNKNOWN -: .*KONG_MESHD_GATEWAY_SERVCE.* Did you mean KONG_MESHD_GATEWAY_SERVICE\?$/,
    ],
    [
      '--set without a value',
      { settings: ['mesh'] },
      /^CONFIG_FLAG_INVALID -: --set mesh is not of the form/,
    ],
    ['--set without a path', { settings: ['=x'] }, /^CONFIG_FLAG_INVALID -: --set =x is not/],
    [
      '--set of an unknown key',
      { settings: ['gateway.servce=x'] },
      /^CONFIG_UNKNOWN_KEY kong-meshd.yaml: Unknown key "servce" in gateway\. \| Did you mean "service"\?$/,
    ],
    [
      'an item beyond the end of a list',
      { settings: ['sources.4000000000.kuma.url=x'] },
      /^CONFIG_ITEM_MISSING -: .*item 4000000000 of a list that has 1/,
    ],
    [
      'a word where a list has numbers',
      { settings: ['sources.first.kuma.url=x'] },
      /^CONFIG_ITEM_MISSING -: .*item first/,
    ],
    [
      'such an item by a variable',
      { env: { KONG_MESHD_SOURCES_7_KUMA_URL: 'http://x' } },
      /^CONFIG_ITEM_MISSING -: KONG_MESHD_SOURCES_7_KUMA_URL/,
    ],
  ])('refuses %s', (_, options, expected) => {
    expect(findings(source, options)).toEqual([expect.stringMatching(expected)]);
  });

  it('leaves the variables alone that commands read themselves, and those of others', () => {
    const env = {
      KONG_MESHD_CONFIG: 'x',
      KONG_MESHD_SOCKET: 'x',
      KONG_MESHD_SNAPSHOT: 'x',
      HOME: '/root',
      DECK_TOKEN: 'x',
    };

    expect(loaded(source, { env })).toEqual(loaded(source));
  });

  it('leaves alone what Kubernetes injects for Services whose names begin with kong-meshd', () => {
    const linkOf = (service: string) => ({
      [`${service}_SERVICE_HOST`]: '10.96.0.7',
      [`${service}_SERVICE_PORT`]: '8080',
      [`${service}_SERVICE_PORT_STATUS_PAGE`]: '8080',
      [`${service}_PORT`]: 'tcp://10.96.0.7:8080',
      [`${service}_PORT_8080_TCP`]: 'tcp://10.96.0.7:8080',
      [`${service}_PORT_8080_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_8080_TCP_PORT`]: '8080',
      [`${service}_PORT_8080_TCP_ADDR`]: '10.96.0.7',
      [`${service}_PORT_53_UDP`]: 'udp://[fd00::7]:53',
      [`${service}_PORT_53_UDP_ADDR`]: 'fd00::7',
    });
    const env = { ...linkOf('KONG_MESHD'), ...linkOf('KONG_MESHD_GATEWAY') };

    expect(loaded(source, { env })).toEqual(loaded(source));
  });

  it.each([
    ['KONG_MESHD_PORT', '8080'],
    ['KONG_MESHD_SERVICE_HOST', 'kong.example'],
    ['KONG_MESHD_STATUS_PORT', '9650'],
    ['KONG_MESHD_PORT_8080_TCP_PROTO', 'http'],
  ])('takes %s=%s for a mistake: Kubernetes injects no such value', (name, value) => {
    expect(findings(source, { env: { [name]: value } })).toEqual([
      expect.stringMatching(/^CONFIG_ENV_UNKNOWN/),
    ]);
  });

  it.each([
    ['--set', { settings: ['__proto__.polluted=yes', 'constructor.prototype.polluted=yes'] }, ''],
    ['YAML', {}, '__proto__: { polluted: yes }\nconstructor: { prototype: { polluted: yes } }\n'],
    ['a nested key', {}, 'gateway: { __proto__: { polluted: yes } }\n'],
    ['a JSON value of --set', { settings: ['gateway={"__proto__":{"polluted":"yes"}}'] }, ''],
  ])('lets no prototype be changed by %s', (_, options, text) => {
    const found = findings(source + text, options);

    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(found[0]).toMatch(/^CONFIG_UNKNOWN_KEY/);
  });

  it('prints no value that it refuses', () => {
    const canary = 'canary-4711';
    const env = {
      KONG_MESHD_SOURCES_0_KUMA_URL: canary,
      KONG_MESHD_KONG_TARGET_DBLESS_HEADERS: canary,
      KONG_MESHD_KONG_CONFIG: 'a.yml',
      KONG_MESHD_KONG_TARGET_DBLESS_URL: canary,
    };

    const found = findings(source, { env });

    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found.join('\n')).not.toContain(canary);
  });
});

describe('the file on disk', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'load-config-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is read where it is named', async () => {
    const path = join(folder, 'other.yaml');
    await writeFile(path, `${source}mesh: there\n`);

    const result = await loadConfig({ file: path, env: {} });

    expect(result).toMatchObject({ ok: true, config: { mesh: 'there' } });
  });

  it.each([
    ['that is not there', 'missing.yaml', 'CONFIG_MISSING', 'kong-meshd init'],
    ['that is a folder', '.', 'CONFIG_UNREADABLE', 'permissions'],
  ])('is named in the finding on one %s', async (_, name, code, remedy) => {
    const path = join(folder, name);

    const result = await loadConfig({ file: path, env: {} });

    expect(result).toMatchObject({
      ok: false,
      failures: [
        {
          code,
          message: expect.stringContaining(path) as string,
          remedy: expect.stringContaining(remedy) as string,
        },
      ],
    });
  });
});
