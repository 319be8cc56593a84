import type { Metric, MetricContext } from '../metric.js';
import { MetricError } from '../metric-error.js';
import { coverSamples, uniteCoverages, type SampleCoverage } from '../sample-coverage.js';

/** Outputs of consecutive samples. */
export interface PredictionChunk {
  readonly first: number;
  readonly data: Float32Array;
}

/** What a metric by command keeps: the outputs themselves. */
export interface PredictionState {
  readonly kind: 'command';
  readonly coverage: SampleCoverage;
  /** Shape of the output of one sample; null before the first. */
  readonly outputShape: readonly number[] | null;
  readonly chunks: readonly PredictionChunk[];
}

/** All outputs of an evaluation are held in memory until the command has run. */
const MAX_PREDICTION_BYTES = 2 ** 29;

/**
 * Returns a gatherer of outputs `[N, ...]`, at most 512 MiB of them.
 *
 * @throws MetricError from `add` when the evaluation's outputs are larger than that, or their shape
 *   changes
 */
export function gatherPredictions({ sampleCount }: MetricContext): Pick<Metric<PredictionState>, 'add' | 'state'> {
  const coverage = new Uint8Array(sampleCount);
  const chunks: PredictionChunk[] = [];
  let outputShape: readonly number[] | null = null;
  return {
    add({ first, count, outputs: [scored] }) {
      const { data: output, dims: shape } = scored!;
      const own = shape.slice(1);
      if (shape[0] !== count || (outputShape !== null && own.join() !== outputShape.join())) {
        const expected = `[${[count, ...(outputShape ?? ['...'])].join(', ')}]`;
        throw new MetricError(`Expected an output of shape ${expected}, got [${shape.join(', ')}]`);
      }
      const bytes = (output.byteLength / count) * sampleCount;
      if (bytes > MAX_PREDICTION_BYTES) {
        throw new MetricError(
          `Expected predictions of at most ${MAX_PREDICTION_BYTES} bytes for a metric by command, got ${bytes} for ` +
            `${sampleCount} samples: lower data.evaluation.samples, or write the metric as a module`,
        );
      }
      coverSamples(coverage, first, count);
      outputShape = own;
      chunks.push({ first, data: output.slice() });
    },
    state: () => ({ kind: 'command', coverage, outputShape, chunks }),
  };
}

/**
 * Returns the state over all samples that any of `states` has.
 *
 * @throws MetricError when a sample is in two states or shapes differ
 */
export function mergePredictionStates(states: readonly PredictionState[]): PredictionState {
  const shapes = new Set(states.flatMap(({ outputShape }) => (outputShape === null ? [] : [outputShape.join(', ')])));
  if (shapes.size > 1) {
    throw new MetricError(`Expected outputs of one shape, got [${[...shapes].join('] and [')}]`);
  }
  return {
    kind: 'command',
    coverage: uniteCoverages(states.map((state) => state.coverage)),
    outputShape: states.find(({ outputShape }) => outputShape !== null)?.outputShape ?? null,
    chunks: states.flatMap((state) => state.chunks),
  };
}
