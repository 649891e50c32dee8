/** The results that are kept in the repository, and the page that is made of them. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { chartFolder, renderPage } from './page';
import { merge, readResults, writeResults, type Results } from './results';

/** As compiled: `dist/bench/report` is three folders below the repository. */
const root = join(__dirname, '..', '..', '..');
export const resultsFile = join('bench', 'results', 'results.json');
export const pageFile = join('docs', 'performance.md');

/** Puts them in place of the older ones of the same benches, and makes the page again. */
export async function keepResults(fresh: Results): Promise<void> {
  const file = join(root, resultsFile);
  await mkdir(join(file, '..'), { recursive: true });
  await writeResults(file, merge(await readResults(file), fresh));
  await writePage();
}

/** Makes the page of the results that are kept. */
export async function writePage(): Promise<void> {
  const { markdown, charts } = renderPage(await readResults(join(root, resultsFile)));
  const folder = join(root, 'docs', chartFolder);
  await mkdir(folder, { recursive: true });
  for (const old of await readdir(folder)) {
    if (!Object.hasOwn(charts, old)) await rm(join(folder, old));
  }
  for (const [name, svg] of Object.entries(charts)) await writeFile(join(folder, name), svg);
  await writeFile(join(root, pageFile), markdown);
}
