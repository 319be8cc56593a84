import type { PageFigure } from '../figure.js';
import type { IndexPageFacts } from '../../pages/index-page.js';
import { sweepsTable } from './sweeps-table.js';

/** Every figure of the index, in order. */
export const indexFigures: readonly PageFigure<IndexPageFacts>[] = [sweepsTable];
