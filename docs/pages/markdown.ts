/** Marks a page as made by `npm run docs`, so that nobody edits it by hand. */
export function generated(text: string): string {
  return `<!-- Generated from the code by \`npm run docs\`: edit the code, not this page. -->\n\n${text}`;
}

/** Text for one cell of a table. In code, which a browser shows as it is, `<` stays what it is. */
export function escapeCell(text: string): string {
  const oneLine = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return oneLine
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;')))
    .join('');
}
