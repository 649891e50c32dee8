/** What `npm publish` would send: nothing but what runs, and all that it needs. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';

const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/** By npm's own rules, without a build, a network or a file written. */
function packedFiles(): readonly PackedFile[] {
  const args = ['pack', '--json', '--dry-run', '--ignore-scripts', '--offline'];
  const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  // A list up to npm 11, an object by name after it.
  const packages = Object.values(JSON.parse(output) as object) as readonly {
    readonly files: readonly PackedFile[];
  }[];
  return packages[0]?.files ?? [];
}

const files = packedFiles();
const paths = new Set(files.map(({ path }) => path));
const scripts = files.filter(({ path }) => /^dist\/.*\.m?js$/.test(path));

interface Import {
  readonly file: string;
  readonly name: string;
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const calls = text.matchAll(/\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g);
  const declarations = text.matchAll(/^(?:import\b[^'"]*|\} from )['"]([^'"]+)['"];$/gm);
  return [...calls, ...declarations].map(([, name = '']) => ({ file, name }));
}

const imports = scripts.flatMap(({ path }) => importsOf(path));

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

it('holds the compiled layers, what goes beside Kong and the papers, and nothing else', () => {
  const expected = [
    /^dist\/bundle\/[^/]+\.mjs$/,
    /^dist\/(catalog|http-server|plugin|plugin-server)\/.*\.js$/,
    /^dist\/sandbox\/.*\.(js|json)$/,
    /^deploy\/(grafana|prometheus|systemd)\/[^/]+\.(json|yml|service|socket|conf)$/,
    /^deploy\/kubernetes\/(examples\/)?[^/]+\.yaml$/,
    /^docs\/([^/]+\/)?[^/]+\.md$/,
    /^docs\/reference\/codes\.html$/,
    /^daemon\/status\/page\/assets\/[a-z]+\.(html|css|js)$/,
    /^docs\/images\/(performance\/)?[^/]+\.(png|svg)$/,
    /^examples\/([^/]+\/)*[^/]+\.(md|ya?ml)$/,
    /^(kong\.yml|docker-compose\.yml|package\.json|[A-Z]+\.md|LICENSE)$/,
  ];

  const odd = files.filter(({ path }) => !expected.some((pattern) => pattern.test(path)));

  expect(odd.map(({ path }) => path)).toEqual([]);
});

it.each([
  'kong.yml',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'dist/sandbox/demo/main.js',
  'daemon/status/page/assets/index.html',
  'daemon/status/page/assets/main.js',
  'docs/reference/codes.html',
  'dist/sandbox/gateway/entities/schemas/services.json',
  'dist/plugin/mesh-upstream/index.js',
  'dist/plugin-server/main.js',
  'deploy/systemd/kong-meshd.service',
  'deploy/systemd/kong-meshd-plugin-server.service',
  'deploy/systemd/kong-meshd-plugin-server.socket',
])('holds %s', (path) => {
  expect(paths).toContain(path);
});

it('stays small', () => {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);

  expect(bytes).toBeGreaterThan(500_000);
  expect(bytes).toBeLessThan(5_000_000);
});

it('has a program that can be executed', () => {
  const path = posix.normalize(manifest.bin['kong-meshd'] ?? '');

  const file = files.find((packed) => packed.path === path);
  const [firstLine] = readFileSync(join(root, path), 'utf8').split('\n', 1);

  expect((file?.mode ?? 0) & 0o111).toBe(0o111);
  expect(firstLine).toBe('#!/usr/bin/env node');
});

it('imports only what is a runtime dependency', () => {
  const foreign = imports.filter(
    ({ name }) =>
      !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name),
  );

  const missing = foreign.filter(({ name }) => !(packageOf(name) in manifest.dependencies));

  expect(foreign.length).toBeGreaterThan(10);
  expect(missing.map(({ file, name }) => `${file} imports ${name}`)).toEqual([]);
});

it('brings every file that another one imports', () => {
  const own = imports.filter(({ name }) => name.startsWith('.'));

  const missing = own.filter(({ file, name }) => {
    const target = posix.join(posix.dirname(file), name);
    return !['', '.js', '/index.js'].some((ending) => paths.has(target + ending));
  });

  expect(own.length).toBeGreaterThan(300);
  expect(missing.map(({ file, name }) => `${file} imports ${name}`)).toEqual([]);
});

it('needs no dependency that is missing from the lock file', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };

  const unlocked = Object.keys(manifest.dependencies).filter((name) => {
    const entry = lock.packages[`node_modules/${name}`];
    return !entry || entry.dev === true;
  });

  expect(unlocked).toEqual([]);
});

it('brings no compiler: kong-pdk is for the stock plugin server, which nothing here uses', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };

  const brought = ['typescript', 'kong-pdk', '@msgpack/msgpack'].filter(
    (name) => lock.packages[`node_modules/${name}`]?.dev !== true,
  );

  expect(brought).toEqual([]);
});

it('runs nothing when it is installed', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };

  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];

  expect(hooks.filter((name) => name in scripts)).toEqual([]);
});

it('says where it comes from, and has the pages that its README links to', () => {
  const about = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly repository: { readonly url: string };
    readonly homepage: string;
  };
  const pages = [...paths].filter((path) => path.endsWith('.md'));
  const missing = pages.flatMap((page) =>
    linksOf(page)
      // Tests are in the repository alone.
      .filter((target) => !/^(test|\.ci)\//.test(target))
      .filter((target) => !paths.has(target) && ![...paths].some((p) => p.startsWith(`${target}/`)))
      .map((target) => `${page}: ${target}`),
  );

  expect(about.repository.url).toMatch(/^git\+https:\/\/.*\.git$/);
  expect(about.homepage).toMatch(/^https:\/\//);
  expect(pages.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

/** Targets of relative links and pictures, as paths of the package. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(page), target).replace(/\/$/, ''));
}

it('lists what it brings, with permitted licenses, the packages of development left out', () => {
  const script = join(root, 'deploy', 'bill-of-materials.js');
  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [script, ...args], { encoding: 'utf8' });

  const bill = JSON.parse(run()) as {
    readonly bomFormat: string;
    readonly components: readonly { readonly name: string }[];
  };
  const listed = run('--licenses').trimEnd().split('\n');

  const names = bill.components.map(({ name }) => name);
  expect(bill.bomFormat).toBe('CycloneDX');
  expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  expect(names).not.toContain('jest');
  expect(listed).toHaveLength(names.length);
  expect(listed).toContain(`yaml ${versionOf('yaml')} ISC`);
});

function versionOf(name: string): string {
  const file = join(root, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
