/**
 * Imports point one way. This is the whole rule; a new folder needs a line here before it can import
 * or be imported.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(__dirname, '..', '..');

/** For each layer the layers it may import, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  catalog: [],
  plugin: ['catalog'],
  // How the daemon and the plugin server show themselves: the host check and the limits are one.
  'http-server': ['http-server/listen-address'],
  'plugin-server': ['catalog', 'http-server', 'plugin'],
  'daemon/kong': ['catalog'],
  'daemon/plan': ['catalog', 'daemon/kong'],
  'daemon/translate': ['catalog', 'daemon/kong'],
  'daemon/kubernetes': ['catalog'],
  // One client of the Kubernetes API for the source that reads it and the target that writes to it.
  'daemon/kubernetes-client': ['catalog'],
  // Settings of sources and targets are declared beside them; a time span is a time span everywhere.
  // Who of several replicas writes: knows nothing of what is written.
  'daemon/election': [
    'catalog',
    'daemon/config/duration',
    'daemon/kubernetes-client',
    'daemon/reconcile/clock',
  ],
  'daemon/reconcile/clock': [],
  'daemon/sources': [
    'catalog',
    'daemon/config/duration',
    'daemon/kubernetes',
    'daemon/kubernetes-client',
  ],
  'daemon/targets': [
    'daemon/progress',
    'catalog',
    'daemon/kubernetes',
    'daemon/kubernetes-client',
    'daemon/kong',
    'daemon/plan',
    'daemon/translate',
    'daemon/config/duration',
  ],
  // The gateway's Dataplane lives where services are observed: one client reads and writes there.
  'daemon/targets/dataplane': [
    'catalog',
    'daemon/config/duration',
    'daemon/sources',
    'daemon/targets',
    'daemon/translate',
  ],
  // The tag of a Dataplane, set by way of the Services: the same phases, another lever.
  'daemon/targets/kubernetes-align': [
    'catalog',
    'daemon/kubernetes',
    'daemon/kubernetes-client',
    'daemon/targets',
    'daemon/targets/dataplane',
  ],
  'daemon/config': [
    'catalog',
    'daemon/config/duration',
    'http-server/listen-address',
    'daemon/election',
    'daemon/kong',
    'daemon/sources',
    'daemon/targets',
    'daemon/translate',
  ],
  'daemon/config/duration': [],
  'http-server/listen-address': [],
  'daemon/version': ['daemon/package-root'],
  'daemon/package-root': [],
  // How long work tells how far it is.
  'daemon/progress': [],
  'daemon/reconcile': [
    'daemon/progress',
    'catalog',
    'daemon/config',
    'daemon/election',
    'daemon/reconcile/clock',
    'daemon/kong',
    'daemon/plan',
    'daemon/sources',
    'daemon/targets',
    'daemon/translate',
  ],
  'daemon/doctor': ['catalog', 'daemon/kong', 'daemon/translate'],
  // The one part of the doctor that asks; what it looks at is what a pass would.
  'daemon/doctor/gather': [
    'daemon/progress',
    'catalog',
    'daemon/config',
    'daemon/doctor',
    'daemon/kong',
    'daemon/plan',
    'daemon/reconcile',
    'daemon/sources',
    'daemon/targets',
    'daemon/version',
    // What a plugin server is asked, it is asked in Kong's protocol, which is declared once.
    'plugin-server/probe',
  ],
  'plugin-server/probe': ['plugin-server'],
  'daemon/explain': ['catalog', 'daemon/doctor', 'daemon/kong', 'daemon/translate'],
  'daemon/status': [
    'catalog',
    'daemon/package-root',
    'http-server',
    'daemon/election',
    'daemon/kong',
    'daemon/plan',
    'daemon/reconcile',
    'daemon/sources',
    'daemon/translate',
  ],
  // The way from Kuma 2.x to 3.x: what the doctor sees, and the writes of the stages.
  'daemon/migrate': [
    'catalog',
    'daemon/config',
    'daemon/doctor',
    'daemon/sources',
    'daemon/targets',
  ],
  // Where one request ended, judged by its answer.
  'daemon/check': ['daemon/kong'],
  'daemon/cli': [
    'daemon/check',
    'daemon/progress',
    'catalog',
    'daemon/config',
    'daemon/doctor',
    'daemon/election',
    'daemon/explain',
    'daemon/kong',
    'daemon/kubernetes',
    'daemon/kubernetes-client',
    'daemon/migrate',
    'daemon/plan',
    'daemon/reconcile',
    'daemon/sources',
    'daemon/status',
    'daemon/targets',
    'daemon/translate',
    'daemon/version',
    'http-server/listen-address',
    // The command line starts the plugin server; the daemon proper knows nothing of it.
    'plugin-server',
  ],
  // A stand-in that shared code with what it tests would share its mistakes too.
  sandbox: ['catalog'],
  bench: ['catalog', 'daemon', 'plugin', 'plugin-server', 'sandbox'],
  docs: ['catalog', 'daemon', 'plugin', 'plugin-server'],
};

/** Pure layers compute: no files, network, processes, clocks or logs. */
const pure = [
  'daemon/doctor',
  'daemon/explain',
  'daemon/kong',
  'daemon/kubernetes',
  'daemon/plan',
  'daemon/translate',
];
const impure =
  /^(node:)?(fs|net|http|https|http2|tls|dns|child_process|os|process|timers)(\/|$)|^(axios|chokidar|pino|cockatiel|commander)$/;

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly target: string;
}

