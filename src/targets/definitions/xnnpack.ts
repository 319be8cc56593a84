import type { Target } from '../target.js';

export const xnnpack: Target = {
  description: 'XNNPACK and LiteRT',
  evidence: 'rules',
  sources: [],
  activations: { storage: 'int8', schemes: ['asymmetric'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: true, bits: [8] },
  bias: 'int32',
  zeroBias: true,
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
