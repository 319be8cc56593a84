import { intAttribute } from '../../onnx/node.js';
import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import { elementCount, rawTensor } from '../../onnx/tensor.js';
import { ProbeGraph, window, type ProbeModel } from './probe-graph.js';

const { INT8, UINT8 } = TensorProto_DataType;

/** Quantization of an activation: uint8 from 0, uint8 around 128, or int8. */
type Activation = 'u8' | 'u8 asymmetric' | 's8';

/**
 * Quantized layers that the runtime fuses to integer kernels. Weights use their whole range and
 * inputs reach far: x64 without VNNI adds pairs of uint8 x int8 in 16 bits, which saturate there.
 */
export function integerProbe(): ProbeModel {
  const graph = new ProbeGraph(3, [1, 32, 9, 9]);
  const scalar = (value: number): string => graph.constant([], Float32Array.of(value));
  const zeroPoint = (activation: Activation): string =>
    graph.raw((name) =>
      rawTensor(name, [], activation === 's8' ? INT8 : UINT8, Uint8Array.of(activation === 'u8 asymmetric' ? 128 : 0)),
    );
  const quantized = (x: string, activation: Activation, scale: number): string => {
    const by = [scalar(scale), zeroPoint(activation)];
    return graph.node('DequantizeLinear', [graph.node('QuantizeLinear', [x, ...by]), ...by]);
  };
  /** Values of scale 1 / (127 * sqrt(fan-in)), by output channel where an axis is given. */
  const weight = (shape: readonly number[], fanIn: number, axis: number | null): string => {
    const values = graph.raw((name) =>
      rawTensor(name, shape, INT8, new Uint8Array(graph.integers(elementCount(shape), 127).buffer)),
    );
    const count = axis === null ? 1 : shape[axis]!;
    const dims = axis === null ? [] : [count];
    const scale = graph.constant(dims, new Float32Array(count).fill(1 / (127 * Math.sqrt(fanIn))));
    const zero = graph.raw((name) => rawTensor(name, dims, INT8, new Uint8Array(count)));
    return graph.node('DequantizeLinear', [values, scale, zero], axis === null ? [] : [intAttribute('axis', axis)]);
  };
  const conv = (x: string, [outputs, inputs]: readonly [number, number], k: number, groups = 1): string =>
    graph.node(
      'Conv',
      [x, weight([outputs, inputs / groups, k, k], (inputs / groups) * k * k, 0)],
      [...window(k, 1, (k - 1) / 2), intAttribute('group', groups)],
    );
  for (const [activation, scale] of [
    ['u8', 1 / 255],
    ['u8 asymmetric', 1 / 127],
    ['s8', 1 / 127],
  ] as const) {
    const x = quantized('x', activation, scale);
    const wide = quantized(conv(x, [48, 32], 3), activation, scale);
    graph.result(wide);
    graph.result(quantized(conv(wide, [32, 48], 1), activation, scale));
    graph.result(quantized(conv(wide, [48, 48], 3, 48), activation, scale));
    const pooled = graph.result(quantized(graph.node('GlobalAveragePool', [wide]), activation, scale));
    const flat = quantized(graph.node('Flatten', [pooled]), activation, scale);
    graph.result(quantized(graph.node('Gemm', [flat, weight([48, 10], 48, null)]), activation, scale));
    const rows = quantized(graph.node('Reshape', ['x', graph.int64([8, 324])]), activation, scale);
    graph.result(quantized(graph.node('MatMul', [rows, weight([324, 17], 324, null)]), activation, scale));
  }
  return graph.build();
}
