import type { Terminal } from './terminal';

/** What templates may have put into Kong: it may be there without any file that says so. */
export function environmentOf({ env }: Pick<Terminal, 'env'>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('DECK_') && value !== undefined && value !== '' ? [value] : [],
  );
}
