/** Puts what is kept of each kind together, and what went wrong beside it. */
import type { Failure } from '../../../catalog/error';
import { kubernetesErrors } from '../../kubernetes/errors';
import { resourceLabel } from '../../kubernetes-client/resource-path';
import type { ClusterFacts } from './cluster-facts';
import type { Scope } from './scope';
import { kindNames, watchedKinds, type Kept, type KindName, type ViewOf } from './watched-kinds';

/** One kind as it was read: its objects, or why there are none. */
export type KindRead<K extends KindName = KindName> =
  | { readonly state: 'read'; readonly kept: readonly Kept<ViewOf<K>>[] }
  | { readonly state: 'absent' }
  /** Only for kinds of which nothing but findings are made: the role, or a broken CRD. */
  | { readonly state: 'unread'; readonly failure: Failure };

export function collectFacts(
  read: (kind: KindName) => KindRead,
  { gatewayNamespace, namespaces }: Pick<Scope, 'gatewayNamespace' | 'namespaces'>,
  known: readonly Failure[] = [],
): ClusterFacts {
  const failures: Failure[] = [...known];
  const unread = new Set<KindName>();
  const absent = new Set<KindName>();
  const refused: { readonly kind: KindName; readonly failure: Failure }[] = [];
  const views = new Map<KindName, readonly unknown[]>();
  for (const kind of kindNames) {
    const result = read(kind);
    if (result.state === 'absent') absent.add(kind);
    if (result.state === 'unread') {
      unread.add(kind);
      refused.push({ kind, failure: result.failure });
    }
    const split = result.state === 'read' ? splitKept(result.kept) : nothing;
    views.set(kind, split.values);
    failures.push(...split.failures);
  }
  failures.push(...refusals(refused));
  return {
    // Each list was made by the kind whose name it has.
    views: Object.fromEntries(views) as unknown as ClusterFacts['views'],
    absent,
    unread,
    failures,
    gatewayNamespace,
    namespaces,
  };
}

/** A role that was printed by an older version lacks many kinds at once: one cause, one finding. */
function refusals(
  refused: readonly { readonly kind: KindName; readonly failure: Failure }[],
): readonly Failure[] {
  const forbidden = refused.filter(({ failure }) => failure.code === 'K8S_FORBIDDEN');
  const all = forbidden.length > 3 ? refused.filter((one) => !forbidden.includes(one)) : refused;
  const each = all.map(({ failure }): Failure => ({ ...failure, severity: 'warning' }));
  if (forbidden.length <= 3) return each;
  const kinds = forbidden.map(({ kind }) => resourceLabel(watchedKinds[kind].resource)).sort();
  const details = { kinds: kinds.join(', ') };
  return [...each, kubernetesErrors.failure('K8S_FORBIDDEN_KINDS', details)];
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
    const values: unknown[] = [];
    const failures: Failure[] = [];
    for (const one of kept) {
      if (one.ok) {
        values.push(one.value);
        if (one.failures) failures.push(...one.failures);
      } else failures.push(one.failure);
    }
    split = { values, failures };
    splits.set(kept, split);
  }
  return split;
}
