import type { Target } from './entities';

interface Slot {
  readonly target: Target;
  current: number;
}

/** One upstream's targets, handed out round robin by weight (smooth, so equal weights alternate). */
export class UpstreamRing {
  readonly #slots: readonly Slot[];
  readonly #totalWeight: number;

  constructor(
    targets: readonly Target[],
    /** The Host header that the upstream sets for its targets. */
    readonly hostHeader: string | undefined,
  ) {
    this.#slots = targets
      .filter(({ weight }) => weight > 0)
      .map((target) => ({ target, current: 0 }));
    this.#totalWeight = this.#slots.reduce((sum, { target }) => sum + target.weight, 0);
  }

  get size(): number {
    return this.#slots.length;
  }

  /** The next target, or `undefined` where there is none of a weight above 0. */
  next(): Target | undefined {
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      slot.current += slot.target.weight;
      if (!best || slot.current > best.current) best = slot;
    }
    if (best) best.current -= this.#totalWeight;
    return best?.target;
  }
}
