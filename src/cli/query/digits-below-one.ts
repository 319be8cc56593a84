/**
 * Digits behind the point that show two of what a number lacks to 1, where that is below 0.001: 6
 * of 0.999968. Cosines of all trials are 0.9999 or 1.0000 otherwise. 0 of other numbers.
 */
export function digitsBelowOne(value: number): number {
  const lack = 1 - Math.abs(value);
  return lack > 0 && lack < 0.001 ? Math.min(15, Math.ceil(-Math.log10(lack)) + 1) : 0;
}
