/** The value below which `share` (0 to 1) of the values lie. @throws when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new Error('Nothing was measured.');
  return value;
}

/** The middle value; of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const middle = values.length / 2;
  const sorted = [...values].sort((a, b) => a - b).slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
}

/** A figure that was measured several times. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Sums up what several rounds showed; those that showed nothing (NaN) don't count. */
export function spreadOf(values: readonly number[]): Spread {
  const shown = values.filter((value) => !Number.isNaN(value));
  if (shown.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  return { median: median(shown), min: Math.min(...shown), max: Math.max(...shown) };
}

/** A figure that was measured once. */
export function single(value: number): Spread {
  return spreadOf([value]);
}
