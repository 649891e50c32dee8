/** The order in which changes can be applied without a reference that leads nowhere. */
import { compareEntities, type Entity, type EntityType } from '../kong/model';
import type { Change } from './change';

/**
 * Who needs whom. An entity refers only to entities of a higher level:
 *
 *     certificates  ca_certificates  consumers  consumer_groups  vaults  key_sets
 *          │    │          │             │            │                      │
 *        snis  services, upstreams   credentials  consumer_group_consumers  keys
 *                │            │
 *              routes      targets
 *                │
 *             plugins  (also on services, consumers, consumer groups)
 *
 * Created and updated top-down, deleted bottom-up. Kong demands only part of it (it refuses to delete
 * a service that has routes and lets everything else cascade), but a child that goes by cascade is a
 * deletion that no plan has shown.
 */
export const levels: readonly (readonly EntityType[])[] = [
  ['certificates', 'ca_certificates', 'consumers', 'consumer_groups', 'vaults', 'key_sets'],
  [
    'services',
    'upstreams',
    'snis',
    'keys',
    'consumer_group_consumers',
    'keyauth_credentials',
    'basicauth_credentials',
    'hmacauth_credentials',
    'jwt_secrets',
    'oauth2_credentials',
    'acls',
  ],
  ['routes', 'targets'],
  ['plugins'],
];

const levelByType = new Map(levels.flatMap((types, level) => types.map((type) => [type, level])));

export function levelOf(type: EntityType): number {
  return levelByType.get(type) ?? levels.length;
}

/** The entity a change is about: as it will be, or for a deletion as it was. */
export function subjectOf(change: Change): Entity {
  return change.op === 'delete' ? change.previous : change.next;
}

/**
 * Puts changes into the order they can be applied in. `clearing` are deletions that must come first
 * because they free a name that a later create or update takes.
 *
 *     clearing deletes, bottom-up → creates and updates, top-down → deletes, bottom-up
 *
 * The result depends on the set of changes alone, not on the order they are given in.
 */
export function orderChanges(
  changes: Iterable<Change>,
  clearing: ReadonlySet<Change> = new Set(),
): readonly Change[] {
  const early: Change[] = [];
  const upserts: Change[] = [];
  const deletes: Change[] = [];
  for (const change of changes) {
    if (clearing.has(change)) early.push(change);
    else if (change.op === 'delete') deletes.push(change);
    else upserts.push(change);
  }
  return [
    ...early.sort((a, b) => -compareChanges(a, b)),
    ...upserts.sort(compareChanges),
    ...deletes.sort((a, b) => -compareChanges(a, b)),
  ];
}

/**
 * Splits ordered changes into runs of which each needs the one before it to be done; inside a run
 * nothing depends on anything, so it can be applied all at once.
 */
export function batches(changes: readonly Change[]): readonly (readonly Change[])[] {
  const runs: Change[][] = [];
  let last: string | undefined;
  for (const change of changes) {
    const run = `${change.op === 'delete' ? 'delete' : 'upsert'} ${levelOf(subjectOf(change).type)}`;
    if (run === last) runs.at(-1)?.push(change);
    else runs.push([change]);
    last = run;
  }
  return runs;
}

function compareChanges(a: Change, b: Change): number {
  const x = subjectOf(a);
  const y = subjectOf(b);
  return levelOf(x.type) - levelOf(y.type) || compareEntities(x, y);
}
