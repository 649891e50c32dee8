/** What happened since the start, in plain integers: counted on every request, read only when asked. */
export interface Counters {
  /** Phases of requests that a handler was run for. */
  events: number;
  /** Of them those whose handler failed, or gave no answer in time, or that Kong left behind. */
  failed: number;
  slow: number;
  abandoned: number;
  /** Each is one round trip to Kong. */
  pdkCalls: number;
  instancesStarted: number;
  /** Calls of Kong's that were answered with an error. */
  refused: number;
  /** Connections that were closed because what came was not the protocol. */
  badConnections: number;
}

export function createCounters(): Counters {
  return {
    events: 0,
    failed: 0,
    slow: 0,
    abandoned: 0,
    pdkCalls: 0,
    instancesStarted: 0,
    refused: 0,
    badConnections: 0,
  };
}
