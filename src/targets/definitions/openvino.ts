import type { OperatorRule, Target } from '../target.js';

/** Its inputs are quantized, its output where something reads it in integers. */
const inputs: OperatorRule = { runs: 'quantize', output: 'none' };

const eltwise: OperatorRule = { ...inputs, when: ['computedOperands'] };

const pass: OperatorRule = { runs: 'pass' };

/** In 8 bits whatever its mode; what only repeats numbers keeps their scale. */
const resize: readonly OperatorRule[] = [{ runs: 'pass', when: ['nearest'] }, inputs];

const weighted = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];

const fused = { behind: [...weighted, 'Add', 'Sub', 'Mul', 'Div', 'Min', 'Max'] };

export const openvino: Target = {
  description: 'OpenVINO on CPU, as NNCF places quantizers',
  evidence: 'rules',
  sources: [
    'openvinotoolkit/nncf at ef8e1dbd (2026-05): common/hardware/setups/cpu.py, qspaces.py, onnx/graph/metatypes/groups.py, quantization/fake_quantize.py',
    'OpenVINO documentation: low-precision-transformations.rst, quantized-models.rst',
  ],
  activations: { storage: 'uint8', schemes: ['auto', 'asymmetric'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: true, bits: [8] },
  bias: 'float',
  operators: {
    Conv: { ...inputs, when: ['isLayer'] },
    ConvTranspose: { ...inputs, when: ['isLayer'] },
    Gemm: { ...inputs, when: ['isLayer'] },
    MatMul: [
      { ...inputs, when: ['isLayer'] },
      { ...inputs, when: ['isNoLayer'] },
    ],
    Add: eltwise,
    Sub: eltwise,
    Mul: eltwise,
    Div: eltwise,
    Min: eltwise,
    Max: eltwise,
    AveragePool: inputs,
    GlobalAveragePool: inputs,
    ReduceMean: inputs,
    ReduceSum: inputs,
    Pow: inputs,
    BatchNormalization: inputs,
    Resize: resize,
    Upsample: resize,
    Concat: { ...pass, when: ['computedOperands'] },
    MaxPool: { ...pass, when: ['oneOutput'] },
    ReduceMax: pass,
    Reshape: pass,
    Transpose: pass,
    Squeeze: pass,
    Unsqueeze: pass,
    Split: pass,
    Slice: pass,
    Pad: { ...pass, when: ['padsWithZeros'] },
    Tile: pass,
    Gather: pass,
    DepthToSpace: pass,
    Flatten: pass,
    Expand: pass,
    Identity: pass,
    Dropout: pass,
  },
  fused: {
    Relu: fused,
    Clip: fused,
    LeakyRelu: fused,
    PRelu: fused,
    Elu: fused,
    Sigmoid: fused,
    HardSigmoid: fused,
    HardSwish: fused,
  },
  placement: 'readers',
  outputs: 'float',
  residual: 'both',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
