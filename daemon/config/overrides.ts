/** Environment variables and flags over the file: both end as values at a path. */
import { parse } from 'yaml';

import type { Failure } from '../../catalog/error';
import { nearest } from '../../catalog/nearest';
import { tooDeepAt } from '../../catalog/yaml-nesting';
import { configErrors } from './errors';
import { children, configJsonSchema, variants, type JsonSchema } from './paths';

type Path = readonly (string | number)[];

/** Variables that the commands themselves read; they are no settings. */
const reserved = new Set([
  'KONG_MESHD_CONFIG',
  'KONG_MESHD_METRICS',
  'KONG_MESHD_METRICS_HOSTS',
  'KONG_MESHD_SNAPSHOT',
  'KONG_MESHD_SOCKET',
]);
const prefix = 'KONG_MESHD_';

/**
 * What Kubernetes injects for a Service that is named `kong-meshd` or begins so, with the form of its
 * value. A setting of that name still counts as the setting.
 */
const serviceLinks: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, /^[0-9a-f.:]+$/i],
  [/_SERVICE_PORT(_\w+)?$/, /^\d+$/],
  [/_PORT(_\d+_(TCP|UDP|SCTP))?$/, /^(tcp|udp|sctp):\/\//],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, /^(tcp|udp|sctp)$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT$/, /^\d+$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, /^[0-9a-f.:]+$/i],
];

/** Places that hold exactly one of several kinds: to set one of them means it in place of the others. */
const oneKind: readonly (readonly (string | RegExp)[])[] = [
  ['kong', 'target'],
  ['sources', /^\d+$/],
];

/**
 * Sets what `KONG_MESHD_*` names: the path in upper snake case, list items by number
 * (`KONG_MESHD_SOURCES_0_KUMA_URL`). Values are read as YAML, so `true`, `3` and `[a, b]` work.
 */
export function applyEnvironment(
  target: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): Failure[] {
  const failures: Failure[] = [];
  const given: Kinds = new Map();
  const names = Object.keys(env).filter((name) => name.startsWith(prefix) && !reserved.has(name));
  for (const name of inOrder(names)) {
    const value = env[name];
    if (value === undefined) continue;
    const path = pathOf(name.slice(prefix.length));
    if (path) failures.push(...setIn(target, path, scalar(value), name, given));
    else if (!isServiceLink(name, value)) {
      failures.push(configErrors.failure('CONFIG_ENV_UNKNOWN', { name, hint: hintFor(name) }));
    }
  }
  return failures;
}

/** By their numbers: the items of a list can only be added one after the other. */
function inOrder(names: readonly string[]): readonly string[] {
  // Most have none, and to make a collator takes 8 ms.
  if (names.length < 2) return names;
  return [...names].sort(new Intl.Collator('en', { numeric: true }).compare);
}

function isServiceLink(name: string, value: string): boolean {
  return serviceLinks.some(([names, values]) => names.test(name) && values.test(value));
}

/** Sets what `--set path=value` and the named flags say; flags win. */
export function applySettings(
  target: Record<string, unknown>,
  settings: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Failure[] {
  const failures: Failure[] = [];
  const given: Kinds = new Map();
  for (const text of settings) {
    const match = /^([^=\s]+)=(.*)$/s.exec(text);
    if (match?.[1] === undefined) {
      failures.push(configErrors.failure('CONFIG_FLAG_INVALID', { text }));
    } else {
      const path = splitPath(match[1]);
      failures.push(...setIn(target, path, scalar(match[2] ?? ''), `--set ${match[1]}`, given));
    }
  }
  for (const [path, value] of Object.entries(flags)) {
    if (value !== undefined) failures.push(...setIn(target, splitPath(path), value, path, given));
  }
  return failures;
}

/** The setting that a variable stands for, by walking the schema; undefined where there is none. */
function pathOf(name: string): Path | undefined {
  return walk(configJsonSchema(), name, []);
}

function walk(node: JsonSchema, rest: string, path: Path): Path | undefined {
  if (rest === '') return path;
  for (const variant of variants(node)) {
    const item = /^(\d+)(?:_|$)/.exec(rest);
    if (variant.items && item) {
      const found = walk(variant.items, rest.slice(item[0].length), [...path, Number(item[1])]);
      if (found) return found;
    }
    for (const key of Object.keys(variant.properties ?? {})) {
      const word = upperSnake(key);
      if (rest !== word && !rest.startsWith(`${word}_`)) continue;
      for (const child of children(variant, key)) {
        const found = walk(child, rest.slice(word.length + 1), [...path, key]);
        if (found) return found;
      }
    }
  }
  return undefined;
}

function hintFor(name: string): string {
  const names = listVariables(configJsonSchema(), prefix.slice(0, -1));
  const [suggestion] = nearest(name, names);
  return suggestion === undefined
    ? 'Settings are named by their path in upper snake case, as KONG_MESHD_GATEWAY_DATAPLANE.'
    : `Did you mean ${suggestion}?`;
}

function listVariables(node: JsonSchema, name: string): readonly string[] {
  return variants(node).flatMap((variant) => [
    ...Object.entries(variant.properties ?? {}).flatMap(([key, child]) => {
      const own = `${name}_${upperSnake(key)}`;
      return [own, ...listVariables(child, own)];
    }),
    ...(variant.items ? listVariables(variant.items, `${name}_0`) : []),
  ]);
}

function upperSnake(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/-/g, '_')
    .toUpperCase();
}

function splitPath(path: string): Path {
  return path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function scalar(text: string): unknown {
  if (tooDeepAt(text) !== undefined) return text;
  try {
    // Warnings would go to the process's own, with an excerpt of the text.
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch {
    return text;
  }
}

/**
 * Makes the containers on the way; never touches a prototype, whatever the path says, nor leaves a
 * gap in a list, however large the number.
 */
function setIn(
  target: Record<string, unknown>,
  path: Path,
  value: unknown,
  name: string,
  given: Kinds,
): readonly Failure[] {
  let node = target as Record<string | number, unknown>;
  for (const [index, part] of path.entries()) {
    if (Array.isArray(node) && (typeof part !== 'number' || part > node.length)) {
      return [
        configErrors.failure('CONFIG_ITEM_MISSING', { name, item: part, count: node.length }),
      ];
    }
    if (isOneKind(path.slice(0, index))) dropOtherKinds(node, String(part), given);
    if (index === path.length - 1) {
      define(node, part, value);
      break;
    }
    const next = Object.hasOwn(node, part) ? node[part] : undefined;
    if (typeof next !== 'object' || next === null) {
      define(node, part, typeof path[index + 1] === 'number' ? [] : {});
    }
    node = node[part] as Record<string | number, unknown>;
  }
  return [];
}

/** The kinds that the environment, or the command line, gives to one place: two are a mistake to report. */
type Kinds = Map<object, Set<string>>;

function isOneKind(path: Path): boolean {
  return oneKind.some(
    (place) =>
      place.length === path.length &&
      place.every((part, index) => {
        const text = String(path[index]);
        return typeof part === 'string' ? part === text : part.test(text);
      }),
  );
}

/** What wins over the file need not share its place with what the file says. */
function dropOtherKinds(place: Record<string | number, unknown>, kind: string, given: Kinds): void {
  const kinds = given.get(place) ?? new Set();
  given.set(place, kinds.add(kind));
  for (const other of Object.keys(place)) {
    if (!kinds.has(other)) Reflect.deleteProperty(place, other);
  }
}

function define(node: object, part: string | number, value: unknown): void {
  Object.defineProperty(node, part, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
