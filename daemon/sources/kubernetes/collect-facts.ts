/** Puts what is kept of each kind together, and what went wrong beside it. */
import type { Failure } from '../../../catalog/error';
import type { ClusterFacts } from './cluster-facts';
import { kindNames, watchedKinds, type Kept, type KindName, type ViewOf } from './watched-kinds';

/** One kind as it was read: its objects, or why there are none. */
export type KindRead<K extends KindName = KindName> =
  | { readonly state: 'read'; readonly kept: Iterable<Kept<ViewOf<K>>> }
  | { readonly state: 'absent' }
  /** Only for kinds of which nothing but findings are made. */
  | { readonly state: 'forbidden'; readonly failure: Failure };

export function collectFacts(
  read: (kind: KindName) => KindRead,
  gatewayNamespace: string,
): ClusterFacts {
  const failures: Failure[] = [];
  const absent = new Set<KindName>();
  const views = new Map<KindName, unknown[]>();
  for (const kind of kindNames) {
    const result = read(kind);
    const values: unknown[] = [];
    views.set(kind, values);
    if (result.state === 'absent') absent.add(kind);
    if (result.state === 'forbidden') failures.push({ ...result.failure, severity: 'warning' });
    if (result.state !== 'read') continue;
    for (const one of result.kept) {
      if (one.ok) values.push(one.value);
      else failures.push(one.failure);
    }
  }
  return {
    // Each list was made by the kind whose name it has.
    views: Object.fromEntries(views) as unknown as ClusterFacts['views'],
    absent,
    failures,
    gatewayNamespace,
  };
}

/** The groups that come with CRDs, each with the kinds that are asked for. */
export function optionalGroups(): readonly {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly KindName[];
}[] {
  const optional = kindNames.filter((kind) => watchedKinds[kind].optional);
  const groups = new Map<string, KindName[]>();
  for (const kind of optional) {
    const { group, version } = watchedKinds[kind].resource;
    const key = `${group}/${version}`;
    groups.set(key, [...(groups.get(key) ?? []), kind]);
  }
  return [...groups].map(([key, kinds]) => {
    const [group = '', version = ''] = key.split('/');
    return { group, version, kinds };
  });
}
