/**
 * A map whose keys are read in order, page by page: the API lists by name, and a list has to cost its page
 * and not the whole collection. Keys are sorted on the first read and kept sorted by insertion from then on,
 * so filling it in bulk sorts once.
 */
export class SortedMap<Value> {
  readonly #values = new Map<string, Value>();
  #sorted: string[] | undefined;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  set(key: string, value: Value): void {
    if (this.#sorted && !this.#values.has(key)) {
      this.#sorted.splice(position(this.#sorted, key), 0, key);
    }
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    this.#sorted?.splice(position(this.#sorted, key), 1);
    return true;
  }

  /** The values from `offset`, at most `count`, in the order of their keys. */
  page(offset: number, count: number): Value[] {
    return this.keys(offset, count).map((key) => this.#values.get(key) as Value);
  }

  keys(offset = 0, count = Infinity): readonly string[] {
    this.#sorted ??= [...this.#values.keys()].sort();
    return this.#sorted.slice(offset, offset + count);
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }
}

/** The first index whose key is not before `key`. */
function position(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
