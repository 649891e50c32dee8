/** One entity's fields against the table of rules; what is found is told to `report`. */
import { nearest } from '../../catalog/nearest';
import type { Details } from '../../catalog/error';
import type { EntityRules, FieldRule, FieldRules, TextKind } from './field-rules';
import { isUuid } from './ids';
import { isList, isObject, nameOfShape } from './merge-json';
import type { Json, JsonObject, Path } from './model';
import { normaliseTarget } from './target-address';
import {
  checkHost,
  checkHostAndPort,
  checkPath,
  checkRegex,
  checkRouteHost,
  checkRoutePath,
  checkServerName,
  checkServerNames,
  checkUpstreamName,
  isCookieName,
  isHeaderName,
  isName,
  isPemOrReference,
  isPlainPath,
  isTag,
  needsPcre,
} from './text-checks';
import type { validationErrors } from './validation-errors';

export type ValidationCode = keyof typeof validationErrors.specs;

/** `path` is where in the fields; the texts name it and, unless it is secret, its value. */
export type Report = (code: ValidationCode, path: Path, details?: Details) => void;

export function checkFields(fields: JsonObject, rules: EntityRules, report: Report): void {
  for (const name of rules.required) {
    if ((fields[name] ?? null) === null) report('KONG_FIELD_REQUIRED', [name]);
  }
  checkRecord(fields, rules.fields, [], report);
}

function checkRecord(record: JsonObject, rules: FieldRules, path: Path, report: Report): void {
  for (const name in record) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const value = record[name];
    if (rule) {
      if (value !== null && value !== undefined) checkField(value, rule, [...path, name], report);
      continue;
    }
    const [similar] = nearest(name, Object.keys(rules), 1);
    // What is near to none is no slip: it belongs to another version or edition, which only Kong knows.
    if (similar === undefined) report('KONG_FIELD_LATER', [...path, name]);
    else report('KONG_FIELD_UNKNOWN', [...path, name], { hint: `, or did you mean ${similar}?` });
  }
}

function checkField(value: Json, rule: FieldRule, path: Path, report: Report): void {
  switch (rule.kind) {
    case 'any':
      return;
    case 'boolean':
      if (typeof value !== 'boolean') wrongType('true or false', value, path, report);
      return;
    case 'text':
      if (typeof value !== 'string') wrongType('text', value, path, report);
      else if (rule.later?.includes(value)) report('KONG_CHOICE_LATER', path);
      else if (rule.choices) checkChoice(value, rule.choices, path, report);
      else if (rule.is) checkText(value, rule.is, path, report);
      return;
    case 'integer':
    case 'number':
      checkNumber(value, rule, path, report);
      return;
    case 'list':
      if (!isList(value)) wrongType('a list', value, path, report);
      else if (rule.notEmpty && value.length === 0) report('KONG_FIELD_REQUIRED', path);
      else value.forEach((item, index) => checkField(item, rule.of, [...path, index], report));
      return;
    case 'map':
      if (!isObject(value)) wrongType('a mapping', value, path, report);
      else {
        for (const [key, item] of Object.entries(value)) {
          if (rule.keys) checkText(key, rule.keys, [...path, key], report);
          checkField(item, rule.of, [...path, key], report);
        }
      }
      return;
    case 'record':
      if (!isObject(value)) wrongType('a mapping', value, path, report);
      else if (!rule.open) checkRecord(value, rule.fields, path, report);
  }
}

function wrongType(expected: string, value: Json, path: Path, report: Report): void {
  report('KONG_FIELD_TYPE', path, { expected, found: nameOfShape(value) });
}

