/** Alias → lines, as a hash table of numbers: a Map of strings would outweigh the file itself. */

/** Buckets are a power of two, at least as many as entries. */
export class LineIndex {
  #entries = 0;
  #hashes = new Uint32Array(256);
  #lines = new Uint32Array(256);
  /** Next entry of the same bucket plus one; 0 ends the chain. */
  #next = new Uint32Array(0);
  #buckets = new Uint32Array(1);

  /** Aliases are already normalised. */
  add(line: number, aliases: readonly string[]): void {
    for (const alias of aliases) {
      if (this.#entries === this.#hashes.length) {
        this.#hashes = resized(this.#hashes, this.#entries * 2);
        this.#lines = resized(this.#lines, this.#entries * 2);
      }
      this.#hashes[this.#entries] = hashOf(alias);
      this.#lines[this.#entries] = line;
      this.#entries += 1;
    }
  }

  /** Call once after the last line: chains the entries and gives back what was reserved too much. */
  finish(): this {
    this.#hashes = resized(this.#hashes, this.#entries);
    this.#lines = resized(this.#lines, this.#entries);
    this.#next = new Uint32Array(this.#entries);
    this.#buckets = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(this.#entries, 1))));
    for (let entry = 0; entry < this.#entries; entry += 1) {
      const bucket = this.#bucketOf(at(this.#hashes, entry));
      this.#next[entry] = at(this.#buckets, bucket);
      this.#buckets[bucket] = entry + 1;
    }
    return this;
  }

  /** The lines that may have this alias, in order: a superset, since two aliases may hash alike. */
  find(alias: string): readonly number[] {
    const hash = hashOf(alias);
    const found = new Set<number>();
    let entry = at(this.#buckets, this.#bucketOf(hash));
    while (entry !== 0) {
      if (at(this.#hashes, entry - 1) === hash) found.add(at(this.#lines, entry - 1));
      entry = at(this.#next, entry - 1);
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Gives the memory back at once; nothing is found after that. */
  release(): void {
    const arrays = [this.#hashes, this.#lines, this.#next, this.#buckets];
    this.#buckets = new Uint32Array(1);
    arrays.forEach(release);
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

function resized(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const other = new Uint32Array(length);
  other.set(array.subarray(0, length));
  release(array);
  return other;
}

/**
 * Frees large memory that is garbage from here on. Its owner is old, and old garbage is collected
 * when the heap has grown enough, which megabytes outside of it hardly make it do.
 */
function release({ buffer }: Uint32Array): void {
  if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
}

function at(array: Uint32Array, index: number): number {
  return array[index] ?? 0;
}
