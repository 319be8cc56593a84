import type { PageFigure } from '../figure.js';
import type { IndexPageFacts } from '../../facts/index-page-facts.js';
import { sweepsTable } from './sweeps-table.js';

/** Every figure of the index, in order. */
export const indexFigures: readonly PageFigure<IndexPageFacts>[] = [sweepsTable];
