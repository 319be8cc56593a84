import { floatAttribute, intAttribute, intsAttribute } from '../../onnx/node.js';
import { ProbeGraph, type ProbeModel } from './probe-graph.js';

/** Rows of the input, and their length: sums over it differ between instruction sets. */
const [ROWS, WIDTH] = [7, 515] as const;

/** Units of the layer behind it. */
const HIDDEN = 96;

/**
 * Matrix products of several shapes, which have kernels of their own, long reductions, and the
 * functions that are computed by series.
 */
export function denseProbe(): ProbeModel {
  const graph = new ProbeGraph(2, [ROWS, WIDTH]);
  const bias = (size: number): string => graph.constant([size], graph.uniform(size, 0.1));
  const hidden = graph.result(graph.node('Gemm', ['x', graph.weight([WIDTH, HIDDEN], WIDTH), bias(HIDDEN)]));
  graph.result(graph.node('Gemm', ['x', graph.weight([50, WIDTH]), bias(50)], [intAttribute('transB', 1)]));
  graph.result(graph.node('Add', [graph.node('MatMul', [hidden, graph.weight([HIDDEN, 33], HIDDEN)]), bias(33)]));
  const [query, key] = [1, 2].map(() => graph.node('MatMul', [hidden, graph.weight([HIDDEN, 64], HIDDEN)]));
  const scores = graph.node('MatMul', [query!, graph.node('Transpose', [key!])]);
  graph.result(graph.node('MatMul', [graph.node('Softmax', [scores]), hidden]));
  const first = graph.node('ReduceMean', ['x'], [intsAttribute('axes', [0])]);
  // A single row has a kernel of its own.
  graph.result(graph.node('MatMul', [first, graph.weight([WIDTH, 20], WIDTH)]));
  for (const op of ['ReduceSum', 'ReduceSumSquare', 'ReduceL2', 'ReduceLogSumExp']) {
    const axes = op === 'ReduceSum' ? [] : [intsAttribute('axes', [1])];
    graph.result(graph.node(op, op === 'ReduceSum' ? ['x', graph.int64([1])] : ['x'], axes));
  }
  graph.result(graph.node('ReduceMean', ['x'], [intsAttribute('axes', [1])]));
  for (const op of ['Sigmoid', 'Tanh', 'Exp', 'Erf', 'Softplus', 'Elu', 'Softmax', 'LogSoftmax', 'Reciprocal']) {
    graph.result(graph.node(op, ['x']));
  }
  const positive = graph.node('Exp', ['x']);
  graph.result(graph.node('Log', [positive]));
  graph.result(graph.node('Sqrt', [positive]));
  graph.result(graph.node('Pow', [positive, graph.constant([], Float32Array.of(1.3))]));
  graph.result(gelu(graph, hidden));
  graph.result(layerNorm(graph, hidden, bias(HIDDEN)));
  graph.result(graph.node('LeakyRelu', [hidden], [floatAttribute('alpha', 0.1)]));
  return graph.build();
}

/** x / 2 * (1 + erf(x / sqrt 2)), as exporters write it and the runtime fuses it. */
function gelu(graph: ProbeGraph, x: string): string {
  const scalar = (value: number): string => graph.constant([], Float32Array.of(value));
  const erf = graph.node('Erf', [graph.node('Div', [x, scalar(Math.SQRT2)])]);
  return graph.node('Mul', [graph.node('Mul', [x, graph.node('Add', [erf, scalar(1)])]), scalar(0.5)]);
}

/** Over the last axis, as exporters write it and the runtime fuses it. */
function layerNorm(graph: ProbeGraph, x: string, bias: string): string {
  const scalar = (value: number): string => graph.constant([], Float32Array.of(value));
  const mean = (value: string): string => graph.node('ReduceMean', [value], [intsAttribute('axes', [-1])]);
  const centered = graph.node('Sub', [x, mean(x)]);
  const variance = mean(graph.node('Pow', [centered, scalar(2)]));
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, scalar(1e-5)])]);
  const normalized = graph.node('Div', [centered, deviation]);
  return graph.node('Add', [graph.node('Mul', [normalized, graph.constant([HIDDEN], graph.uniform(HIDDEN, 1))]), bias]);
}
