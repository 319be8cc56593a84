import type { OperatorRule, Target } from '../target.js';

/** Between integer operators alone: its integers cost more than they gain before a float one. */
const between: OperatorRule = { runs: 'quantize', needs: 'both' };

const pass: OperatorRule = { runs: 'pass' };

/** The runtime drops an activation that the quantizer behind it does too, whatever is before. */
const onIntegers = [
  ...['Conv', 'Gemm', 'MatMul', 'Add', 'Mul', 'Concat', 'AveragePool', 'GlobalAveragePool'],
  ...['LeakyRelu', 'Sigmoid', 'Softmax'],
];

export const onnxruntimeCpu: Target = {
  description: 'onnxruntime on x86 with VNNI, or with session.x64quantprecision',
  evidence: 'run',
  sources: [
    'onnxruntime 1.30.0, CPU provider with default options, run on x86 with avx512_vnni: which operators fuse, which stay in float, and the arithmetic of those that fuse',
    'microsoft/onnxruntime, onnxruntime/core/optimizer/qdq_transformer/selectors_actions/qdq_selectors.cc at 02b0534c, qdq_selector_action_transformer.cc at 008eeb96, graph_transformer_utils.cc at 001290de',
    'microsoft/onnxruntime, qdq_util.cc, qdq_propagation.cc, qdq_s8_to_u8.cc, double_qdq_pairs_remover.cc, weight_bias_quantization.cc of the same folder',
    'onnxruntime.ai, "Quantize ONNX models"',
  ],
  activations: { storage: 'uint8', schemes: ['asymmetric', 'unsigned'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'int32',
  operators: {
    Conv: { runs: 'quantize', when: ['isLayer', 'plainBias'] },
    ConvTranspose: { runs: 'float' },
    Gemm: { runs: 'quantize', output: 'unlessLast', when: ['isLayer', 'plainBias'] },
    MatMul: [
      { runs: 'quantize', output: 'unlessLast', when: ['isLayer'] },
      { runs: 'quantize', output: 'unlessLast', needs: 'both', when: ['isNoLayer'] },
    ],
    Add: { ...between, when: ['computedOperands'] },
    Mul: { ...between, when: ['computedOperands'] },
    Concat: { ...between, when: ['computedOperands', 'severalInputs'] },
    AveragePool: between,
    GlobalAveragePool: between,
    LeakyRelu: between,
    Sigmoid: between,
    // A scale of 1/256: of 1/255 the kernel takes 1/s for 254, the next lower whole number.
    Softmax: { ...between, range: { low: 0, high: 255 / 256 } },
    MaxPool: { ...pass, when: ['opset12', 'oneOutput'] },
    ReduceMax: { ...pass, when: ['opset12'] },
    ReduceMin: { ...pass, when: ['opset12'] },
    Resize: { ...pass, when: ['nearest'] },
    Reshape: pass,
    Transpose: pass,
    Flatten: pass,
    Squeeze: pass,
    Unsqueeze: pass,
    Slice: pass,
    Gather: pass,
    DepthToSpace: { ...pass, when: ['opset11'] },
    Expand: pass,
    Split: pass,
    Identity: pass,
    Dropout: pass,
    Pad: [
      { ...pass, when: ['joinsConv'] },
      { runs: 'float', output: 'tied', when: ['padsWithZeros'] },
      { runs: 'float' },
    ],
  },
  fused: {
    Relu: { behind: onIntegers },
    Clip: { behind: onIntegers, when: ['clipsFromZero'] },
  },
  placement: 'everyTensor',
  outputs: 'float',
  residual: 'both',
  kernels: 'onnxruntime',
  saturates: false,
  smoothing: { atInput: 'channelQuantize', elsewhere: 'depthwise' },
};
