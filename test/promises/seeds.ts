/** A seed is any text: `ci`, a number, a date. Each episode of a walk has its own. */
export function episodeSeed(seed: string, index: number): number {
  let hash = 2_166_136_261;
  for (const letter of `${seed}/${index}`) {
    hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619) >>> 0;
  }
  return hash;
}
