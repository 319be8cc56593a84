import type { InputStatistics } from '../../records/observation-record.js';
import type { CalibratedRange, SymmetricTarget } from './calibrator.js';
import { calibratorNames, calibrators, type CalibratorName } from './registry.js';

export interface CalibratorOptions extends SymmetricTarget {
  readonly calibrator: CalibratorName;
  /** Zero is at the integer 0; else the range has two ends of its own. */
  readonly symmetric: boolean;
}

/**
 * The range of a layer's input divided by s. Symmetric: high is amax and low is -amax; unsigned:
 * low is 0 and what is below zero is cut off, so that it counts as zero. Asymmetric: both ends are
 * calibrated.
 *
 * @param s `[C]`
 * @throws RangeError for an asymmetric range by a calibrator that has none
 */
export function calibrateInput(inputs: InputStatistics, s: Float32Array, options: CalibratorOptions): CalibratedRange {
  const { amax, asymmetric } = calibrators[options.calibrator];
  if (options.symmetric) {
    const high = amax(inputs, s, options);
    return { low: options.signed ? 0 - high : 0, high };
  }
  if ('range' in asymmetric) return asymmetric.range(inputs, s, options);
  throw new RangeError(
    `Expected calibrator ${asymmetricCalibrators().join(' or ')} for an asymmetric range, got ${options.calibrator}, which is ${asymmetric.obstacle}.`,
  );
}

/** Those that find an asymmetric range. */
export function asymmetricCalibrators(): readonly CalibratorName[] {
  return calibratorNames.filter((name) => 'range' in calibrators[name].asymmetric);
}
