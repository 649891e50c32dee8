/** Which services come, move, go and get another name: a row that a seed determines. Pure. */
import { createRandom, pick } from './random';

export type Change =
  | { readonly kind: 'add' | 'move' | 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly name: string; readonly to: string };

/** How a service is reached: by look-up or by written address, over an outbound or over its VIP. */
export const families = ['lookup-out', 'lookup-vip', 'config-out', 'config-vip'] as const;

/** In the user's file, and there from the beginning to the end: they only move. */
export const fixed = families.map((family) => `${family}-fixed`);

/** In the user's file too, but now in the mesh and now not. */
export const seasonal = families.map((family) => `${family}-season`);

/** The names of those that no file mentions, as a glob. */
export function newNames(family: string): string {
  return `${family}-n*`;
}

/** Whether requests to it go through the plugin server. */
export function isLookedUp(name: string): boolean {
  return name.startsWith('lookup-');
}

/** No service goes before so many changes have come after it: it must have been of use. */
const youth = 15;
const fewest = 6;
const most = 16;

export interface Changes {
  next(): Change;
}

export function createChanges(seed: number): Changes {
  const random = createRandom(seed);
  /** By name, the number of the change that brought it. */
  const born = new Map<string, number>();
  const goneAt = new Map<string, number>(seasonal.map((name) => [name, -youth]));
  let count = 0;
  let made = 0;

  const grown = (): readonly string[] =>
    [...born].filter(([, at]) => count - at >= youth).map(([name]) => name);
  const newName = (): string => `${pick(families, random) ?? families[0]}-n${++made}`;
  function forget(name: string): void {
    born.delete(name);
    if (seasonal.includes(name)) goneAt.set(name, count);
  }
  function add(): Change {
    const due = seasonal.filter(
      (name) => !born.has(name) && count - (goneAt.get(name) ?? 0) >= youth,
    );
    const name = (random() < 0.3 ? pick(due, random) : undefined) ?? newName();
    born.set(name, count);
    return { kind: 'add', name };
  }
  function move(): Change {
    const name = pick([...fixed, ...grown()], random) ?? '';
    return { kind: 'move', name };
  }
  function remove(): Change {
    const name = pick(grown(), random);
    if (name === undefined) return move();
    forget(name);
    return { kind: 'remove', name };
  }
  function rename(): Change {
    const name = pick(
      grown().filter((one) => !seasonal.includes(one)),
      random,
    );
    if (name === undefined) return move();
    forget(name);
    const to = newName();
    born.set(to, count);
    return { kind: 'rename', name, to };
  }

  return {
    next() {
      count++;
      const dice = random();
      if (born.size < fewest) return add();
      if (born.size >= most) return dice < 0.6 ? remove() : rename();
      if (dice < 0.3) return add();
      if (dice < 0.55) return move();
      return dice < 0.8 ? remove() : rename();
    },
  };
}
