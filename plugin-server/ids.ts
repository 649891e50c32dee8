/** Ids of plugin instances: the protocol has 31 bits for them. */
export interface Ids {
  next(): number;
}

const range = 2 ** 31;
/** So many ids a tenth of a second belong to the process that starts in it. */
const perTick = 256;
const tickMs = 100;

/**
 * Kong's workers keep ids across a restart of the plugin server and use them again. Ids that begin
 * anew at 0 then hit an instance of another route (seen: 26 of 3,000 requests at the wrong target).
 * These begin at the time of the start: a process never gives an id that one before it has given,
 * until the range is used up after nine days.
 */
export function createIds(nowMs: number = Date.now()): Ids {
  let last = (Math.floor(nowMs / tickMs) * perTick) % range;
  return {
    next() {
      last = (last + 1) % range;
      return last;
    },
  };
}
