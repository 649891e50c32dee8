/** A list as one message bears it: ten thousand names help nobody. */
export function abridged(names: readonly string[]): string {
  const limit = 10;
  if (names.length === 0) return 'none';
  const shown = names.slice(0, limit).join(', ');
  return names.length <= limit ? shown : `${shown} and ${names.length - limit} more`;
}
