/**
 * The one way in which a port is decorated: `target` with some of its methods replaced. All else,
 * whatever it may be and whenever it is added, is that of `target` itself: no decorator has to be told
 * of it.
 */
export function decorate<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      if (Object.hasOwn(methods, name)) return methods[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
