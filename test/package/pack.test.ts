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
const scripts = files.filter(({ path }) => path.endsWith('.js'));

interface Import {
  readonly file: string;
  readonly name: string;
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/\b(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g)].map(([, name]) => ({
    file,
    name: name ?? '',
  }));
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
    /^dist\/(catalog|http-server|plugin|plugin-server|daemon)\/.*\.js$/,
    /^dist\/sandbox\/.*\.(js|json)$/,
    /^deploy\/(grafana|prometheus|systemd)\/[^/]+\.(json|yml|service|socket|conf)$/,
    /^deploy\/kubernetes\/(examples\/)?[^/]+\.yaml$/,
    /^(kong\.yml|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
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

  expect(own.length).toBeGreaterThan(500);
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
