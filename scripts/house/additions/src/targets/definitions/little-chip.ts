import type { Target } from '../target.js';

/** Convolutions alone, on int8 with one scale of the weights. */
export const littleChip: Target = {
  description: 'a chip that knows convolutions',
  evidence: 'rules',
  sources: ['made up'],
  activations: { storage: 'int8', schemes: ['asymmetric'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['tensor'], narrowRange: true, bits: [8] },
  bias: 'int32',
  operators: { Conv: { runs: 'quantize', when: ['isLayer', 'plainBias'] } },
  fused: { Relu: { behind: ['Conv'] } },
  placement: 'everyTensor',
  outputs: 'integer',
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
