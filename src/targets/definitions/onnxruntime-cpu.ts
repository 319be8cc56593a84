import type { Target } from '../target.js';

export const onnxruntimeCpu: Target = {
  description: 'onnxruntime on x86 with VNNI, or with session.x64quantprecision',
  evidence: 'run',
  sources: [],
  activations: { storage: 'uint8', schemes: ['asymmetric', 'unsigned'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'int32',
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'both',
  kernels: 'onnxruntime',
  saturates: false,
  smoothing: { atInput: 'channelQuantize', elsewhere: 'depthwise' },
};
