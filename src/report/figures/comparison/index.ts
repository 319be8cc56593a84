import type { PageFigure } from '../../figure.js';
import type { ComparisonPageFacts } from '../../pages/comparison-page.js';
import { comparisonLosses } from './comparison-losses.js';

/** Every figure of the page of a comparison, in order. */
export const comparisonFigures: readonly PageFigure<ComparisonPageFacts>[] = [comparisonLosses];
