import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { catalogues } from '../../docs/pages/errors';

const root = join(__dirname, '..', '..');
const specs = Object.values(catalogues).flatMap((catalogue) => Object.entries(catalogue));

test('a code is declared once over all areas', () => {
  const codes = specs.map(([code]) => code);

  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

test('every catalogue of the sources is on the reference page', () => {
  const declaring = ['catalog', 'plugin', 'plugin-server', 'daemon']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /= defineErrors\(/.test(readFileSync(join(root, file), 'utf8')));

  expect(declaring.length).toBe(Object.keys(catalogues).length);
});

test.each(specs)(
  '%s says what is wrong and what to do, in sentences',
  (code, { message, remedy }) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(message).toMatch(/[.?!}]$/);
    expect(remedy).toMatch(/^(\{\w+\} ?)?([A-Z`].*[.?!}])?$/s);
  },
);
