/** What really was the case at which time: what every answer of a run is held against. Times in ms. */

/** One stay of a service in the mesh, under one name. */
export interface Life {
  readonly name: string;
  readonly fromMs: number;
  /** Undefined while it lasts. */
  untilMs: number | undefined;
  /** When the gateway first answered for it. */
  answeredMs: number | undefined;
}

/** What can be away as a whole, so that no product could answer. */
export type Outage = 'kong' | 'pluginServer';

interface Interval {
  readonly fromMs: number;
  untilMs: number | undefined;
}

interface Ownership extends Interval {
  readonly life: Life;
}

export class Timeline {
  readonly #lives = new Map<string, Life[]>();
  readonly #owners = new Map<string, Ownership[]>();
  readonly #outages: Record<Outage, Interval[]> = { kong: [], pluginServer: [] };

  begin(name: string, fromMs: number): Life {
    const life: Life = { name, fromMs, untilMs: undefined, answeredMs: undefined };
    this.#lives.set(name, [...(this.#lives.get(name) ?? []), life]);
    return life;
  }

  end(life: Life, untilMs: number): void {
    life.untilMs = untilMs;
  }

  /** From now on the instance answers for this service, until it belongs to another or is gone. */
  own(instance: string, life: Life, fromMs: number): void {
    this.release(instance, fromMs);
    const all = this.#owners.get(instance) ?? [];
    this.#owners.set(instance, [...all, { life, fromMs, untilMs: undefined }]);
  }

  release(instance: string, untilMs: number): void {
    const last = this.#owners.get(instance)?.at(-1);
    if (last) last.untilMs ??= untilMs;
  }

  /** @returns a function that ends it. */
  outage(kind: Outage, fromMs: number): (untilMs: number) => void {
    const interval: Interval = { fromMs, untilMs: undefined };
    this.#outages[kind].push(interval);
    return (untilMs) => (interval.untilMs = untilMs);
  }

  /** The stay that lasted the whole time. */
  lifeThroughout(name: string, fromMs: number, untilMs: number): Life | undefined {
    return this.#lives
      .get(name)
      ?.find((life) => life.fromMs <= fromMs && (life.untilMs ?? Infinity) > untilMs);
  }

  /** The stay of `name` for which this instance answered at some moment of the time. */
  lifeOf(instance: string, name: string, fromMs: number, untilMs: number): Life | undefined {
    const owners = this.#owners.get(instance) ?? [];
    return owners.find((one) => one.life.name === name && overlaps(one, fromMs, untilMs))?.life;
  }

  isOut(kind: Outage, fromMs: number, untilMs: number): boolean {
    return this.#outages[kind].some((one) => overlaps(one, fromMs, untilMs));
  }

  /** The end of the last one that began before; undefined while one lasts, 0 where there was none. */
  lastOutageEnd(beforeMs: number): number | undefined {
    const past = Object.values(this.#outages)
      .flat()
      .filter(({ fromMs }) => fromMs <= beforeMs);
    if (past.some(({ untilMs }) => untilMs === undefined)) return undefined;
    return Math.max(0, ...past.map(({ untilMs = 0 }) => untilMs));
  }

  /** How long each one lasted. */
  durations(kind: Outage): readonly number[] {
    return this.#outages[kind].map(({ fromMs, untilMs = fromMs }) => untilMs - fromMs);
  }

  lives(): readonly Life[] {
    return [...this.#lives.values()].flat();
  }
}

function overlaps({ fromMs, untilMs = Infinity }: Interval, from: number, until: number): boolean {
  return fromMs <= until && untilMs >= from;
}
