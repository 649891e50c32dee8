/** What a run may be told beside its name; each bench says in its own description what it heeds. */
export interface BenchOptions {
  /** How long it lasts. */
  readonly minutes?: number;
  /** Requests per second. */
  readonly rate?: number;
  /** The same seed draws the same changes. */
  readonly seed?: number;
}

/** As `parseArgs` wants them. */
export const optionFlags = {
  minutes: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
} as const;

/** @throws RangeError where a value is no positive number. */
export function readOptions(
  values: Readonly<Partial<Record<keyof BenchOptions, string>>>,
): BenchOptions {
  const entries = Object.entries(values).filter(([name]) => Object.hasOwn(optionFlags, name));
  return Object.fromEntries(entries.map(([name, text]) => [name, positive(name, text)]));
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`--${name} must be a positive number, not "${text}"`);
  }
  return value;
}
