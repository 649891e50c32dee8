/** Puts what is kept of each kind together, and what went wrong beside it. */
import type { Failure } from '../../../catalog/error';
import type { ClusterFacts } from './cluster-facts';
import { kindNames, watchedKinds, type Kept, type KindName, type ViewOf } from './watched-kinds';

/** One kind as it was read: its objects, or why there are none. */
export type KindRead<K extends KindName = KindName> =
  | { readonly state: 'read'; readonly kept: readonly Kept<ViewOf<K>>[] }
  | { readonly state: 'absent' }
  /** Only for kinds of which nothing but findings are made. */
  | { readonly state: 'forbidden'; readonly failure: Failure };

export function collectFacts(
  read: (kind: KindName) => KindRead,
  gatewayNamespace: string,
): ClusterFacts {
  const failures: Failure[] = [];
  const absent = new Set<KindName>();
  const views = new Map<KindName, readonly unknown[]>();
  for (const kind of kindNames) {
    const result = read(kind);
    if (result.state === 'absent') absent.add(kind);
    if (result.state === 'forbidden') failures.push({ ...result.failure, severity: 'warning' });
    const split = result.state === 'read' ? splitKept(result.kept) : nothing;
    views.set(kind, split.values);
    failures.push(...split.failures);
  }
  return {
    // Each list was made by the kind whose name it has.
    views: Object.fromEntries(views) as unknown as ClusterFacts['views'],
    absent,
    failures,
    gatewayNamespace,
  };
}

interface Split {
  readonly values: readonly unknown[];
  readonly failures: readonly Failure[];
}

const nothing: Split = { values: [], failures: [] };

const splits = new WeakMap<readonly Kept<unknown>[], Split>();

/** Of the very same list the very same parts. */
function splitKept(kept: readonly Kept<unknown>[]): Split {
  let split = splits.get(kept);
  if (!split) {
    split = {
      values: kept.flatMap((one) => (one.ok ? [one.value] : [])),
      failures: kept.flatMap((one) => (one.ok ? [] : [one.failure])),
    };
    splits.set(kept, split);
  }
  return split;
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
