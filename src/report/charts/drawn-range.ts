/** Ends of the scale that numbers are drawn on, and the places of its labels. */
export interface DrawnRange {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** The range of values drawn as they are. */
export function linearRange(values: readonly number[]): DrawnRange {
  const [low, high] = ends(values);
  return { low, high, ticks: linearTicks(low, high) };
}

/** The range of log10 of values; those that have none are left out. */
export function logRange(values: readonly number[]): DrawnRange {
  const [low, high] = ends(values.filter((value) => value > 0).map(Math.log10));
  return { low, high, ticks: logTicks(low, high) };
}

/** Smallest and largest; of equal ones a range around them. */
function ends(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/**
 * log10 of 1, 2, 5 times powers of ten between the ends; of more than two decades powers only,
 * every so many of them; where fewer than two lie between them, log10 of even steps.
 */
function logTicks(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const within = (tick: number): boolean => tick >= low - 1e-9 && tick <= high + 1e-9;
  if (high - low > 2) {
    const stride = Math.max(1, Math.ceil((high - low) / 5));
    return decades.filter((decade) => within(decade) && decade % stride === 0);
  }
  const factors = high - low > 1 ? [1, 3] : [1, 2, 5];
  const ticks = decades.flatMap((decade) => factors.map((factor) => decade + Math.log10(factor))).filter(within);
  return ticks.length >= 2 ? ticks : linearTicks(10 ** low, 10 ** high).map(Math.log10);
}

/** About five round steps. */
function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5.5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}
