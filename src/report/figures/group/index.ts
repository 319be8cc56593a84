import type { ComparedGroup } from '../../facts/compared-group.js';
import type { PageFigure } from '../figure.js';
import { groupAlphas } from './group-alphas.js';
import { groupLosses } from './group-losses.js';
import { groupNumbers } from './group-numbers.js';
import { groupSettings } from './group-settings.js';
import { groupTests } from './group-tests.js';

/** Every figure of the page of a comparison of three trials or more, in order. */
export const groupFigures: readonly PageFigure<ComparedGroup>[] = [
  groupSettings,
  groupNumbers,
  groupTests,
  groupLosses,
  groupAlphas,
];
