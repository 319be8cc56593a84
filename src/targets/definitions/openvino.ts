import type { Target } from '../target.js';

export const openvino: Target = {
  description: 'OpenVINO on CPU, as NNCF places quantizers',
  evidence: 'rules',
  sources: [],
  activations: { storage: 'uint8', schemes: ['auto', 'asymmetric'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: true, bits: [8] },
  bias: 'float',
  operators: {},
  fused: ['Relu', 'Clip'],
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
