/** Health of one target as Kong names it, where health checks are on. */
export type TargetHealth = 'HEALTHY' | 'UNHEALTHY' | 'DNS_ERROR';

/**
 * What is known of targets' health: set over the Admin API, or by a proxy's own checks. A target
 * nobody spoke of is healthy, and what was said of it outlives reloads (both seen).
 */
export class HealthBoard {
  private readonly states = new Map<string, TargetHealth>();

  /** @param target its address as stored: `host:port`. */
  set(upstreamId: string, target: string, health: TargetHealth): void {
    this.states.set(`${upstreamId} ${target}`, health);
  }

  get(upstreamId: string, target: string): TargetHealth {
    return this.states.get(`${upstreamId} ${target}`) ?? 'HEALTHY';
  }
}
