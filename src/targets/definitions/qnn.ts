import type { OperatorRule, Target } from '../target.js';

const own: OperatorRule = { runs: 'quantize' };

const eltwise: OperatorRule = { ...own, when: ['computedOperands'] };

const pass: OperatorRule = { runs: 'pass' };

const conv = ['Conv', 'ConvTranspose', 'Gemm', 'Add'];

export const qnn: Target = {
  description: "Qualcomm's Hexagon NPU through QNN",
  evidence: 'rules',
  sources: [
    'onnxruntime-qnn at cee6c0d9 (2026-03): builder/opbuilder',
    'onnxruntime 1.30.0, Python package: quantization/execution_providers/qnn/quant_config.py',
    'quic/aimet at 2ec42617: htp_quantsim_config_v75.json',
    'onnxruntime.ai, "QNN Execution Provider"; Qualcomm, "HTP Backend Op Definition Supplement" (in part)',
  ],
  activations: { storage: 'uint8', schemes: ['asymmetric', 'unsigned'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'int32',
  zeroBias: true,
  operators: {
    Conv: { ...own, when: ['isLayer', 'plainBias'] },
    ConvTranspose: { ...own, when: ['isLayer', 'plainBias'] },
    Gemm: { ...own, when: ['isLayer', 'plainBias'] },
    MatMul: [
      { ...own, weights: 'tensor', when: ['isLayer'] },
      { ...own, when: ['isNoLayer'] },
    ],
    Add: eltwise,
    Sub: eltwise,
    Mul: eltwise,
    Div: eltwise,
    Min: { ...own, when: ['computedOperands', 'twoInputs'] },
    Max: { ...own, when: ['computedOperands', 'twoInputs'] },
    Concat: eltwise,
    AveragePool: own,
    GlobalAveragePool: own,
    ReduceMean: own,
    Relu: own,
    Clip: own,
    LeakyRelu: own,
    PRelu: own,
    Elu: own,
    HardSwish: own,
    Sigmoid: { ...own, range: { low: 0, high: 1 } },
    Softmax: { ...own, range: { low: 0, high: 1 } },
    Tanh: { ...own, range: { low: -1, high: 1 } },
    MaxPool: { ...pass, when: ['oneOutput'] },
    Reshape: pass,
    Flatten: pass,
    Transpose: pass,
    Squeeze: pass,
    Unsqueeze: pass,
    Slice: pass,
    Resize: pass,
    Upsample: pass,
    Split: pass,
    Tile: pass,
    Expand: pass,
    Gather: pass,
    DepthToSpace: pass,
    Pad: [{ ...pass, when: ['padsWithZeros'] }, own],
    Identity: pass,
    Dropout: pass,
  },
  fused: {
    Relu: { behind: conv },
    Clip: { behind: ['Conv'] },
    PRelu: { behind: ['Conv'] },
    LeakyRelu: { behind: ['Conv'] },
  },
  placement: 'everyTensor',
  outputs: 'integer',
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
