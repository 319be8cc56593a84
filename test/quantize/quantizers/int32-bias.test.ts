import { describe, expect, it } from 'vitest';
import { int32Bias } from '../../../src/quantize/quantizers/int32-bias.js';
import { symmetricQuantizer } from '../../../src/quantize/quantizers/quantizer.js';

describe('int32Bias', () => {
  it('is in steps of input scale times weight scale, rounded half to even', () => {
    const weights = [symmetricQuantizer(127, 8), symmetricQuantizer(254, 8)];
    const { values, scales, clippedChannels } = int32Bias(Float32Array.of(1.25, -3.5), 0.5, weights);
    expect([...scales]).toEqual([0.5, 1]);
    // 2.5 and -3.5
    expect([...values]).toEqual([2, -4]);
    expect(clippedChannels).toBe(0);
  });

  it('takes a single scale for all channels of a weight per tensor', () => {
    const { values, scales } = int32Bias(Float32Array.of(1, 2, 3), 0.25, [symmetricQuantizer(127, 8)]);
    expect([...scales]).toEqual([0.25]);
    expect([...values]).toEqual([4, 8, 12]);
  });

  it('rounds the product of the scales to float32', () => {
    const inputScale = Math.fround(0.1);
    const weight = symmetricQuantizer(Math.fround(0.3), 8);
    const { scales } = int32Bias(Float32Array.of(0), inputScale, [weight]);
    expect(scales[0]).toBe(Math.fround(inputScale * weight.scale));
    expect(scales[0]).not.toBe(inputScale * weight.scale);
  });

  it('keeps integers that float32 has not', () => {
    const { values } = int32Bias(Float32Array.of(2 ** 24), Math.fround(1 / 3), [symmetricQuantizer(127, 8)]);
    expect(values[0]).toBe(Math.round(2 ** 24 / Math.fround(1 / 3)));
    expect(values[0]).not.toBe(Math.fround(values[0]!));
  });

  it('clips to int32 and counts where', () => {
    const weights = [1, 127e-9, 127e-30, 127e-30].map((amax) => symmetricQuantizer(amax, 8));
    const { values, clippedChannels } = int32Bias(Float32Array.of(1, 5, -1, 0), 2 ** -20, weights);
    expect(values[1]).toBe(2 ** 31 - 1);
    expect(values[2]).toBe(-(2 ** 31));
    expect(values[3]).toBe(0);
    expect(clippedChannels).toBe(2);
  });
});
