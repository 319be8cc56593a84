import type { PageFigure } from '../../figure.js';
import type { TrialPageFacts } from '../../pages/trial-page.js';
import { trialLosses } from './trial-losses.js';

/** Every figure of the page of a trial, in order. */
export const trialFigures: readonly PageFigure<TrialPageFacts>[] = [trialLosses];
