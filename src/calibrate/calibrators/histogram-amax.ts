import type { HistogramAmax, InputStatistics, ObservationRecord } from '../../records/observation-record.js';
import { calibrateInput, type CalibratorOptions } from './calibrators.js';

const signedEightBits: Omit<CalibratorOptions, 'calibrator'> = {
  percentile: 99.99,
  bits: 8,
  signed: true,
  symmetric: true,
};

/**
 * An observation with the amax of each histogram calibrator, and with its histograms only if they are to be kept: large
 * as they are, they serve the convergence of amax at every prefix size without being stored there. As it was where no
 * histograms were gathered.
 */
export function withHistogramAmax(observation: ObservationRecord, keepHistograms: boolean): ObservationRecord {
  const inputs = observation.inputs.map((input): InputStatistics => {
    if (input.histograms === null) return input;
    return {
      ...input,
      histograms: keepHistograms ? input.histograms : null,
      histogramAmax: input.histogramAmax ?? histogramAmax(input),
    };
  });
  return { batches: observation.batches, samples: observation.samples, inputs };
}

function histogramAmax(input: InputStatistics): HistogramAmax {
  const unsmoothed = new Float32Array(input.absmax.length).fill(1);
  const amax = (calibrator: CalibratorOptions['calibrator']): number =>
    calibrateInput(input, unsmoothed, { ...signedEightBits, calibrator }).high;
  return { percentile: amax('percentile'), entropy: amax('entropy'), mse: amax('mse') };
}
