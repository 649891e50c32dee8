/** A clock whose readings mean the same in every process of the machine, in milliseconds. */
export function sharedNow(): number {
  // Node's own performance.now() starts with the process.
  return Number(process.hrtime.bigint()) / 1e6;
}
