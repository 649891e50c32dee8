/** Which requests the MeshHTTPRoutes of one destination take, as the gateway's sidecar has them. */
import type { MeshService, MeshServicePort } from '../../../catalog/service';
import type { Json, JsonObject } from '../../kong/model';
import { at, isObject } from './effective';
import type { HttpRoute, PolicySubject } from './policy';
import { selectsDestination, selectsProxy } from './select';

export interface RoutedRule {
  /** Of the policy. */
  readonly name: string;
  readonly rule: JsonObject;
}

/** The rules of all policies for it, in no order: what none of them matches is answered 404 from 3.0 on. */
export function routesTo(
  policies: readonly HttpRoute[],
  gateway: PolicySubject,
  service: MeshService,
  port: MeshServicePort,
): readonly RoutedRule[] {
  return policies.flatMap(({ name, targetRef, to }) => {
    if (!selectsProxy(targetRef, gateway)) return [];
    if (targetRef.kind === 'Mesh' && gateway.reachedByMesh === false) return [];
    return to
      .filter((clause) => selectsDestination(clause.targetRef, service, port))
      .flatMap(({ rules }) => rules.map((rule) => ({ name, rule })));
  });
}

/** Whether every request whose path begins with `prefix` meets one rule, whatever else it is. */
export function takesAll(rules: readonly RoutedRule[], prefix: string): boolean {
  return rules.some(({ rule }) => {
    const matches = at(rule, 'matches');
    if (!Array.isArray(matches) || matches.length === 0) return true;
    return (matches as readonly Json[]).some((match) => isObject(match) && covers(match, prefix));
  });
}

function covers(match: JsonObject, prefix: string): boolean {
  const narrowing = ['method', 'headers', 'queryParams'].some((key) => {
    const value = at(match, key);
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
  });
  if (narrowing) return false;
  const path = at(match, 'path');
  if (path === undefined || path === null) return true;
  const value = at(match, 'path', 'value');
  if (at(match, 'path', 'type') !== 'PathPrefix' || typeof value !== 'string') return false;
  const whole = value.replace(/\/$/, '');
  return whole === '' || prefix === whole || prefix.startsWith(`${whole}/`);
}
