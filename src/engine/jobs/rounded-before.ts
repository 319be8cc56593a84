import { RoundingMemo } from '../../quantize/rounding/rounding-memo.js';
import type { Cache } from './job-caches.js';

/** Weights that this process rounded by second moments. */
export const roundedBefore: Cache<RoundingMemo> = { start: () => new RoundingMemo() };
