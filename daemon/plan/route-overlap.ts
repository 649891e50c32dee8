/** Whether a request can match either of two routes. Errs towards yes. Pure. */
import { isIP } from 'node:net';

import type { Change } from './change';
import { equalJson } from './compare-fields';
import { failsClosed } from './plugin-scope';
import type { Entity, Json } from '../kong/model';

/** What decides which requests a route gets, and under which service's plugins. */
const matchers = [
  'protocols',
  'methods',
  'hosts',
  'paths',
  'headers',
  'snis',
  'sources',
  'destinations',
  'expression',
  'priority',
  'regex_priority',
] as const;

/** Whether a route gets other requests than before, or belongs to another service. */
export function isMoved(previous: Entity, next: Entity): boolean {
  if (previous.references['service']?.id !== next.references['service']?.id) return true;
  return matchers.some((field) => differsIn(field, previous, next));
}

const places = ['protocol', 'host', 'port', 'path'] as const;

/** Whether a service sends its requests to another place. */
export function changesPlace(previous: Entity, next: Entity): boolean {
  return places.some((field) => differsIn(field, previous, next));
}

function differsIn(field: string, previous: Entity, next: Entity): boolean {
  return !equalJson(previous.fields[field] ?? null, next.fields[field] ?? null);
}

/**
 * Whether the user has a service, or `mesh-upstream` on it or on a route, lead elsewhere. A service that
 * only follows its mesh service to another address keeps its tags, and has no other name for a host.
 */
export function leadsElsewhere(change: Change): boolean {
  if (leadsByPlugin(change)) return true;
  if (change.op !== 'update' || change.next.type !== 'services') return false;
  const { previous, next } = change;
  if (!changesPlace(previous, next)) return false;
  const users = ['tags', 'protocol', 'path'];
  if (users.some((field) => differsIn(field, previous, next))) return true;
  return [previous, next].every(isNamed) && differsIn('host', previous, next);
}

/** Addresses come and go with the mesh, and so do names that stand for nobody. */
function isNamed({ fields: { host } }: Entity): boolean {
  return typeof host === 'string' && isIP(host) === 0 && !host.endsWith('.invalid');
}

/** Whether it changes where `mesh-upstream` leads. */
export function leadsByPlugin(change: Change): boolean {
  const { type, fields } = change.op === 'delete' ? change.previous : change.next;
  return type === 'plugins' && fields['name'] === failsClosed;
}

/** Whether Kong begins to serve what it answered with 503 or did not know: the requests of a route or a service. */
export function becomesServed(previous: Entity, next: Entity): boolean {
  if (next.type === 'routes') {
    return previous.references['service'] === undefined && next.references['service'] !== undefined;
  }
  if (next.type !== 'services') return false;
  return previous.fields['enabled'] === false && next.fields['enabled'] !== false;
}

export function routesOverlap(a: Entity, b: Entity): boolean {
  if (a.fields['expression'] ?? b.fields['expression']) return true;
  return (
    shareOne(a, b, 'protocols', (x, y) => x === y) &&
    shareOne(a, b, 'methods', (x, y) => x === y) &&
    shareOne(a, b, 'hosts', hostsOverlap) &&
    shareOne(a, b, 'paths', pathsOverlap)
  );
}

/** A route without the field takes any value of it. */
function shareOne(
  a: Entity,
  b: Entity,
  field: string,
  overlap: (x: string, y: string) => boolean,
): boolean {
  const [left, right] = [textsOf(a.fields[field]), textsOf(b.fields[field])];
  if (left.length === 0 || right.length === 0) return true;
  return left.some((x) => right.some((y) => overlap(x, y)));
}

/** `~` begins a regular expression, which can match anything. */
function pathsOverlap(a: string, b: string): boolean {
  return a.startsWith('~') || b.startsWith('~') || a.startsWith(b) || b.startsWith(a);
}

/** A wildcard stands at one end: `*.example.com`, `api.*`. */
function hostsOverlap(a: string, b: string): boolean {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x.includes('*') && y.includes('*')) return true;
  if (x.includes('*')) return matchesWildcard(y, x);
  return y.includes('*') ? matchesWildcard(x, y) : x === y;
}

function matchesWildcard(host: string, pattern: string): boolean {
  const [head = '', tail = ''] = pattern.split('*');
  return host.startsWith(head) && host.endsWith(tail);
}

function textsOf(value: Json | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is string => typeof item === 'string');
}
