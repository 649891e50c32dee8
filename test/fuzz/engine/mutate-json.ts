/** Changes of a JSON value that leave it JSON: what reaches the code behind the parser. */
import { hostileKeys, hostileNumbers, hostileStrings } from './hostile';
import type { Random } from './random';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A place in a value: the container, and the key or index in it. */
interface Slot {
  readonly holder: Json[] | { [key: string]: Json };
  readonly key: string | number;
}

/** At most so many slots are looked at; a large recording has tens of thousands. */
const maxSlots = 4000;

/** A changed copy. `others` are values whose parts may be taken over. */
export function mutateJson(value: Json, random: Random, others: readonly Json[] = []): Json {
  const root: Json[] = [copyOf(value)];
  for (let left = random.few(8); left > 0; left -= 1) {
    const slots = slotsOf(root);
    if (slots.length === 0) break;
    change(random.pick(slots), slots, random, others);
  }
  if (random.chance(0.01)) put(root, 0, nested(root[0] ?? null, random));
  else if (random.chance(0.01)) {
    const slot = random.pick([...slotsOf(root), { holder: root, key: 0 }]);
    put(slot.holder, slot.key, nested(valueAt(slot), random));
  }
  return root[0] ?? null;
}

export function copyOf(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

function change(slot: Slot, slots: readonly Slot[], random: Random, others: readonly Json[]): void {
  const { holder, key } = slot;
  const old = valueAt(slot);
  switch (random.int(11)) {
    case 0:
      remove(slot);
      break;
    case 1:
      rename(slot, random);
      break;
    case 2:
      put(holder, random.pick(hostileKeys), old);
      break;
    case 3:
    case 4:
      put(holder, key, scalar(random));
      break;
    case 5:
      put(holder, key, near(old, random));
      break;
    case 6:
      put(holder, key, copyOf(valueAt(random.pick(slots))));
      break;
    case 7:
      if (Array.isArray(old) && old.length > 0) {
        put(holder, key, rearranged(old, random));
      } else put(holder, key, []);
      break;
    case 8:
      put(holder, key, random.pick<Json>([[old], { [random.pick(hostileKeys)]: old }, {}, []]));
      break;
    case 9:
      if (others.length > 0) {
        const parts = slotsOf([copyOf(random.pick(others))]);
        put(holder, key, valueAt(random.pick(parts)));
      }
      break;
    default:
      if (isObject(old)) put(old, random.pick(hostileKeys), scalar(random));
  }
}

/** Own and enumerable also where the key is `__proto__`, as `JSON.parse` makes it. */
function put(holder: Slot['holder'], key: string | number, value: Json): void {
  if (Array.isArray(holder)) {
    if (typeof key === 'number') holder[key] = value;
    else holder.push(value);
    return;
  }
  Object.defineProperty(holder, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function remove({ holder, key }: Slot): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

function rename(slot: Slot, random: Random): void {
  const old = valueAt(slot);
  remove(slot);
  put(slot.holder, random.pick(hostileKeys), old);
}

function scalar(random: Random): Json {
  switch (random.int(6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(hostileNumbers);
    case 3:
      return random.int(70_000);
    default:
      return random.pick(hostileStrings);
  }
}

/** Of the same type, a little different. */
function near(value: Json, random: Random): Json {
  if (typeof value === 'number') return value + random.pick([1, -1, 0.5]);
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return scalar(random);
  const at = random.int(value.length + 1);
  const extra = random.pick(hostileStrings).slice(0, 20);
  return value.slice(0, at) + extra + value.slice(at + random.int(3));
}

function rearranged(list: readonly Json[], random: Random): Json[] {
  const at = random.int(list.length);
  switch (random.int(4)) {
    case 0:
      return [...list, copyOf(list[at] ?? null)];
    case 1:
      return list.slice(0, at);
    case 2:
      return [...list].reverse();
    default:
      return Array.from({ length: 40 }, () => copyOf(list[at] ?? null)).slice(0, 40);
  }
}

/** Far deeper than any code should follow. */
function nested(value: Json, random: Random): Json {
  const inList = random.chance(0.5);
  let deep = value;
  for (let level = random.pick([70, 300, 2000]); level > 0; level -= 1) {
    deep = inList ? [deep] : { elements: deep };
  }
  return deep;
}

function slotsOf(root: Json[]): Slot[] {
  const slots: Slot[] = [];
  const open: Slot['holder'][] = [root];
  for (let holder = open.shift(); holder && slots.length < maxSlots; holder = open.shift()) {
    const keys = Array.isArray(holder) ? holder.keys() : Object.keys(holder);
    for (const key of keys) {
      slots.push({ holder, key });
      const value = valueAt({ holder, key });
      if (typeof value === 'object' && value !== null) open.push(value);
    }
  }
  return slots;
}

function valueAt({ holder, key }: Slot): Json {
  return (holder as Record<string | number, Json>)[key] ?? null;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
