import type { ComparedSweeps } from '../../facts/compared-sweeps.js';
import type { PageFigure } from '../figure.js';
import { bestByAxis } from './best-by-axis.js';
import { matchedTable, matchedTrials } from './matched-trials.js';
import { sweepsAccuracy } from './sweeps-accuracy.js';
import { sweepsSettings } from './sweeps-settings.js';

/** Every figure of the page of a comparison of two sweeps, in order. */
export const sweepsComparisonFigures: readonly PageFigure<ComparedSweeps>[] = [
  sweepsAccuracy,
  sweepsSettings,
  matchedTrials,
  matchedTable,
  bestByAxis,
];
