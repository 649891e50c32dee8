/** The smallest value that at least this share of the values does not exceed; NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
