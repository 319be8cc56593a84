import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../src/cli/export/target-check-lines.js';

type Check = Parameters<typeof linesOf>[0];

const check: Check = {
  target: 'onnxruntime-cpu',
  ran: 'default',
  notRun: null,
  tensors: 1,
  float: [],
  readBack: {
    operators: [],
    integerKernels: {},
    weights: [],
    biases: [],
    mergedPairs: 1,
    ran: true,
    failure: null,
  },
  unexpected: [],
  compared: null,
  notCompared: 'no samples',
};

describe('what export says of the file of a target', () => {
  it('counts one tensor and one merged pair', () => {
    const lines = linesOf(check);
    expect(lines[0]).toBe('  target onnxruntime-cpu, 1 tensor quantized; run here by onnxruntime with default options');
    expect(lines).toContain('  note: onnxruntime merges adjacent pairs of QuantizeLinear and DequantizeLinear, once');
  });

  it('counts several', () => {
    const lines = linesOf({ ...check, tensors: 2, readBack: { ...check.readBack!, mergedPairs: 3 } });
    expect(lines[0]).toContain(', 2 tensors quantized; ');
    expect(lines).toContain(
      '  note: onnxruntime merges adjacent pairs of QuantizeLinear and DequantizeLinear, 3 times',
    );
  });
});