function checkNumber(
  value: Json,
  rule: Extract<FieldRule, { kind: 'integer' | 'number' }>,
  path: Path,
  report: Report,
): void {
  if (typeof value !== 'number' || (rule.kind === 'integer' && !Number.isInteger(value))) {
    const isFraction = typeof value === 'number';
    const expected = rule.kind === 'integer' ? 'a whole number' : 'a number';
    report('KONG_FIELD_TYPE', path, {
      expected,
      found: isFraction ? 'a fraction' : nameOfShape(value),
    });
    return;
  }
  if (rule.choices && !rule.choices.includes(value)) {
    report('KONG_FIELD_CHOICE', path, { choices: rule.choices.join(', '), hint: '' });
  }
  const { min = -Infinity, max = Infinity } = rule;
  if (value < min || value > max) report('KONG_FIELD_RANGE', path, { min, max });
}

function checkChoice(value: string, choices: readonly string[], path: Path, report: Report): void {
  if (choices.includes(value)) return;
  const [similar] = nearest(value, choices, 1);
  const hint = similar === undefined ? '' : `, probably ${similar}`;
  report('KONG_FIELD_CHOICE', path, { choices: choices.join(', '), hint });
}

function checkText(value: string, kind: TextKind, path: Path, report: Report): void {
  switch (kind) {
    case 'name':
      if (!isName(value)) report('KONG_NAME_INVALID', path);
      return;
    case 'tag':
      if (!isTag(value)) report('KONG_TAG_INVALID', path);
      return;
    case 'host':
      because('KONG_HOST_INVALID', checkHost(value), path, report);
      return;
    case 'host-and-port':
      because('KONG_HOST_INVALID', checkHostAndPort(value), path, report);
      return;
    case 'route-host':
      because('KONG_HOST_INVALID', checkRouteHost(value), path, report);
      return;
    case 'server-name':
      because('KONG_HOST_INVALID', checkServerName(value), path, report);
      return;
    case 'server-names':
      because('KONG_HOST_INVALID', checkServerNames(value), path, report);
      return;
    case 'header-name':
      if (!isHeaderName(value)) report('KONG_HEADER_NAME', path, { name: value });
      return;
    case 'cookie-name':
      if (!isCookieName(value)) report('KONG_COOKIE_NAME', path);
      return;
    case 'some':
      if (value === '') report('KONG_FIELD_REQUIRED', path);
      return;
    case 'upstream-name':
      because('KONG_UPSTREAM_NAME_INVALID', checkUpstreamName(value), path, report);
      return;
    case 'target':
      if (normaliseTarget(value) === undefined) report('KONG_TARGET_INVALID', path);
      return;
    case 'path':
      because('KONG_PATH_INVALID', checkPath(value), path, report);
      return;
    case 'route-path':
      checkRoutePathText(value, path, report);
      return;
    case 'method':
      if (!/^[A-Z]+$/.test(value)) report('KONG_METHOD_INVALID', path);
      return;
    case 'uuid':
      if (!isUuid(value)) wrongType('a UUID', value, path, report);
      return;
    case 'vault-prefix':
      if (!/^[a-z][a-z0-9-]*[a-z0-9]$/.test(value)) report('KONG_NAME_INVALID', path);
      // The kind of vault that is there without being made.
      else if (value === 'env') report('KONG_PREFIX_TAKEN', path);
      return;
    case 'pem':
      if (!isPemOrReference(value)) report('KONG_PEM_INVALID', path);
  }
}

function checkRoutePathText(value: string, path: Path, report: Report): void {
  const reason = checkRoutePath(value);
  if (reason !== undefined) {
    report('KONG_PATH_INVALID', path, { reason });
  } else if (value.startsWith('~')) {
    because('KONG_REGEX_INVALID', checkRegex(value.slice(1)), path, report);
    const feature = needsPcre(value.slice(1));
    if (feature !== undefined) report('KONG_REGEX_ENGINE', path, { feature });
  } else if (!isPlainPath(value)) {
    report('KONG_PATH_DOUBTFUL', path);
  }
}

function because(
  code: ValidationCode,
  reason: string | undefined,
  path: Path,
  report: Report,
): void {
  if (reason !== undefined) report(code, path, { reason });
}
