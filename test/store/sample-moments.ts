import type { MomentsStage, SweepPlan } from '../../src/plan/plan.js';
import type { LayerMoments, MomentsRecord } from '../../src/records/moments-record.js';
import * as sample from './sample-sweep.js';

const { model: settings, preprocess, calibration } = sample.plan.stages.find((stage) => stage.kind === 'observe')!;
const { batchSize: _size, batches: _batches, ...data } = calibration;

const stage: MomentsStage = {
  ...{ kind: 'moments', key: 'moments', model: settings, preprocess },
  ...{ calibration: data, ops: ['Conv'], samples: [4, 8] },
};

/** Of a plan whose static trial reads second moments. */
export const momentsPlan: SweepPlan = {
  ...sample.plan,
  trials: sample.plan.trials.map((trial) =>
    trial === sample.trials.static ? { ...trial, momentsKey: 'moments' } : trial,
  ),
  stages: [...sample.plan.stages, stage],
};

/** Conv2 of two groups and two blocks; numbers that a column of SQLite would change. */
export function moments(samples: number): MomentsRecord {
  const numbers = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => (i + samples) / 3);
  const layers: readonly LayerMoments[] = [
    {
      ...{ layer: 'conv1', groups: 1, columns: 4, blockColumns: 4 },
      ...{
        products: numbers(10),
        means: Float64Array.of(-0, 5e-324, 1 / 3, -2),
        nonZeroShares: Float64Array.of(1 / 3, 0),
      },
    },
    {
      ...{ layer: 'conv2', groups: 2, columns: 3, blockColumns: 2 },
      ...{ products: numbers(8), means: numbers(6), nonZeroShares: Float64Array.of(1) },
    },
  ];
  return { samples, layers };
}
