import type { RowLinks } from '../../../addresses/page-links.js';

/** Address of the page that compares these trials, in whatever order; null where the report has none. */
export function comparisonHref(trials: readonly number[], { comparisons }: RowLinks): string | null {
  if (comparisons === null || trials.length < 2) return null;
  const name = (numbers: readonly number[]): string => `compare-${numbers.join('-')}.html`;
  if (comparisons === 'any') return name(trials);
  const key = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join(' ');
  const page = comparisons.find((numbers) => key(numbers) === key(trials));
  return page === undefined ? null : name(page);
}
