import type { Target } from '../target.js';

export const qnn: Target = {
  description: "Qualcomm's Hexagon NPU through QNN",
  evidence: 'rules',
  sources: [],
  activations: { storage: 'uint8', schemes: ['asymmetric', 'unsigned'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'int32',
  zeroBias: true,
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
