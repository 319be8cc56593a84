import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../../src/onnx/onnx-model.js';
import { twinModel } from '../../../src/quantize/graph/twin-model.js';
import { depthwiseCase, levelsBatch, saturatedOutput, saturatingCases } from './saturating-cases.js';
import { compareTwin, oneThread, prepareCase, run } from './twin-case.js';

/** Numbers that differ. */
function differences(a: Float32Array, b: Float32Array): number {
  return a.reduce((count, value, i) => count + (value === b[i] ? 0 : 1), 0);
}

describe('the twin of onnxruntime on x86 without VNNI', () => {
  it.each(Object.entries(saturatingCases))('adds pairs in 16 bits: %s', async (_name, given) => {
    const batch = levelsBatch(given);
    const twin = await run(encodeModel(twinModel(prepareCase(given))), batch, oneThread);
    const { saturated, plain } = saturatedOutput(given, batch);
    expect(differences(plain, saturated)).toBeGreaterThan(0);
    expect(differences(twin['y']!.data, saturated)).toBe(0);
  });

  it.each(Object.entries(saturatingCases))('is the integers themselves with VNNI: %s', async (_name, given) => {
    const batch = levelsBatch(given);
    const withVnni = { ...given, target: 'onnxruntime-cpu' } as const;
    const twin = await run(encodeModel(twinModel(prepareCase(withVnni))), batch, oneThread);
    expect(differences(twin['y']!.data, saturatedOutput(given, batch).plain)).toBe(0);
  });

  it('leaves a depthwise convolution as it is', async () => {
    const compared = await compareTwin(depthwiseCase, levelsBatch(depthwiseCase));
    expect(compared.kernels).toEqual({ QLinearConv: 1 });
    expect(compared.differing).toBe(0);
  });
});
