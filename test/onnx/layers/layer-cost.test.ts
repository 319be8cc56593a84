import { describe, expect, it } from 'vitest';
import { layerMacs } from '../../../src/onnx/layers/layer-cost.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';

const layer = (op: Layer['op'], layout: Partial<Layer['layout']>): Layer =>
  ({
    op,
    layout: { order: 'outputFirst', groups: 1, inputsPerGroup: 1, outputsPerGroup: 1, kernelSize: 1, ...layout },
  }) as Layer;

describe('MACs for one sample', () => {
  it('of a Conv: each number of the output takes a kernel of each input channel', () => {
    // 3 x 3 kernels over 16 channels, 8 of them, on 10 x 12 positions, in a run of 2 samples.
    const conv = layer('Conv', { inputsPerGroup: 16, outputsPerGroup: 8, kernelSize: 9 });
    expect(layerMacs(conv, { input: [2, 16, 12, 14], output: [2, 8, 10, 12], rows: 2 })).toBe(8 * 10 * 12 * 16 * 9);
  });

  it('of a depthwise Conv: each channel sees itself alone', () => {
    const conv = layer('Conv', { groups: 32, kernelSize: 9 });
    expect(layerMacs(conv, { input: [1, 32, 7, 7], output: [1, 32, 7, 7], rows: 1 })).toBe(32 * 49 * 9);
  });

  it('of a ConvTranspose: each number of the input is spread over a kernel of each output channel', () => {
    const conv = layer('ConvTranspose', { inputsPerGroup: 16, outputsPerGroup: 8, kernelSize: 4 });
    expect(layerMacs(conv, { input: [1, 16, 5, 6], output: [1, 8, 10, 12], rows: 1 })).toBe(16 * 5 * 6 * 8 * 4);
  });

  it('of a MatMul over tokens', () => {
    const product = layer('MatMul', { inputsPerGroup: 64, outputsPerGroup: 256 });
    expect(layerMacs(product, { input: [2, 10, 64], output: [2, 10, 256], rows: 2 })).toBe(10 * 64 * 256);
  });

  it('is null where samples do not share a tensor evenly', () => {
    expect(layerMacs(layer('Gemm', { inputsPerGroup: 3 }), { input: [1, 3], output: [1, 5], rows: 2 })).toBeNull();
  });
});
