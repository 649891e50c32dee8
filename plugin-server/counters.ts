/** What happened since the start, in plain integers: counted on every request, read only when asked. */
export interface Counters {
  /** Phases of requests that the plugin was asked about. */
  events: number;
  /** Of them those whose handler failed, or gave no answer in time, or that Kong left behind. */
  failed: number;
  slow: number;
  abandoned: number;
  /** Calls of Kong's development kit; only one whose result is asked for is a round trip. */
  pdkCalls: number;
  instancesStarted: number;
  /** Unknown instances, and instances that could not be started. */
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
