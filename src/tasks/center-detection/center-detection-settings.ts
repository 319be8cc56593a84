import { fraction, integer, listOf, positive } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';

export const centerDetectionSettings = {
  thresholds: listOf(
    positive('A distance in cells.'),
    'a list of distances in cells, each above 0',
    'Distances in cells at which a detection matches.',
  ).default([0.5, 1, 2, 4]),
  maxDetections: integer(1, 'Detections kept per sample.').default(100),
  minScore: fraction('a number from 0 to 1').describe('Detections below this score are dropped.').default(0.01),
  bootstrap,
};

export type CenterDetectionTask = Settled<typeof centerDetectionSettings>;
