/**
 * The `kong` object of a plugin: any path of names becomes a method of Kong's development kit, camel
 * case or snake case alike (`kong.service.setTarget` is `kong.service.set_target`).
 */

/** Carries one call to Kong and gives its result. */
export interface PdkCaller {
  call(method: string, args: readonly unknown[]): Promise<unknown>;
}

/** One name of a path; shared by all requests, so that names are translated once. */
class PathNode {
  readonly path: string;
  readonly #children = new Map<string, PathNode>();

  constructor(path: string) {
    this.path = path;
  }

  child(name: string): PathNode {
    const known = this.#children.get(name);
    if (known) return known;
    const made = new PathNode(`${this.path}.${snakeCase(name)}`);
    // A name that comes out of a request must not be kept for ever.
    if (this.#children.size < 256) this.#children.set(name, made);
    return made;
  }
}

class PdkHandler implements ProxyHandler<() => void> {
  readonly #node: PathNode;
  readonly #caller: PdkCaller;

  constructor(node: PathNode, caller: PdkCaller) {
    this.#node = node;
    this.#caller = caller;
  }

  get(_target: () => void, name: string | symbol): unknown {
    // A namespace that is awaited or printed is no call: `then` must not be sent to Kong.
    if (typeof name === 'symbol' || name === 'then') return undefined;
    return new Proxy(callable, new PdkHandler(this.#node.child(name), this.#caller));
  }

  apply(_target: () => void, _self: unknown, args: unknown[]): Promise<unknown> {
    return this.#caller.call(this.#node.path, args);
  }
}

const root = new PathNode('kong');
const callable = (): void => undefined;

/** The object that a phase handler gets. It is bound to its request: late use reaches no other. */
export function createPdk(caller: PdkCaller): object {
  return new Proxy(callable, new PdkHandler(root, caller));
}

function snakeCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_pair, lower: string, upper: string) => {
    return `${lower}_${upper.toLowerCase()}`;
  });
}
