/** Of one kind of finding more than some would bury all others: one sentence stands for the rest. */
import type { Failure } from '../../catalog/error';
import { kubernetesErrors } from './errors';

const shown = 20;

export function limitFailures(failures: readonly Failure[]): readonly Failure[] {
  const byCode = new Map<string, Failure[]>();
  for (const failure of failures) {
    const list = byCode.get(failure.code);
    if (list) list.push(failure);
    else byCode.set(failure.code, [failure]);
  }
  return [...byCode].flatMap(([code, list]) => {
    list.sort((a, b) => ((a.entity ?? '') < (b.entity ?? '') ? -1 : 1));
    const more = list.length - shown;
    if (more <= 0) return list;
    const rest = kubernetesErrors.failure('K8S_MORE_FINDINGS', { finding: code, count: more });
    return [...list.slice(0, shown), rest];
  });
}
