/** What the references of all links stand for: kept, so that none of them moves to a namesake. */
import { bindingKey, type Bindings } from '../../catalog/bindings';
import { aliasesOf, serviceKey } from '../../catalog/service';
import { normaliseReference } from '../../catalog/lookup';
import type { LinkWish } from './link-claim';
import type { Resolution } from './resolve';

export interface ReferenceCollector {
  add(wish: LinkWish, resolution: Resolution): void;
  /** Sorted by reference. */
  collected(): { readonly bindings: Bindings; readonly secrets: ReadonlySet<string> };
}

/** @param before what they stood for so far: a reference that does not resolve now keeps it. */
export function createReferenceCollector(before: Bindings): ReferenceCollector {
  const bindings = new Map<string, string>();
  const secrets = new Set<string>();
  return {
    add({ names, secret }, { service }) {
      const aliases = service && new Set(aliasesOf(service));
      for (const name of names) {
        const key = bindingKey(name);
        const bound =
          service && aliases?.has(normaliseReference(name)) === true
            ? serviceKey(service)
            : before.get(key);
        if (bound === undefined) continue;
        bindings.set(key, bound);
        if (secret) secrets.add(key);
      }
    },
    collected: () => ({
      bindings: new Map([...bindings].sort(([a], [b]) => (a < b ? -1 : 1))),
      secrets,
    }),
  };
}
