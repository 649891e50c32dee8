import { checkRouteMatchers } from './check-route';
import { isRecord } from './fill-defaults';
import { matchesLuaPattern } from './lua-pattern';
import type { EntityCheck } from './schema';
import { addEntityError, isErrorTree } from './schema-errors';
import type { SchemaErrors } from './schema-errors';

type Draft = Readonly<Record<string, unknown>>;

interface Condition {
  readonly if_field: string;
  readonly if_match: Readonly<Record<string, unknown>>;
  readonly then_field: string;
  readonly then_match: Readonly<Record<string, unknown>>;
  readonly then_err?: string;
}

/**
 * The rules over several fields. A rule is left out where one of its fields is wrong already.
 *
 * @returns the errors found so far with those of the rules, or nothing where there are none.
 */
export function checkRules(
  checks: readonly EntityCheck[],
  record: Draft,
  found: SchemaErrors | undefined,
): SchemaErrors | undefined {
  if (checks.length === 0) return found;
  // A field the schema does not have cannot be what a rule is about.
  const wrong = new Set(
    Object.entries(found ?? {}).flatMap(([name, error]) => (error === 'unknown field' ? [] : name)),
  );
  const errors: SchemaErrors = found ?? {};
  for (const check of checks) {
    for (const [rule, terms] of Object.entries(check)) {
      applyRule(rule, terms, record, wrong, errors);
    }
  }
  return Object.keys(errors).length > 0 ? errors : undefined;
}

function applyRule(
  rule: string,
  terms: unknown,
  record: Draft,
  wrong: ReadonlySet<string>,
  errors: SchemaErrors,
): void {
  if (rule === 'conditional') {
    applyCondition(terms as Condition, record, wrong, errors);
    return;
  }
  if (rule === 'custom_entity_check') {
    const sources = (terms as { field_sources: readonly string[] }).field_sources;
    if (!sources.includes('destinations') || sources.some((name) => wrong.has(name))) return;
    const message = checkRouteMatchers(record);
    if (message !== undefined) addEntityError(errors, message);
    return;
  }
  const names = terms as readonly string[];
  if (names.some((name) => isWrong(name, wrong, errors))) return;
  const message = checkPresence(rule, names, record);
  if (message !== undefined) addEntityError(errors, message);
}

function checkPresence(rule: string, names: readonly string[], record: Draft): string | undefined {
  const set = names.filter((name) => isSet(readPath(record, name)));
  const listed = names.map((name) => `'${name}'`).join(', ');
  switch (rule) {
    case 'at_least_one_of':
      return set.length > 0
        ? undefined
        : `at least one of these fields must be non-empty: ${listed}`;
    case 'only_one_of':
      return set.length === 1
        ? undefined
        : `exactly one of these fields must be non-empty: ${listed}`;
    case 'mutually_exclusive':
      return set.length < 2 ? undefined : `only one or none of these fields must be set: ${listed}`;
    case 'mutually_required':
      return set.length === 0 || set.length === names.length
        ? undefined
        : `all or none of these fields must be set: ${listed}`;
    case 'distinct':
      return new Set(set.map((name) => readPath(record, name))).size === set.length
        ? undefined
        : `values of these fields must be distinct: ${listed}`;
    default:
      return undefined;
  }
}

function applyCondition(
  condition: Condition,
  record: Draft,
  wrong: ReadonlySet<string>,
  errors: SchemaErrors,
): void {
  const { if_field: source, then_field: field } = condition;
  if (isWrong(source, wrong, errors) || isWrong(field, wrong, errors)) return;
  const given = readPath(record, source);
  if (given === null || given === undefined || !holds(condition.if_match, given)) return;
  const fault = findFault(condition.then_match, readPath(record, field));
  if (fault === undefined) return;
  setPathError(errors, field, fault);
  addEntityError(
    errors,
    condition.then_err ?? `failed conditional validation given value of field '${source}'`,
  );
}

function holds(match: Readonly<Record<string, unknown>>, value: unknown): boolean {
  return Object.entries(match).every(([kind, term]) => {
    switch (kind) {
      case 'eq':
        return value === term;
      case 'gt':
        return typeof value === 'number' && value > (term as number);
      case 'one_of':
        return (term as readonly unknown[]).includes(value);
      case 'not_one_of':
        return !(term as readonly unknown[]).includes(value);
      case 'match':
        return typeof value === 'string' && matchesLuaPattern(term as string, value);
      case 'elements':
        return (
          Array.isArray(value) &&
          value.every((entry) => holds(term as Readonly<Record<string, unknown>>, entry))
        );
      default:
        return true;
    }
  });
}

function findFault(match: Readonly<Record<string, unknown>>, value: unknown): string | undefined {
  const unset = value === null || value === undefined;
  if ('eq' in match && match.eq === null) return unset ? undefined : 'value must be null';
  if (match.required === true && unset) return 'required field missing';
  if (unset) return undefined;
  if (match.len_eq !== undefined && Array.isArray(value) && value.length !== match.len_eq) {
    return `length must be ${formatTerm(match.len_eq)}`;
  }
  if (Array.isArray(match.one_of) && !match.one_of.includes(value)) {
    return `expected one of: ${match.one_of.join(', ')}`;
  }
  if (match.contains !== undefined && Array.isArray(value) && !value.includes(match.contains)) {
    return `expected to contain: ${formatTerm(match.contains)}`;
  }
  return undefined;
}

function formatTerm(term: unknown): string {
  return typeof term === 'string' ? term : JSON.stringify(term);
}

/** The value at a dotted path: rules of plugins name `config.minute`. */
function readPath(record: Draft, path: string): unknown {
  if (!path.includes('.')) return record[path];
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), record);
}

function isWrong(path: string, wrong: ReadonlySet<string>, errors: SchemaErrors): boolean {
  const [head = '', next] = path.split('.');
  if (!wrong.has(head)) return false;
  const error = errors[head];
  return next === undefined || !isErrorTree(error) || error[next] !== undefined;
}

function setPathError(errors: SchemaErrors, path: string, fault: string): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = errors;
  for (const key of keys) {
    const next = at[key];
    at = isErrorTree(next) ? next : (at[key] = {});
  }
  at[last] = fault;
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return Array.isArray(value) ? value.length > 0 : true;
}
