import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../onnx/node.js';
import { ProbeGraph, window, type ProbeModel } from './probe-graph.js';

/**
 * Convolutions and what stands between them. With layout optimization onnxruntime runs on x64 those
 * whose channels fill blocks of 8 or 16 in a blocked layout, with kernels of its own for the first
 * layer, 1x1, depthwise and others; what does not fit, and everything without optimization, goes
 * through its matrix product. Sums are long, as only those come out otherwise on other vectors.
 */
export function imageProbe(): ProbeModel {
  const graph = new ProbeGraph(1, [1, 3, 19, 19]);
  const conv = (x: string, [outputs, inputs]: readonly [number, number], k: number, stride = 1, groups = 1): string =>
    graph.node(
      'Conv',
      [x, graph.weight([outputs, inputs / groups, k, k]), graph.constant([outputs], graph.uniform(outputs, 0.1))],
      [...window(k, stride, (k - 1) / 2), intAttribute('group', groups)],
    );
  const stem = graph.result(conv('x', [32, 3], 3));
  const wide = graph.result(graph.node('Relu', [conv(stem, [64, 32], 3, 2)]));
  // A sum that goes into the convolution itself where the runtime fuses it.
  const residual = graph.result(graph.node('Relu', [graph.node('Add', [conv(wide, [64, 64], 3), wide])]));
  const pointwise = graph.result(conv(residual, [128, 64], 1));
  graph.result(conv(pointwise, [32, 128], 1));
  graph.result(conv(residual, [64, 64], 3, 1, 64));
  graph.result(conv(residual, [64, 64], 5, 2, 64));
  graph.result(conv(residual, [64, 64], 3, 1, 2));
  graph.result(conv(residual, [64, 64], 1, 2));
  graph.result(conv(residual, [10, 64], 3));
  graph.result(conv('x', [6, 3], 7, 2));
  graph.result(conv(graph.node('Sigmoid', [residual]), [16, 64], 5));
  graph.result(graph.node('AveragePool', [residual], [...window(3, 2, 1), intAttribute('count_include_pad', 1)]));
  graph.result(graph.node('AveragePool', [stem], window(3, 1, 1)));
  graph.result(graph.node('GlobalAveragePool', [stem]));
  graph.result(graph.node('ReduceMean', [stem], [intsAttribute('axes', [0, 2, 3])]));
  graph.result(
    graph.node(
      'ConvTranspose',
      [residual, graph.weight([64, 16, 4, 4], 256), graph.constant([16], graph.uniform(16, 0.1))],
      window(4, 2, 1),
    ),
  );
  graph.result(graph.node('ConvTranspose', [wide, graph.weight([64, 8, 2, 2], 64)], window(2, 2, 0)));
  graph.result(
    graph.node(
      'InstanceNormalization',
      [wide, graph.constant([64], graph.uniform(64, 1)), graph.weight([64], 1)],
      [floatAttribute('epsilon', 1e-5)],
    ),
  );
  const scales = graph.constant([4], Float32Array.of(1, 1, 1.7, 1.7));
  graph.result(graph.node('Resize', [residual, '', scales], [stringAttribute('mode', 'linear')]));
  return graph.build();
}
