/** Says of each answer whether it was right, by what really was the case. Pure. */
import { isLookedUp } from './changes';
import type { Timeline } from './timeline';

/** One request as its sender saw it. Times in ms of the clock that all processes share. */
export interface Result {
  /** The service that it was for. */
  readonly name: string;
  /** When it was due, and when it really went out. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly endedMs: number;
  /** 0 where there was no answer. */
  readonly status: number;
  /** Who answered, by its own word; why there was no answer, where there was none. */
  readonly from: string;
}

/**
 * - `answered`: 200, by an instance that belonged to the service at some moment of the request.
 * - `wrong`: 200, by any other.
 * - `refused`: not 200, and the service was not in the mesh throughout the request: rightly so.
 * - `pending`: not 200, and the gateway has not yet answered for this service since it came, within
 *   `followMs` of that (or of the last outage).
 * - `unavailableKong`: no answer or not 200 while Kong was down or had no configuration.
 * - `unavailablePluginServer`: not 200 for a looked-up address while the only plugin server was dead.
 * - `failed`: everything else. A working address existed throughout, or there was no answer at all.
 */
export type Verdict =
  | 'answered'
  | 'wrong'
  | 'refused'
  | 'pending'
  | 'unavailableKong'
  | 'unavailablePluginServer'
  | 'failed';

export function judge(result: Result, timeline: Timeline, followMs: number): Verdict {
  const { name, sentMs, endedMs, status, from } = result;
  if (status === 200) {
    const life = timeline.lifeOf(from, name, sentMs, endedMs);
    if (!life) return 'wrong';
    life.answeredMs ??= endedMs;
    return 'answered';
  }
  const kongIsOut = timeline.isOut('kong', sentMs, endedMs);
  if (status === 0) return kongIsOut ? 'unavailableKong' : 'failed';
  const life = timeline.lifeThroughout(name, sentMs, endedMs);
  if (!life) return 'refused';
  if (kongIsOut) return 'unavailableKong';
  if (isLookedUp(name) && timeline.isOut('pluginServer', sentMs, endedMs)) {
    return 'unavailablePluginServer';
  }
  if (life.answeredMs !== undefined && life.answeredMs <= sentMs) return 'failed';
  const outageEndMs = timeline.lastOutageEnd(endedMs) ?? endedMs;
  return endedMs - Math.max(life.fromMs, outageEndMs) <= followMs ? 'pending' : 'failed';
}
