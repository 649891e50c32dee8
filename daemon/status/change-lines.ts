/** What a pass changed, one line each, without any value: names and fields only. */
import type { Entity, KongState } from '../kong/model';
import type { Change } from '../plan/change';
import { consoleName, kinds } from '../plan/console-name';
import type { PassReport } from '../reconcile/report';
import { safeName } from './safe-name';

export interface ChangeLine {
  /** `kong-dbless`, `snapshot`, `dataplane`. */
  readonly target: string;
  readonly op: 'create' | 'update' | 'delete';
  /** `route`, `key-auth`, `outbound`, `snapshot`. */
  readonly kind: string;
  readonly name: string;
  /** For an update of Kong: which fields. */
  readonly fields?: readonly string[];
}

/**
 * In the order in which it happened: expand, switch, contract. A report lists what its Dataplane plan
 * held; contract only runs after a whole switch, and neither counts in a pass that failed.
 */
export function listChanges(
  report: PassReport,
  kong: KongState | undefined,
): readonly ChangeLine[] {
  const { dataplane, snapshot, outcome } = report;
  const expanded = outcome === 'failed' ? [] : dataplane.expanded;
  const whole = outcome === 'applied' || outcome === 'unchanged';
  const contracted = whole ? dataplane.contracted : [];
  const byId = new Map((kong?.entities ?? []).map((entity) => [entity.id, entity]));
  return [
    ...expanded.map(dataplaneLine),
    ...(snapshot?.written === true
      ? [{ target: 'snapshot', op: 'update', kind: 'snapshot', name: snapshot.file } as const]
      : []),
    ...(report.kong?.plan.changes ?? []).map((change) =>
      kongLine(report.kong?.target ?? 'kong', change, byId),
    ),
    ...contracted.map(dataplaneLine),
  ];
}

function kongLine(target: string, change: Change, byId: ReadonlyMap<string, Entity>): ChangeLine {
  const entity = change.op === 'delete' ? change.previous : change.next;
  const nameOf = (field: string): string | undefined => {
    const parent = byId.get(entity.references[field]?.id ?? '');
    return parent && safeName(parent);
  };
  const plain = safeName(entity);
  const line = {
    target,
    op: change.op,
    kind: kinds[entity.type],
    name: plain === entity.id ? plain : consoleName(entity, nameOf),
  };
  if (change.op !== 'update') return line;
  return { ...line, fields: [...new Set(change.fields.map(({ path }) => path.join('.')))] };
}

const dataplaneWords = {
  create: { op: 'create', kind: 'dataplane' },
  'add-outbound': { op: 'create', kind: 'outbound' },
  'remove-outbound': { op: 'delete', kind: 'outbound' },
  'set-service': { op: 'update', kind: 'identity' },
  'set-label': { op: 'update', kind: 'label' },
} as const;

function dataplaneLine(change: PassReport['dataplane']['expanded'][number]): ChangeLine {
  const { op, kind } = dataplaneWords[change.op];
  const what = change.what.replace(/^outbound /, '');
  return { target: 'dataplane', op, kind, name: `${what} on ${change.dataplane}` };
}
