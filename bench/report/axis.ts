/** From values to places on a line, and the marks on it. */

export interface Axis {
  /** A place between `from` and `to`. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whole powers of ten around the values; all of them must be above zero. */
export function logAxis(values: readonly number[], { from, to }: Span): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step));
  return { at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from), ticks };
}

/** From zero, with four to eight marks at round numbers. */
export function linearAxis(values: readonly number[], { from, to }: Span): Axis {
  const step = roundStep(Math.max(...values, 1e-9) / 5);
  const count = Math.max(1, Math.ceil(Math.max(...values) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => tidy(index * step));
  return { at: (value) => from + (value / (count * step)) * (to - from), ticks };
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((factor) => factor * power >= value) ?? 10) * power;
}

/** Without what is left of a binary fraction. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** `50,000`, `0.8`: the same everywhere, whatever the language of the machine. */
export function formatNumber(value: number): string {
  if (Math.abs(value) < 1_000) return String(tidy(value));
  const [whole = '', fraction] = String(tidy(value)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
