/** Alias → lines, as a hash table of numbers: a Map of strings would outweigh the file itself. */

/** Where a line is; `end` is that of its newline. */
export interface Line {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Bucket count is a power of two, at least the number of entries. */
export class LineIndex {
  #size = 0;
  #entries = 0;
  #starts = new Uint32Array(64);
  #ends = new Uint32Array(64);
  #hashes = new Uint32Array(256);
  #lines = new Uint32Array(256);
  /** Next entry of the same bucket plus one; 0 ends the chain. */
  #next = new Uint32Array(0);
  #buckets = new Uint32Array(0);

  get size(): number {
    return this.#size;
  }

  /** Lines are added in order; aliases are already normalised. */
  add(start: number, end: number, aliases: readonly string[]): void {
    if (this.#size === this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#ends = grown(this.#ends);
    }
    this.#starts[this.#size] = start;
    this.#ends[this.#size] = end;
    for (const alias of aliases) {
      if (this.#entries === this.#hashes.length) {
        this.#hashes = grown(this.#hashes);
        this.#lines = grown(this.#lines);
      }
      this.#hashes[this.#entries] = hashOf(alias);
      this.#lines[this.#entries] = this.#size;
      this.#entries += 1;
    }
    this.#size += 1;
  }

  /** Call once after the last line: chains the entries and gives back what was reserved too much. */
  finish(): this {
    this.#starts = this.#starts.slice(0, this.#size);
    this.#ends = this.#ends.slice(0, this.#size);
    this.#hashes = this.#hashes.slice(0, this.#entries);
    this.#lines = this.#lines.slice(0, this.#entries);
    this.#next = new Uint32Array(this.#entries);
    this.#buckets = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(this.#entries, 1))));
    for (let entry = 0; entry < this.#entries; entry += 1) {
      const bucket = this.#bucketOf(at(this.#hashes, entry));
      this.#next[entry] = at(this.#buckets, bucket);
      this.#buckets[bucket] = entry + 1;
    }
    return this;
  }

  /** The lines that may have this alias: a superset, since two aliases may hash alike. */
  find(alias: string): readonly Line[] {
    const hash = hashOf(alias);
    const found = new Set<number>();
    let entry = at(this.#buckets, this.#bucketOf(hash));
    while (entry !== 0) {
      if (at(this.#hashes, entry - 1) === hash) found.add(at(this.#lines, entry - 1));
      entry = at(this.#next, entry - 1);
    }
    return [...found]
      .sort((a, b) => a - b)
      .map((line) => ({ line, start: at(this.#starts, line), end: at(this.#ends, line) }));
  }

  #bucketOf(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function at(array: Uint32Array, index: number): number {
  return array[index] ?? 0;
}
