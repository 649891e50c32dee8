/** The files of the page, as they stand: no bundle, no request to anywhere else. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { packageRoot } from '../../package-root';

export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * For `content-security-policy`: scripts and styles of its own server, and nothing else. All of it is fixed
 * text: what the daemon knows comes later, as JSON, and is only ever set as text.
 */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** By path, `/` for the page itself and `/codes` for what every code means. */
export function loadPage(root: string = packageRoot.folder): ReadonlyMap<string, PageFile> {
  const folder = join(root, 'daemon', 'status', 'page', 'assets');
  const files = new Map<string, PageFile>();
  const add = (path: string, file: string): void => {
    const contentType = types[extname(file)];
    if (contentType !== undefined) files.set(path, { contentType, body: readFileSync(file) });
  };
  for (const name of readdirSync(folder)) add(`/assets/${name}`, join(folder, name));
  add('/', join(folder, 'index.html'));
  add('/codes', join(root, 'docs', 'reference', 'codes.html'));
  return files;
}
