/**
 * Running events by id, in an array whose places are used again: a map would be rebuilt every few
 * dozen events, which is a tenth of what an event allocates.
 */
import { createIds } from './ids';

export interface Identified {
  readonly id: number;
}

export class EventTable<E extends Identified> {
  readonly #ids = createIds();
  /** An event is at its id modulo the length; at most half of the places are taken. */
  #places = new Array<E | undefined>(1024).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Makes an event with the id that it is found by from then on. */
  add(make: (id: number) => E): E {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    let id = this.#ids.next();
    // An event that runs for long keeps its place; ids that fall on it are left out.
    while (this.#places[id % this.#places.length] !== undefined) id = this.#ids.next();
    const event = make(id);
    this.#places[id % this.#places.length] = event;
    this.#size += 1;
    return event;
  }

  find(id: unknown): E | undefined {
    if (typeof id !== 'number') return undefined;
    const event = this.#places[id % this.#places.length];
    return event?.id === id ? event : undefined;
  }

  remove({ id }: Identified): void {
    if (this.find(id) === undefined) return;
    this.#places[id % this.#places.length] = undefined;
    this.#size -= 1;
  }

  /** The events of this moment; removing them while going through is fine. */
  all(): readonly E[] {
    return this.#size === 0 ? [] : this.#places.filter((event) => event !== undefined);
  }

  #grow(): void {
    const events = this.all();
    // Two events at different places of the smaller array are so in one of twice the length, too.
    this.#places = new Array<E | undefined>(this.#places.length * 2).fill(undefined);
    for (const event of events) this.#places[event.id % this.#places.length] = event;
  }
}
