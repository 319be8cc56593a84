import type { OperatorRule, Target } from '../target.js';

const own: OperatorRule = { runs: 'quantize' };

const eltwise: OperatorRule = { ...own, when: ['computedOperands'] };

/** Scale and zero point must be the very same on both sides, else its definition fails. */
const pass: OperatorRule = { runs: 'pass' };

const fused = { behind: ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul'] };

export const xnnpack: Target = {
  description: 'XNNPACK and LiteRT',
  evidence: 'rules',
  sources: [
    'google/XNNPACK at 75db3c09 (2026-08): src/subgraph, src/operators, src/tensor.c',
    'LiteRT (TensorFlow Lite) 8-bit quantization specification',
  ],
  activations: { storage: 'int8', schemes: ['asymmetric'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: true, bits: [8] },
  bias: 'int32',
  zeroBias: true,
  operators: {
    Conv: { ...own, when: ['isLayer', 'plainBias'] },
    ConvTranspose: { ...own, when: ['isLayer', 'plainBias', 'group1'] },
    Gemm: { ...own, when: ['isLayer', 'plainBias'] },
    MatMul: { ...own, when: ['isLayer'] },
    Add: eltwise,
    Sub: eltwise,
    Mul: eltwise,
    GlobalAveragePool: own,
    ReduceMean: own,
    AveragePool: { ...own, output: 'tied' },
    LeakyRelu: own,
    Elu: own,
    HardSwish: own,
    Relu: pass,
    Clip: pass,
    Sigmoid: { ...own, range: { low: 0, high: 255 / 256 } },
    Softmax: { ...own, range: { low: 0, high: 255 / 256 } },
    LogSoftmax: { ...own, range: { low: (-255 * 16) / 256, high: 0 } },
    Tanh: { ...own, range: { low: -1, high: 127 / 128 } },
    Concat: { ...pass, when: ['computedOperands'] },
    MaxPool: { ...pass, when: ['oneOutput'] },
    Reshape: pass,
    Flatten: pass,
    Transpose: pass,
    Squeeze: pass,
    Unsqueeze: pass,
    Slice: pass,
    Split: pass,
    Gather: pass,
    DepthToSpace: pass,
    Expand: pass,
    Pad: { ...pass, when: ['padsWithZeros'] },
    Resize: { ...pass, when: ['notCubic'] },
    Identity: pass,
    Dropout: pass,
  },
  fused: { Relu: fused, Clip: fused },
  placement: 'everyTensor',
  outputs: 'integer',
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
