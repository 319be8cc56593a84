import type { RowLinks } from '../../../addresses/page-links.js';
import { isComparable, pageName } from '../../../addresses/site-map.js';

/** Address of the page that compares these trials, in any order; null where there is none. */
export function comparisonHref(trials: readonly number[], { comparisons }: RowLinks): string | null {
  if (comparisons === null || !isComparable(trials)) return null;
  if (comparisons === 'any') return pageName.comparison(trials);
  const key = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join(' ');
  const page = comparisons.find((numbers) => key(numbers) === key(trials));
  return page === undefined ? null : pageName.comparison(page);
}
