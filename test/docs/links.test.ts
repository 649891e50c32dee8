/** Links of the pages into the repository lead somewhere, down to the heading. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { pages, root } from './support/shell-blocks';

const generated = readdirSync(join(root, 'docs', 'reference')).map(
  (name) => `docs/reference/${name}`,
);

it.each([...pages(), ...generated])('%s links to what there is', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const inside = targets.filter((target) => !/^[a-z]+:/.test(target));

  const broken = inside.filter((target) => !leadsSomewhere(page, target));

  expect(broken).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (relative(root, file).startsWith('..') || !existsSync(file)) return false;
  if (anchor === undefined) return true;
  return statSync(file).isFile() && anchorsOf(readFileSync(file, 'utf8')).has(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

it('would notice a link that leads nowhere', () => {
  expect(leadsSomewhere('README.md', 'docs/how-to/no-such-page.md')).toBe(false);
  expect(leadsSomewhere('README.md', 'docs/how-to/install.md#no-such-heading')).toBe(false);
  expect(leadsSomewhere('README.md', '../elsewhere.md')).toBe(false);
  expect(leadsSomewhere('README.md', 'docs/how-to/install.md#with-npm')).toBe(true);
});
