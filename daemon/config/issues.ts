/** Schema findings in the user's words: which key, where, and what was probably meant. */
import type * as z from 'zod';

import type { Failure, Place } from '../../catalog/error';
import { nearest } from '../../catalog/nearest';
import { shownKey } from '../../catalog/text';
import { configErrors } from './errors';
import { keysAt } from './paths';

/** One failure per finding; a union reports the branch that fits best instead of all of them. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  placeOf: (path: readonly PropertyKey[]) => Place | undefined,
  prefix: readonly PropertyKey[] = [],
): readonly Failure[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey(path, key, placeOf([...path, key])));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      return explainIssues(bestBranch(issue.errors), placeOf, path);
    }
    const details = {
      path: path.map((key) => shownKey(String(key))).join('.') || 'configuration',
      cause: causeOf(issue),
    };
    return [configErrors.failure('CONFIG_INVALID', details, { place: placeOf(path) })];
  });
}

/** The schema's own words, but for what is simply not there. */
function causeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is no key of this map';
  if (isMissing(issue)) return 'is missing';
  switch (issue.code) {
    case 'invalid_type': {
      const received = /received (\w+)/.exec(issue.message)?.[1] ?? '';
      return `must be ${wordFor(issue.expected)}, not ${wordFor(received)}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${String(issue.minimum)}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}`;
    case 'invalid_format':
      return issue.message.startsWith('Invalid')
        ? `must be a ${issue.format === 'url' ? 'URL such as http://127.0.0.1:8001' : issue.format}`
        : issue.message;
    default:
      return issue.message;
  }
}

function wordFor(type: string): string {
  return Object.hasOwn(typeWords, type) ? (typeWords[type] ?? type) : type;
}

/** The validator's types as YAML's readers call them. */
const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'empty',
  NaN: 'no number',
};

/** Whether a setting is required, and nothing gives it. */
export function isMissing({ message }: z.core.$ZodIssue): boolean {
  return message.endsWith('received undefined');
}

function unknownKey(path: readonly PropertyKey[], key: string, place: Place | undefined): Failure {
  const known = keysAt(path);
  const [suggestion] = nearest(key, known);
  const hint =
    suggestion === undefined
      ? `Known here: ${known.join(', ') || 'nothing'}.`
      : `Did you mean "${suggestion}"?`;
  const where =
    path.length === 0 ? '' : ` in ${path.map((key) => shownKey(String(key))).join('.')}`;
  return configErrors.failure('CONFIG_UNKNOWN_KEY', { key: shownKey(key), where, hint }, { place });
}

/** The branch that got furthest: its findings lie deepest, or are fewest. */
function bestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(0, ...issues.map((issue) => issue.path.length));
  return [...branches].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
}
