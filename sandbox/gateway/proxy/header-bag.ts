/** Headers by name, whatever its case, in the order they came; values as Node gives them (latin1). */
export class HeaderBag {
  readonly #fields = new Map<string, { readonly name: string; readonly values: string[] }>();

  /** @param raw names and values in turn, as `IncomingMessage.rawHeaders` */
  static fromRaw(raw: readonly string[]): HeaderBag {
    const bag = new HeaderBag();
    for (let index = 0; index < raw.length; index += 2) {
      bag.append(raw[index] ?? '', raw[index + 1] ?? '');
    }
    return bag;
  }

  /** The first value. */
  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.values[0];
  }

  all(name: string): readonly string[] {
    return this.#fields.get(name.toLowerCase())?.values ?? [];
  }

  append(name: string, value: string): void {
    const field = this.#fields.get(name.toLowerCase());
    if (field) field.values.push(value);
    else this.#fields.set(name.toLowerCase(), { name, values: [value] });
  }

  set(name: string, values: string | readonly string[]): void {
    const list = typeof values === 'string' ? [values] : [...values];
    this.#fields.set(name.toLowerCase(), { name, values: list });
  }

  delete(name: string): void {
    this.#fields.delete(name.toLowerCase());
  }

  /** Lower-case names with their values. */
  *entries(): Generator<readonly [name: string, values: readonly string[]]> {
    for (const [name, { values }] of this.#fields) yield [name, values];
  }

  /** Names and values in turn, as Node's HTTP client and server take them. */
  toRaw(): string[] {
    const raw: string[] = [];
    for (const { name, values } of this.#fields.values()) {
      for (const value of values) raw.push(name, value);
    }
    return raw;
  }
}

/** Connection-wide headers, which end at a proxy: the standard's list and what `Connection` names. */
export function withoutHopByHop(headers: HeaderBag): HeaderBag {
  const dropped = new Set([
    ...hopByHop,
    ...headers
      .all('connection')
      .flatMap((value) => value.split(','))
      .map((name) => name.trim().toLowerCase()),
  ]);
  const kept = new HeaderBag();
  for (const [name, values] of headers.entries()) {
    if (!dropped.has(name)) kept.set(name, values);
  }
  return kept;
}

const hopByHop = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
