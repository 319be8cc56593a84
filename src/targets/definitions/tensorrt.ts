import type { Target } from '../target.js';

export const tensorrt: Target = {
  description: 'TensorRT, explicit quantization',
  evidence: 'rules',
  sources: [],
  activations: { storage: 'int8', schemes: ['signed'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'float',
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'identity',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
