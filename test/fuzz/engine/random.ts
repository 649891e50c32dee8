/** Random choices that are the same for the same seed, on every machine. */

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed any text, such as `seed target index`. */
  constructor(seed: string) {
    [this.#a, this.#b, this.#c, this.#d] = hash128(seed);
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** sfc32: 32 bits. */
  next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** An integer of 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor((this.next() / 0x100000000) * below);
  }

  chance(share: number): boolean {
    return this.next() / 0x100000000 < share;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.int(choices.length)];
    if (chosen === undefined && choices.length === 0) throw new Error('nothing to choose from');
    return chosen as T;
  }

  /** Small numbers often, large ones sometimes: how many changes an input gets. */
  few(most: number): number {
    let count = 1;
    while (count < most && this.chance(0.45)) count += 1;
    return count;
  }

  /** A start and an end within a length; short spans more often than long ones. */
  span(length: number): readonly [number, number] {
    const start = this.int(length + 1);
    const longest = this.chance(0.7) ? Math.min(16, length - start) : length - start;
    return [start, start + this.int(longest + 1)];
  }
}

/** Four 32-bit numbers of a text (cyrb128). */
function hash128(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ unit, 597399067);
    b = c ^ Math.imul(b ^ unit, 2869860233);
    c = d ^ Math.imul(c ^ unit, 951274213);
    d = a ^ Math.imul(d ^ unit, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a];
}
