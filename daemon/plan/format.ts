/**
 * A plan as people and pipelines know it from decK: same sentences, same summary, same JSON. Secrets
 * are masked.
 */
import type { Failure } from '../../catalog/error';
import { isList } from '../kong/merge-json';
import type { Entity, Json, JsonObject, KongState } from '../kong/model';
import type { Change, Plan } from './change';
import { consoleName, kinds, ownName } from './console-name';
import { identityOf, type Identity } from './dependants';
import { formatSummary, type SummaryBeside } from './format-summary';
import { deletedBy } from './hold';
import { masked, maskEntity, secretPathsOf, secretValuesOf } from './mask-entity';
import { subjectOf } from './order';
import { showUpdate } from './show-update';

/** Colours text, or leaves it; picocolors fits. */
export interface Painter {
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

export interface FormatOptions {
  readonly paint?: Painter;
  /** States to look up the names of what entities refer to, and the secrets that must not show. */
  readonly states?: readonly KongState[];
  /**
   * Texts that must not show, wherever they stand: of what a gateway still holds and no file names any
   * more, nobody else knows what came from the environment. Short ones count as whole values only.
   */
  readonly secrets?: Iterable<string>;
  /** Changes that are not made now; the first deletions among them are shown, or all. */
  readonly held?: readonly Change[];
  readonly showHeld?: boolean;
  /** Further names of what entities refer to. */
  readonly names?: ReadonlyMap<Identity, string> | undefined;
  /** What the summary says beside the plan. */
  readonly beside?: SummaryBeside;
}

/**
 * One line a change, updates with the whole entity and its `-`/`+` lines, then the summary:
 *
 *     creating service orders
 *     updating route orders  {
 *     -  "strip_path": true,
 *     +  "strip_path": false,
 *      }
 *     deleting target 10.0.0.1:8080 for upstream blue
 *     keeping route theirs (deletion held back)
 *     Summary:
 *       Created: 1
 *       Updated: 1
 *       Deleted: 1
 *
 * Ends with a newline.
 */
export function formatPlan(plan: Plan, options: FormatOptions = {}): string {
  const paint = options.paint ?? plain;
  const held = options.held ?? [];
  const view = createView([...plan.changes, ...held], options);
  const lines = plan.changes.map((change) => {
    const subject = `${kinds[subjectOf(change).type]} ${view.name(subjectOf(change))}`;
    if (change.op === 'create') return paint.green(`creating ${subject}`);
    if (change.op === 'delete') return paint.red(`deleting ${subject}`);
    const { old, now } = view.bodies(change);
    const body = showUpdate(old ?? {}, now ?? {}).map(({ mark, text }) => {
      const line = `${mark}${text}`;
      return mark === '+' ? paint.green(line) : mark === '-' ? paint.red(line) : line;
    });
    return `${paint.yellow(`updating ${subject}`)} ${body.join('\n')}\n`;
  });
  const waiting = deletedBy(held);
  const shown = options.showHeld === true ? waiting : waiting.slice(0, heldShown);
  const kept = shown.map(
    (entity) => `keeping ${kinds[entity.type]} ${view.name(entity)} (deletion held back)`,
  );
  const summary = formatSummary(plan, { held: waiting.length, ...options.beside });
  return [...lines, ...kept, summary].join('\n');
}

/** A gateway that others use too may hold thousands that wait. */
const heldShown = 5;

export interface PlanJson {
  readonly changes: Readonly<Record<'creating' | 'updating' | 'deleting', readonly ChangeJson[]>>;
  readonly summary: Plan['summary'] & { readonly total: number };
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

export interface ChangeJson {
  readonly name: string;
  readonly kind: string;
  readonly body: { readonly new: Json; readonly old: Json };
}

/** decK's `--json-output`. Failures become one sentence each, with code and entity. */
export function planToJson(
  plan: Plan,
  failures: readonly Failure[] = [],
  options: Pick<FormatOptions, 'states' | 'secrets' | 'names'> & { readonly isHeld?: boolean } = {},
): PlanJson {
  const view = createView(plan.changes, options);
  const changes = { creating: [], updating: [], deleting: [] } as Record<
    keyof Plan['summary'],
    ChangeJson[]
  >;
  for (const change of plan.changes) {
    const { old, now } = options.isHeld === true ? view.heldBodies(change) : view.bodies(change);
    changes[lists[change.op]].push({
      name: view.name(subjectOf(change)),
      kind: kinds[subjectOf(change).type],
      body: { new: now ?? null, old: old ?? null },
    });
  }
  const { creating, updating, deleting } = plan.summary;
  const sentences = (severity: Failure['severity']) =>
    failures.filter((failure) => failure.severity === severity).map(sentence);
  return {
    changes,
    summary: { creating, updating, deleting, total: creating + updating + deleting },
    warnings: sentences('warning'),
    errors: sentences('error'),
  };
}

/** What a plan's entities are called and what of them may be seen. */
function createView(
  changes: readonly Change[],
  options: Pick<FormatOptions, 'states' | 'secrets' | 'names'>,
) {
  const { states = [] } = options;
  const names = new Map<Identity, string>(options.names ?? []);
  const secrets = new Set<string>(options.secrets ?? []);
  const parts = [...secrets].filter((text) => text.length >= shortestPart);
  const note = (entity: Entity) => {
    names.set(identityOf(entity), ownName(entity));
    for (const value of secretValuesOf(entity)) secrets.add(value);
  };
  for (const { entities } of states) entities.forEach(note);
  for (const change of changes) {
    if (change.op !== 'create') note(change.previous);
    if (change.op !== 'delete') note(change.next);
  }
  const known = { values: secrets, parts };
  const nameAt = (entity: Entity, field: string) => {
    const reference = entity.references[field];
    return reference && (names.get(identityOf(reference)) ?? reference.id);
  };
  return {
    name: (entity: Entity) => consoleName(entity, (field) => nameAt(entity, field)),
    /**
     * Where a variable is not set the entity that it belongs to is missing from the files, and nothing
     * tells which of the values that Kong holds of it came from the environment.
     */
    heldBodies(change: Change) {
      return change.op === 'delete' ? { old: { id: change.previous.id } } : this.bodies(change);
    },
    bodies(change: Change): { readonly old?: JsonObject; readonly now?: JsonObject } {
      if (change.op === 'create') return { now: maskEntity(change.next, [], known) };
      if (change.op === 'delete') return { old: maskEntity(change.previous, [], known) };
      const { previous, next } = change;
      const old = maskEntity(previous, secretPathsOf(next), known);
      const now = maskEntity(next, secretPathsOf(previous), known);
      return { old, now: withChangedSecrets(change, now) };
    },
  };
}

/** Shorter ones (a port, a flag) would hide what merely looks like them. */
const shortestPart = 6;

/** A masked value that changes would look the same before and after: says that it is another one. */
function withChangedSecrets(
  { fields }: Extract<Change, { op: 'update' }>,
  shown: Readonly<Record<string, Json>>,
): Readonly<Record<string, Json>> {
  const changed = new Set(fields.map(({ path }) => path.join('\0')));
  const visit = (value: Json, path: readonly string[]): Json => {
    if (typeof value === 'string') {
      // Of an address with something masked in it the rest is shown.
      const isHidden = value.includes(masked) && changed.has(path.join('\0'));
      return isHidden ? `${value} another value` : value;
    }
    if (isList(value)) {
      if (!changed.has(path.join('\0'))) return value;
      return value.map((item) =>
        typeof item === 'string' && item.includes(masked) ? `${item} another value` : item,
      );
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, visit(item, [...path, name])]),
    );
  };
  return visit(shown, []) as Readonly<Record<string, Json>>;
}

const lists = { create: 'creating', update: 'updating', delete: 'deleting' } as const;

function sentence({ code, entity, message, place }: Failure): string {
  const where = place ? ` (${place.file}${place.line === undefined ? '' : `:${place.line}`})` : '';
  return `${code}: ${entity === undefined ? '' : `${entity}: `}${message}${where}`;
}

const plain: Painter = {
  green: (text) => text,
  yellow: (text) => text,
  red: (text) => text,
};
