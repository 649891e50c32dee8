/** The same function, which gives its last result again for the very same arguments. */
export function rememberLast<A extends readonly unknown[], R>(
  make: (...args: A) => R,
): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | undefined;
  return (...args) => {
    if (last?.args.every((arg, index) => arg === args[index]) !== true) {
      last = { args, result: make(...args) };
    }
    return last.result;
  };
}
