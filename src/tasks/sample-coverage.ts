import { MetricError } from './metric-error.js';

/** Which samples were evaluated: `[sampleCount]`, 1 for each that was. */
export type SampleCoverage = Uint8Array;

/**
 * Marks samples `first .. first + count - 1` as evaluated.
 *
 * @throws MetricError when one of them doesn't exist or was evaluated before.
 */
export function coverSamples(coverage: SampleCoverage, first: number, count: number): void {
  const sound = Number.isInteger(first) && Number.isInteger(count) && first >= 0 && count >= 0;
  if (!sound || first + count > coverage.length) {
    throw new MetricError(`Expected samples within 0..${coverage.length - 1}, got ${count} from ${first} on`);
  }
  const again = coverage.subarray(first, first + count).indexOf(1);
  if (again >= 0) throw new MetricError(`Expected each sample once, got sample ${first + again} a second time`);
  coverage.fill(1, first, first + count);
}

/**
 * Returns the union of coverages of disjoint samples.
 *
 * @throws MetricError when a sample is in two of them, or they differ in size.
 */
export function uniteCoverages(coverages: readonly SampleCoverage[]): SampleCoverage {
  const united = new Uint8Array(coverages[0]?.length ?? 0);
  for (const coverage of coverages) {
    if (coverage.length !== united.length) {
      throw new MetricError(`Expected states over ${united.length} samples each, got one over ${coverage.length}`);
    }
    for (let sample = 0; sample < united.length; sample += 1) {
      if (coverage[sample] === 1) coverSamples(united, sample, 1);
    }
  }
  return united;
}

/** @throws MetricError unless every sample was evaluated and there is one. */
export function requireFullCoverage(coverage: SampleCoverage, sampleCount: number): void {
  if (coverage.length !== sampleCount || sampleCount === 0) {
    throw new MetricError(`Expected outputs of ${sampleCount} samples, at least one, got ${coverage.length}`);
  }
  const missing = coverage.indexOf(0);
  if (missing >= 0) {
    const evaluated = coverage.reduce((sum, flag) => sum + flag, 0);
    throw new MetricError(
      `Expected outputs of all ${sampleCount} samples, got ${evaluated}; the first missing one is ${missing}`,
    );
  }
}
