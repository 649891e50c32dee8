/** kong-meshd.yaml, the environment and --set → the configuration, or what is wrong with them. */
import { parseConfig } from '../../../daemon/config/load';
import { hostileKeys, hostileStrings } from '../engine/hostile';
import { mutateJson, type Json } from '../engine/mutate-json';
import { mutateText } from '../engine/mutate-text';
import type { Random } from '../engine/random';
import { linesIn, mustBeSound, secret } from '../invariants';
import { filesBelow, lazily, textOf, yamlOf } from '../seeds';
import { must, pure, type Target } from '../target';

interface Scenario {
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: readonly string[];
}

const file = 'kong-meshd.yaml';

export const daemonConfig: Target = {
  name: 'daemon-config',
  weight: 5,
  form: 'json',
  generate(random) {
    const scenario: Scenario = {
      text: configText(random),
      env: random.chance(0.3) ? environment(random) : {},
      settings: random.chance(0.3) ? [`${settingPath(random)}=${random.pick(hostileStrings)}`] : [],
    };
    return Buffer.from(JSON.stringify(scenario));
  },
  open: pure((input) => {
    const scenario = JSON.parse(input.toString('utf8')) as Partial<Scenario>;
    const { text, env = {}, settings = [] } = scenario;
    if (typeof text !== 'string' || !Array.isArray(settings)) return false;
    const result = parseConfig(text, { file, env, settings });
    // What comes out of place may stand where a key should: that is shown, so that it can be found.
    const secretIsName = result.failures.some(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
    mustBeSound(result.failures, {
      secretIsName,
      file: { path: file, lines: linesIn(text) },
    });
    must(result.ok || result.failures.length > 0, 'it is refused without a reason');
    if (!result.ok) return !result.failures.some(({ code }) => code === 'CONFIG_SYNTAX');
    // Whatever is accepted must be usable as it is: these are what the program counts on.
    const { sources, loop, guard, gateway } = result.config;
    must(sources.length > 0, 'it has no sources');
    const spans = Object.values(loop).concat(guard.confirmAfter);
    must(
      spans.every((ms) => Number.isFinite(ms) && ms >= 0),
      'a time span is no number',
    );
    must(typeof gateway.manage === 'boolean', 'a switch is no boolean');
    return true;
  }),
};

const texts = lazily((): readonly string[] => [
  ...filesBelow('examples', /kong-meshd\.yaml$/).map(textOf),
  full,
]);

function configText(random: Random): string {
  if (random.chance(0.02))
    return random.pick(['[', '{a: ', '- ', '"', '&a [*a, ']).repeat(random.int(6000));
  const base = random.chance(0.4)
    ? yamlOf(mutateJson(asJson, random), random)
    : random.pick(texts());
  return random.chance(0.8) ? mutateText(base, random, texts()) : base;
}

function environment(random: Random): Record<string, string> {
  const names = [
    'MESH',
    'SOURCES_0_KUMA_URL',
    'GATEWAY_OUTBOUNDS_PORTS',
    'LOOP_INTERVAL',
    'STATUS',
  ];
  const name = random.chance(0.8) ? random.pick(names) : random.pick(hostileKeys);
  return { [`KONG_MESHD_${name}`]: random.pick(['1', '[', '{}', '1h', ...hostileStrings]) };
}

function settingPath(random: Random): string {
  const parts = [
    'mesh',
    'sources',
    'kong',
    'gateway',
    'target',
    '0',
    '99',
    '__proto__',
    ...hostileKeys,
  ];
  return Array.from({ length: random.few(4) }, () => random.pick(parts)).join('.');
}

const asJson: Json = {
  mesh: 'default',
  sources: [
    {
      kuma: {
        url: `http://user:${secret}@127.0.0.1:5681`,
        headers: { authorization: `Bearer ${secret}` },
        timeout: '5s',
      },
    },
    { file: { paths: ['./mesh'] } },
    { kubernetes: { namespaces: ['shop'], gateway: { namespace: 'kong' } } },
  ],
  kong: {
    config: ['./kong.yml', './more'],
    target: { admin: { url: 'http://127.0.0.1:8001', headers: { 'kong-admin-token': secret } } },
    policy: 'sync',
  },
  gateway: {
    environment: 'universal',
    dataplane: ['kong-01', 'kong-02'],
    service: 'kong',
    outbounds: { address: '127.0.0.1', ports: '30000-30999' },
  },
  plugin: { snapshot: './catalog.json' },
  expose: [{ match: { name: 'orders-*' }, route: { paths: ['/{name}'] } }],
  guard: { share: 0.5, atLeast: 5, confirmAfter: '10m' },
  loop: { interval: '1s', debounce: '100ms' },
  status: { listen: '127.0.0.1:9650', hosts: ['kong.example'] },
  doctor: false,
  log: { level: 'info' },
};

const full = `# all of it
mesh: default # the only one
sources:
  - kuma: &cp
      url: http://127.0.0.1:5681
      headers: { authorization: Bearer ${secret} }
kong:
  config: ./kong.yml
  target:
    dbless:
      url: "http://127.0.0.1:8001"
gateway: { environment: kubernetes, service: kong }
guard:
  share: .5
  confirmAfter: 10m
loop:
  interval: 1s
`;
