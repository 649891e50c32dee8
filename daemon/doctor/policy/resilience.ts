/**
 * Timeouts and retries that the gateway's sidecar has in force towards one destination. Where no
 * policy sets a value the mesh's own default counts: connect 5 s and request 15 s (seen on 2.14.3 for
 * routes without any MeshTimeout but the gateways' default one).
 */
import type { MeshService, MeshServicePort } from '../../../catalog/service';
import { at, effectiveTo, type Effective } from './effective';
import { parseGoDuration } from '../../../catalog/go-duration';
import type { Policy, PolicySubject } from './policy';

export interface MeshTimeouts {
  readonly connectMs: number;
  /** 0: none. */
  readonly requestMs: number;
  /** How long a request may go without a byte; 0: for ever. Undefined where nothing sets it. */
  readonly streamIdleMs: number | undefined;
  readonly by: readonly string[];
}

export interface MeshRetries {
  /** Attempts after the first one. */
  readonly count: number;
  readonly by: readonly string[];
}

export function timeoutsOf(
  policies: readonly Policy[],
  gateway: PolicySubject,
  service: MeshService,
  port: MeshServicePort,
): MeshTimeouts {
  const { conf, by } = effectiveTo(policies, gateway, service, port);
  return {
    connectMs: parseGoDuration(at(conf, 'connectionTimeout')) ?? 5_000,
    requestMs: parseGoDuration(at(conf, 'http', 'requestTimeout')) ?? 15_000,
    streamIdleMs: parseGoDuration(at(conf, 'http', 'streamIdleTimeout')),
    by,
  };
}

/** Without any policy nothing is retried; a policy that names no number retries once, Envoy's default. */
export function retriesOf(
  policies: readonly Policy[],
  gateway: PolicySubject,
  service: MeshService,
  port: MeshServicePort,
  protocol: string | undefined,
): MeshRetries {
  const effective = effectiveTo(policies, gateway, service, port);
  return { count: countOf(effective, protocol === 'grpc' ? 'grpc' : 'http'), by: effective.by };
}

function countOf({ conf }: Effective, protocol: 'http' | 'grpc'): number {
  const section = at(conf, protocol);
  if (section === undefined || section === null) return 0;
  const count = at(conf, protocol, 'numRetries');
  return typeof count === 'number' ? count : 1;
}
