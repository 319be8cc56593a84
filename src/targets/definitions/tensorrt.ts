import type { OperatorRule, Target } from '../target.js';

const layer: OperatorRule = { runs: 'quantize', output: 'none', when: ['isLayer'] };

/** INT8 in requires INT8 out: both are quantized, or neither. */
const inAndOut: OperatorRule = { runs: 'quantize', output: 'none', needs: 'reader' };

const eltwise: OperatorRule = { ...inAndOut, when: ['computedOperands'] };

/** Its own registry of quantized operators has none of these: a quantizer commutes with them. */
const pass: OperatorRule = { runs: 'pass' };

const fused = { behind: ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Add', 'Mul'] };

export const tensorrt: Target = {
  description: 'TensorRT, explicit quantization',
  evidence: 'rules',
  sources: [
    'NVIDIA/TensorRT at a892d222 (11.1, 2026-07): NvInfer.h',
    'onnx/onnx-tensorrt at 96e78110 (10.1, 2024-06): docs/operators.md',
    'NVIDIA/TensorRT-Model-Optimizer at 5a4242fa (2025-12): modelopt/onnx/quantization',
    'docs.nvidia.com: "Working with Quantized Types", "Explicit Quantization", "ONNX Opset Guide", "Migrating 10.x to 11.x"',
  ],
  activations: { storage: 'int8', schemes: ['signed'], bits: [8] },
  weights: { schemes: ['signed'], granularities: ['channel', 'tensor'], narrowRange: false, bits: [8] },
  bias: 'float',
  operators: {
    Conv: { ...layer, when: ['isLayer', 'modelOptChannels'] },
    ConvTranspose: layer,
    Gemm: layer,
    MatMul: [
      { ...layer, when: ['isLayer', 'modelOptChannels'] },
      { runs: 'quantize', output: 'none', when: ['isNoLayer'] },
    ],
    Add: eltwise,
    Mul: eltwise,
    AveragePool: inAndOut,
    GlobalAveragePool: inAndOut,
    BatchNormalization: inAndOut,
    HardSwish: inAndOut,
    MaxPool: { ...pass, when: ['oneOutput'] },
    Reshape: pass,
    Flatten: pass,
    Transpose: pass,
    Slice: pass,
    Split: pass,
    Squeeze: pass,
    Unsqueeze: pass,
    // Of a pair between Pad and Conv it makes two kernels.
    Pad: { ...pass, when: ['joinsConv'] },
    Concat: { ...pass, when: ['computedOperands'] },
    Resize: { ...pass, when: ['nearest'] },
    Identity: pass,
    Dropout: pass,
  },
  fused: { Relu: fused, Clip: fused, LeakyRelu: fused, Sigmoid: fused },
  placement: 'readers',
  outputs: 'float',
  residual: 'identity',
  kernels: null,
  saturates: false,
  smoothing: { atInput: null, elsewhere: null },
};
