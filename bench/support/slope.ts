/** How fast a value rises, and how sure that is. */

export interface Slope {
  /** Per unit of x. */
  readonly slope: number;
  /** Of the slope; NaN below three points. */
  readonly standardError: number;
}

/**
 * The line through the points by ordinary least squares. The standard error assumes that what is left
 * of each point is independent of the others: samples close to each other in time make it too small.
 */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): Slope {
  const count = points.length;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const spread = sum(points.map(({ x }) => (x - meanX) ** 2));
  const slope = sum(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / spread;
  const residual = sum(points.map(({ x, y }) => (y - meanY - slope * (x - meanX)) ** 2));
  return { slope, standardError: count < 3 ? NaN : Math.sqrt(residual / (count - 2) / spread) };
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
