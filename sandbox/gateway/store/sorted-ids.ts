/** The most ids a chunk holds before it is split: an insertion moves at most this many. */
const chunkSize = 512;

/**
 * Ids in order, for lists that are read by page while entities come and go: insertion and removal
 * cost a search and a short move, reading costs what is read.
 */
export class SortedIds {
  private readonly chunks: string[][] = [];

  add(id: string): void {
    const at = this.findChunk(id);
    const chunk = this.chunks[at];
    if (!chunk) {
      this.chunks.push([id]);
      return;
    }
    const place = lowerBound(chunk, id);
    if (chunk[place] === id) return;
    chunk.splice(place, 0, id);
    if (chunk.length > chunkSize) this.chunks.splice(at + 1, 0, chunk.splice(chunkSize / 2));
  }

  delete(id: string): void {
    const at = this.findChunk(id);
    const chunk = this.chunks[at];
    if (!chunk) return;
    const place = lowerBound(chunk, id);
    if (chunk[place] !== id) return;
    chunk.splice(place, 1);
    if (chunk.length === 0) this.chunks.splice(at, 1);
  }

  /** The ids behind the given one (all where none is given), in order. */
  *after(id?: string): Generator<string> {
    let at = id === undefined ? 0 : this.findChunk(id);
    for (; at < this.chunks.length; at++) {
      const chunk = this.chunks[at] ?? [];
      let place = id === undefined ? 0 : lowerBound(chunk, id);
      if (chunk[place] === id) place++;
      for (; place < chunk.length; place++) yield chunk[place] ?? '';
    }
  }

  /** The chunk that holds the id, or would. */
  private findChunk(id: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = this.chunks[middle]?.[0] ?? '';
      if (first <= id) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lowerBound(sorted: readonly string[], id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
