/** Golden files: what came out is held to what was read and committed. One switch writes them anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function expectGolden(file: string, actual: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, actual);
  expect(actual).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'no golden file yet');
}
