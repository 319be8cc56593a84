import { NO_DESCENT } from '../experiment/sections/search.js';
import type { CalibrationSettings, SearchSettings } from '../experiment/sections/settings.js';
import type { FrontierSettings } from '../experiment/sections/layers.js';
import { MOST_EVALUATIONS } from '../frontier/cheapest-within.js';
import type { PlannedStage } from '../plan/plan.js';

/** What a stage does, in a line without who needs it. */
export function describeStage(stage: PlannedStage): string {
  switch (stage.kind) {
    case 'observe': {
      const { batches, batchSize } = stage.calibration;
      return `${batches} calibration batches of ${batchSize}${orderOf(stage.calibration)}, snapshots at ${stage.snapshots.join(', ')}`;
    }
    case 'moments': {
      const { ops, samples } = stage;
      const kept = samples.length === 1 ? '' : `, kept at ${samples.join(', ')}`;
      return `second moments of the inputs of ${ops.join(', ')} over ${samples.at(-1)!} calibration samples${orderOf(stage.calibration)}${kept}`;
    }
    case 'reference':
      return `FP32 over ${stage.evaluation.samples === 'all' ? 'all' : stage.evaluation.samples} evaluation samples`;
    case 'search': {
      const { candidates, samples } = stage.search;
      return `${describeSearch(stage.search)}: ${candidates.length} alphas on ${samples} samples, calibrated on ${stage.calibration.batches} batches`;
    }
    case 'rank':
      return `each layer quantized alone${stage.errorBits === undefined ? '' : ` at ${stage.errorBits[0]} bits`} on ${stage.samples} samples`;
    case 'keep':
      switch (stage.by) {
        case 'accuracy':
          return `the fewest layers in float for a loss of at most ${stage.loss} against FP32, by evaluation`;
        case 'speed':
          return `layers that the model is faster with in float, timed here at batch ${stage.batchSize}, ${stage.threads} thread${stage.threads === 1 ? '' : 's'}`;
        case 'frontier':
          return describeFrontier(stage.frontier);
      }
  }
}

function describeFrontier({ bits, maxDrop, minimize }: FrontierSettings): string {
  const least = minimize === 'size' ? 'smallest size' : 'fewest bit operations';
  return `bits of each layer from ${bits.join(', ')}: the ${least} for a drop of at most ${maxDrop}, by at most ${MOST_EVALUATIONS} evaluations`;
}

function orderOf({ sampleSeed }: Pick<CalibrationSettings, 'sampleSeed'>): string {
  return sampleSeed === null ? '' : ` in the order of seed ${sampleSeed}`;
}

function describeSearch({ order, objective, sweeps }: SearchSettings): string {
  if (order !== 'output') return `${order}, by ${objective}`;
  return sweeps === NO_DESCENT
    ? "one alpha, by the output's divergence"
    : `descent by the output's divergence, ${sweeps} sweep${sweeps === 1 ? '' : 's'}`;
}