const layers = Object.keys(allowed).sort((a, b) => b.length - a.length);

function layerOf(path: string): string | undefined {
  return layers.find((layer) => path === layer || path.startsWith(`${layer}/`));
}

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const layer = layerOf(file.replace(/\.ts$/, '')) ?? 'unknown';
  const pattern = /(?:from|import\(|require\(|^import)\s*['"]([^'"]+)['"]/gm;
  return [...text.matchAll(pattern)]
    .map((match) => {
      const name = match[1] ?? '';
      const target = name.startsWith('.')
        ? relative(root, resolve(join(root, dirname(file)), name)).replace(/\.js$/, '')
        : name;
      return { file, layer, target };
    })
    .filter(({ target }) => !(target === 'node:net' && onlyChecksAddresses(text)));
}

/** `isIP` and its kin are functions of a string that happen to live in a module of sockets. */
function onlyChecksAddresses(text: string): boolean {
  return /import \{ (isIP(v[46])?(, )?)+ \} from 'node:net'/.test(text);
}

const folders = [
  'catalog',
  'http-server',
  'plugin',
  'plugin-server',
  'daemon',
  'sandbox',
  'bench',
  'docs',
];
const files = folders.flatMap(sourceFiles);
const imports = files.flatMap(importsOf);

test('every source file lies in a layer', () => {
  const homeless = files.filter((file) => layerOf(file.replace(/\.ts$/, '')) === undefined);

  expect(files.length).toBeGreaterThan(50);
  expect(homeless).toEqual([]);
});

test('imports point one way', () => {
  const wrong = imports.filter(({ layer, target }) => {
    const targetLayer = layerOf(target);
    if (targetLayer === undefined || targetLayer === layer) return false;
    const may = allowed[layer] ?? [];
    return !may.some((name) => targetLayer === name || targetLayer.startsWith(`${name}/`));
  });

  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('the pure middle does no input or output', () => {
  const wrong = imports.filter(({ layer, target }) => pure.includes(layer) && impure.test(target));

  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

test('the pure middle reads no clock and no environment', () => {
  const wrong = files
    .filter((file) => pure.includes(layerOf(file.replace(/\.ts$/, '')) ?? ''))
    .filter((file) =>
      /\bprocess\.[a-z]+[.[(]|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bconsole\./.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );

  expect(wrong).toEqual([]);
});

test('nothing that runs in production imports the sandbox', () => {
  const wrong = imports.filter(
    ({ file, target }) =>
      target.startsWith('sandbox') && !file.startsWith('sandbox/') && !file.startsWith('bench/'),
  );

  expect(wrong.map(({ file }) => file)).toEqual([]);
});
