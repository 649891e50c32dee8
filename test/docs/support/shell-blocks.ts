/** The shell blocks of the pages, as a reader would copy them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..', '..');

/** Every page that is written by hand, by its path in the repository. */
export function pages(): readonly string[] {
  const under = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.startsWith('reference'))
      .map((name) => `${folder}/${name}`);
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...top, ...under('docs'), ...under('deploy'), ...under('examples')].sort();
}

/** Fenced blocks of a page in one of the languages, without the indentation of the list around them. */
export function blocksOf(page: string, ...languages: readonly string[]): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const fence = new RegExp(`^( *)\`\`\`(?:${languages.join('|')})\\n([\\s\\S]*?)^\\1\`\`\`$`, 'gm');
  return [...text.matchAll(fence)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

export function shellBlocksOf(page: string): readonly string[] {
  return blocksOf(page, 'sh', 'bash', 'shell', 'console');
}
