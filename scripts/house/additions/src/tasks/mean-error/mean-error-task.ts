import { ofFirstOutput } from '../first-output.js';
import type { GatheredState, SampleBatch } from '../metric.js';
import { anyOutputMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { replicatedRecord } from '../replicates.js';
import { coverSamples, requireFullCoverage, uniteCoverages } from '../sample-coverage.js';
import { ofFirstShape } from '../shape-misfits.js';
import { defineTask } from '../task.js';

export interface MeanErrorState extends GatheredState {
  readonly kind: 'meanError';
  readonly errors: Float64Array;
}

/** 1 / (1 + mean |error| to FP32), for any output. */
export const meanErrorTask = defineTask({
  description: "1 / (1 + mean absolute error to FP32's output).",
  metrics: {
    meanError: {
      title: 'closeness to FP32',
      definition: "1 / (1 + mean absolute error to FP32's output), over all samples.",
      ...{ unit: 'fraction', better: 'higher' },
    },
  },
  settings: {},
  outputs: 'one',
  readsIntegers: false,
  needs: null,
  needsReference: true,
  countsSamples: false,
  judgedAs: null,
  locate: () => ({}),
  code: () => null,
  paths: [],
  divergence: ofFirstOutput(relativeSquaredError),
  misfit: ofFirstShape(anyOutputMisfit),
  labelMisfit: () => null,
  isChoosy: false,
  open: (_, { sampleCount }) => {
    const coverage = new Uint8Array(sampleCount);
    const errors = new Float64Array(sampleCount);
    const state = (): MeanErrorState => ({ kind: 'meanError', coverage, errors });
    return {
      needsReference: true,
      add({ first, count, outputs: [output], reference }: SampleBatch) {
        coverSamples(coverage, first, count);
        const { data } = output!;
        const size = data.length / count;
        for (const [place, value] of data.entries()) {
          errors[first + Math.floor(place / size)]! += Math.abs(value - reference![0]!.data[place]!) / size;
        }
      },
      state,
      finish: () => finish(sampleCount, state()),
    };
  },
  merge: (states: readonly MeanErrorState[]): MeanErrorState => ({
    kind: 'meanError',
    coverage: uniteCoverages(states.map(({ coverage }) => coverage)),
    errors: states[0]!.errors.map((_, sample) => states.reduce((sum, { errors }) => sum + errors[sample]!, 0)),
  }),
  finish: (_, { sampleCount }, state) => finish(sampleCount, state),
});

function finish(sampleCount: number, { coverage, errors }: MeanErrorState) {
  requireFullCoverage(coverage, sampleCount);
  const value = 1 / (1 + errors.reduce((sum, error) => sum + error, 0) / sampleCount);
  const accuracies = [replicatedRecord('meanError', '', value, new Float64Array(0))];
  return { evaluation: { primaryMetric: 'meanError', samples: sampleCount, accuracies, outcomes: [] }, argmax: null };
}
