/** What the gateway's sidecar does with traffic to addresses that are not of the mesh. */
import type { Json } from '../../kong/model';
import type { MeshFacts } from '../facts';
import { at, effectiveOwn, isObject } from './effective';
import type { Policy, PolicySubject } from './policy';

export interface Passthrough {
  /** `matched`: only what `allowed` names. */
  readonly mode: 'all' | 'matched' | 'none';
  /** Hosts and addresses, a leading `*.` for all below a domain. */
  readonly allowed: readonly string[];
  /** Where it is set. */
  readonly by: string;
}

/** A MeshPassthrough wins over the Mesh; one without a mode lets nothing pass. */
export function passthroughOf(
  policies: readonly Policy[],
  mesh: MeshFacts,
  gateway: PolicySubject,
): Passthrough {
  const { conf, by } = effectiveOwn(policies, gateway);
  const policy = by.at(-1);
  if (policy === undefined) {
    return { mode: mesh.passthrough ? 'all' : 'none', allowed: [], by: 'the Mesh' };
  }
  const set = at(conf, 'passthroughMode');
  const mode = set === 'All' ? 'all' : set === 'Matched' ? 'matched' : 'none';
  const matches = at(conf, 'appendMatch');
  const allowed = Array.isArray(matches)
    ? (matches as readonly Json[]).flatMap((match) => {
        const value = isObject(match) ? match['value'] : undefined;
        return typeof value === 'string' ? [value.toLowerCase()] : [];
      })
    : [];
  return { mode, allowed, by: `MeshPassthrough ${policy}` };
}

/** CIDR ranges count as letting everything pass: better no finding than a wrong one. */
export function letsPass({ mode, allowed }: Passthrough, host: string): boolean {
  if (mode !== 'matched') return mode === 'all';
  return allowed.some(
    (one) =>
      one === host || one.includes('/') || (one.startsWith('*.') && host.endsWith(one.slice(1))),
  );
}
