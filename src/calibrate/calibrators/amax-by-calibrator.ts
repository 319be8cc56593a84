import type {
  AmaxByCalibrator,
  InputStatistics,
  ObservationRecord,
  TensorStatistics,
} from '../../records/observation-record.js';
import type { Calibrator, SymmetricTarget } from './calibrator.js';
import { calibratorNames, calibrators } from './registry.js';

const signedEightBits: SymmetricTarget = { percentile: 99.99, bits: 8, signed: true };

/**
 * An observation with the amax of each histogram calibrator, and with its histograms only if they
 * are to be kept: large as they are, they serve the convergence of amax at every prefix size
 * without being stored there. As it was where no histograms were gathered.
 */
export function withHistogramAmax(observation: ObservationRecord, keepHistograms: boolean): ObservationRecord {
  const inputs = observation.inputs.map((input): InputStatistics => {
    if (input.histograms === null) return input;
    return {
      ...input,
      histograms: keepHistograms ? input.histograms : null,
      histogramAmax: input.histogramAmax ?? amaxOf(input, 'histograms'),
    };
  });
  const { batches, samples, tensors } = observation;
  if (tensors === undefined) return { batches, samples, inputs };
  return { batches, samples, inputs, tensors: keepHistograms ? tensors : withoutHistograms(tensors) };
}

export function withoutHistograms(tensors: readonly TensorStatistics[]): readonly TensorStatistics[] {
  return tensors.map((tensor) => ({ ...tensor, histograms: null }));
}

/** By each calibrator that reads extremes alone, which every observation has. */
export function extremesAmax(input: InputStatistics): AmaxByCalibrator {
  return amaxOf(input, 'extremes');
}

function amaxOf(input: InputStatistics, reads: Calibrator['reads']): AmaxByCalibrator {
  const unsmoothed = new Float32Array(input.absmax.length).fill(1);
  const readers = calibratorNames.filter((name) => calibrators[name].reads === reads);
  return Object.fromEntries(readers.map((name) => [name, calibrators[name].amax(input, unsmoothed, signedEightBits)]));
}
