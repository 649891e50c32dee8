/** The page and the tests are held against each other: neither promises what the other does not have. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { root } from '../e2e/programs';

const page = join(root, 'docs', 'security.md');
const text = readFileSync(page, 'utf8');
const links = [...text.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, to]) =>
  join(dirname(page), to ?? ''),
);

it('names every test of a threat, and no other', () => {
  const here = readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.ts') && name !== 'threat-model.test.ts')
    .map((name) => join(__dirname, name));
  const named = new Set(links.filter((path) => path.endsWith('.test.ts')));

  expect([...named].sort()).toEqual(here.sort());
});

it('has no row without a test', () => {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => /^\| who reaches +\|/.test(line));
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  const rows = lines.slice(head + 2, end);

  expect(head).toBeGreaterThan(0);
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatch(/\]\(\.\.\/test\/security\/[\w-]+\.test\.ts\) *\|$/);
});

it('leads nowhere that is not there', () => {
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});

it('names findings that there are', () => {
  const known = readFileSync(join(root, 'docs', 'reference', 'errors.md'), 'utf8');

  const codes = [...text.matchAll(/`((?:CONFIG|KONG|KUMA|K8S)_[A-Z0-9_]+)`/g)].map(
    ([, code]) => code,
  );

  expect(codes).not.toEqual([]);
  expect(codes.filter((code) => !known.includes(`\`${code}\``))).toEqual([]);
});
