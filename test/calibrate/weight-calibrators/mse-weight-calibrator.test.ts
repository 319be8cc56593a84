import { describe, expect, it } from 'vitest';
import { applyQuantizers } from '../../../src/quantize/quantizers/fake-quantize-weight.js';
import { mseRange } from '../../../src/calibrate/weight-calibrators/mse-weight-calibrator.js';
import { asymmetricQuantizer, symmetricQuantizer, type Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import { randomFloats } from '../../onnx/pseudo-random.js';

type AtShare = (share: number) => Quantizer;

/** Of the deployed float32 values. */
function squaredError(weight: Float32Array, quantizer: Quantizer): number {
  const layout = { order: 'outputFirst', groups: 1, inputsPerGroup: weight.length, outputsPerGroup: 1 } as const;
  const { values } = applyQuantizers(weight, { ...layout, kernelSize: 1 }, [quantizer], 'tensor');
  return weight.reduce((sum, w, i) => sum + (w - values[i]!) ** 2, 0);
}

/** Of every share of a dense scan. */
function leastError(weight: Float32Array, atShare: AtShare, shares: number): number {
  let least = Infinity;
  for (let i = 1; i <= shares; i++) least = Math.min(least, squaredError(weight, atShare(i / shares)));
  return least;
}

const forms: readonly (readonly [string, (bits: number) => AtShare])[] = [
  ['signed', (bits) => (share) => symmetricQuantizer(share * 1.3, bits)],
  ['narrow', (bits) => (share) => symmetricQuantizer(share * 1.3, bits, true)],
  ['asymmetric', (bits) => (share) => asymmetricQuantizer(share * -0.7, share * 1.3, bits)],
];

describe('mseRange', () => {
  it.each(forms)('has the least error of all shares, %s', (_form, atBits) => {
    // Lengths beside multiples of what the loop takes at once.
    for (const [seed, length] of [1, 3, 63, 64, 65, 130, 1027].entries()) {
      const weight = randomFloats(seed, length).map((v) => 0.3 + v ** 3);
      for (const bits of [2, 3, 4, 5, 8]) {
        const atShare = atBits(bits);
        const least = leastError(weight, atShare, 500);
        const found = squaredError(weight, mseRange(weight, atShare(1), atShare));
        expect(found).toBeLessThanOrEqual(1.002 * least + 1e-12);
      }
    }
  });

  it('takes the number of steps that hits most numbers, by hand', () => {
    // 2 bits, levels -2..1 of amax: 24 numbers of 0.3 and one of 1. With amax 1 each 0.3 becomes 0:
    // error 24 * 0.09 = 2.16. With amax a <= 0.6 they become a: 24 (a - 0.3)^2 + (1 - a)^2 is least
    // at (24 * 0.3 + 1) / 25 = 0.328.
    const weight = Float32Array.from({ length: 25 }, (_, i) => (i === 24 ? 1 : 0.3));
    const atShare: AtShare = (share) => symmetricQuantizer(share, 2);
    expect(mseRange(weight, atShare(1), atShare).amax).toBeCloseTo(0.328, 7);
  });

  it('stays with the wider of equally good ranges', () => {
    // All zeros: no share has an error.
    const atShare: AtShare = (share) => symmetricQuantizer(share * 5, 4);
    expect(mseRange(new Float32Array(10), atShare(1), atShare).amax).toBe(5);
  });
});
