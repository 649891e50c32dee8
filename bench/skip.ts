/** A bench cannot run on this machine, which is no fault: what it needs is not here. */
export class BenchSkipped extends Error {
  override readonly name = 'BenchSkipped';
}
