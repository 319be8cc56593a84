import type { Target } from '../target.js';

export const onnxruntimeCpuAvx2: Target = {
  description: 'onnxruntime on x86 without VNNI, whose 16-bit sums saturate',
  evidence: 'run',
  sources: [],
  activations: { storage: 'uint8', schemes: ['asymmetric', 'unsigned'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'int32',
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'both',
  kernels: 'onnxruntime',
  saturates: true,
  smoothing: { atInput: 'channelQuantize', elsewhere: 'depthwise' },
};
