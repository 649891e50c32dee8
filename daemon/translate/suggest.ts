/** Near misses: what the user may have meant. */
import { fullReference, type MeshService } from '../../catalog/service';

/** Comparing costs time for each name of the mesh; nobody reads more suggestions than this. */
const searchLimit = 20;
const suggestionLimit = 3;

export interface Suggester {
  /** References to services whose names are close to the text, the closest first. */
  suggest(text: string): readonly string[];
}

/** The first `searchLimit` texts get suggestions, so that a whole lost mesh stays cheap to report. */
export function createSuggester(services: readonly MeshService[]): Suggester {
  let searches = 0;
  let names: ReadonlyMap<string, string> | undefined;
  return {
    suggest(text) {
      searches += 1;
      if (searches > searchLimit) return [];
      names ??= namesOf(services);
      return closest(text.toLowerCase(), names);
    },
  };
}

/** Every name that a user may have in mind, with the reference that is right for it. */
function namesOf(services: readonly MeshService[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const service of services) {
    const reference = fullReference(service);
    const tags = service.ports.flatMap(({ tag }) => (tag === undefined ? [] : [tag]));
    for (const name of [reference, service.name]) {
      if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), reference);
    }
    for (const tag of tags) names.set(tag.toLowerCase(), tag);
  }
  return names;
}

function closest(text: string, names: ReadonlyMap<string, string>): readonly string[] {
  const limit = Math.min(3, Math.max(1, Math.floor(text.length / 3)));
  const found = new Map<string, number>();
  for (const [name, reference] of names) {
    if (Math.abs(name.length - text.length) > limit) continue;
    const distance = editDistance(text, name, limit);
    if (distance > limit) continue;
    found.set(reference, Math.min(distance, found.get(reference) ?? distance));
  }
  return [...found]
    .sort(([a, near], [b, far]) => near - far || (a < b ? -1 : 1))
    .slice(0, suggestionLimit)
    .map(([reference]) => reference);
}

/** Insertions, deletions and replacements from one to the other; gives up beyond the limit. */
export function editDistance(from: string, to: string, limit: number): number {
  const width = to.length + 1;
  let previous = Uint32Array.from({ length: width }, (_, column) => column);
  let current = new Uint32Array(width);
  for (let row = 1; row <= from.length; row += 1) {
    current[0] = row;
    let best = row;
    for (let column = 1; column < width; column += 1) {
      const kept = from.charCodeAt(row - 1) === to.charCodeAt(column - 1) ? 0 : 1;
      const replaced = (previous[column - 1] ?? 0) + kept;
      const value = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current[column] = value;
      if (value < best) best = value;
    }
    if (best > limit) return limit + 1;
    [previous, current] = [current, previous];
  }
  return Math.min(previous[to.length] ?? 0, limit + 1);
}
