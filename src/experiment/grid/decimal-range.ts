/** `from`, `from + step`, ... up to and including `to`. */
export interface DecimalRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What is wrong with a range: at which of its parts, what was expected there, and what came. */
export interface RangeProblem {
  readonly part: keyof DecimalRange;
  readonly expected: string;
  readonly got: string;
}

/** Most values of one range. */
export const mostRangeValues = 10_000;

/** A decimal number: `digits * 10^-places`. */
interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/**
 * The decimal that a number prints as, which for a number read from text of up to 15 digits is that
 * text.
 */
function toDecimal(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/**
 * The values of a range as exact decimals: `from + i * step` is added in decimal, not in binary, so
 * that 0.05..0.95 by 0.05 is 19 values and the third prints as 0.15. A step that does not hit `to`
 * stops before it.
 * @returns the values, ascending, or what is wrong with the range
 */
export function expandRange(range: DecimalRange): readonly number[] | RangeProblem {
  const decimals = { from: toDecimal(range.from), to: toDecimal(range.to), step: toDecimal(range.step) };
  const places = Math.max(decimals.from.places, decimals.to.places, decimals.step.places);
  const scaled = ({ digits, places: own }: Decimal): bigint => digits * 10n ** BigInt(places - own);
  const [from, to, step] = [scaled(decimals.from), scaled(decimals.to), scaled(decimals.step)];
  if (step <= 0n) return { part: 'step', expected: 'a number above 0', got: String(range.step) };
  if (to < from) return { part: 'to', expected: `at least "from" (${range.from})`, got: String(range.to) };
  const count = (to - from) / step + 1n;
  if (count > BigInt(mostRangeValues))
    return { part: 'step', expected: `at most ${mostRangeValues} values`, got: `${count} values` };
  return Array.from({ length: Number(count) }, (_, index) => Number(`${from + BigInt(index) * step}e-${places}`));
}
