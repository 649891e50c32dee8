/** Marks a page as made by `npm run docs`, so that nobody edits it by hand. */
export function generated(text: string): string {
  return `<!-- Generated from the code by \`npm run docs\`: edit the code, not this page. -->\n\n${text}`;
}

/** Text for one cell of a table. */
export function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}
