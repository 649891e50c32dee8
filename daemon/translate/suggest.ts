/** Near misses: what the user may have meant. */
import { nearest } from '../../catalog/nearest';
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
      return closest(text, names);
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
  const references = nearest(text, names.keys(), names.size).map((name) => names.get(name) ?? name);
  return [...new Set(references)].slice(0, suggestionLimit);
}
