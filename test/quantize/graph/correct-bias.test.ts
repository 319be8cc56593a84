import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { GraphPatch } from '../../../src/onnx/edits/graph-patch.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import type { NodeProto, TensorProto } from '../../../src/onnx/proto/onnx_pb.js';
import { prepareLayers, type PreparedLayer } from '../../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../../src/quantize/graph/qdq-graph.js';
import { addIsolatedLayer, quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { buildModel, floatsOf, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import { runOnX, type Floats } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

const weights = [tensor('w', [2, 1, 1, 1], [1, -2]), tensor('m', [3, 2], [1, 2, 3, 4, 5, 6])];
const image: Floats = { data: Float32Array.of(1, -2, 3, 4), dims: [1, 1, 2, 2] };
const rows: Floats = { data: Float32Array.of(1, -2, 3, 4, 5, -6), dims: [2, 3] };

interface Case {
  readonly nodes: readonly NodeProto[];
  readonly x: Floats;
  readonly initializers?: readonly TensorProto[];
  /** What is taken off: read as a bias, or by an Add behind the layer. */
  readonly by: 'bias' | 'Add';
}

const cases: Readonly<Record<string, Case>> = {
  'Conv with a bias': {
    nodes: [node('Conv', ['x', 'w', 'b'], 'y')],
    x: image,
    initializers: [tensor('b', [2], [10, 20])],
    by: 'bias',
  },
  'Conv without a bias': { nodes: [node('Conv', ['x', 'w'], 'y')], x: image, by: 'bias' },
  'Conv with a computed bias': {
    nodes: [node('Relu', ['b'], 'rb'), node('Conv', ['x', 'w', 'rb'], 'y')],
    x: image,
    initializers: [tensor('b', [2], [10, 20])],
    by: 'Add',
  },
  'Gemm with a bias of one number': {
    nodes: [node('Gemm', ['x', 'm', 'b'], 'y')],
    x: rows,
    initializers: [tensor('b', [1], [10])],
    by: 'Add',
  },
  'Gemm with a bias of [1, O]': {
    nodes: [node('Gemm', ['x', 'm', 'b'], 'y')],
    x: rows,
    initializers: [tensor('b', [1, 2], [10, 20])],
    by: 'bias',
  },
  MatMul: { nodes: [node('MatMul', ['x', 'm'], 'y')], x: rows, by: 'Add' },
};

async function prepare({ nodes, x, initializers = [] }: Case): Promise<{ model: OnnxModel; plain: PreparedLayer }> {
  const inputs = [value('x', ['N', ...x.dims.slice(1)])];
  const model = buildModel({ nodes, inputs, initializers: [...weights, ...initializers] });
  const layers = layersOf(model);
  const [plain] = prepareLayers(layers, await observeDirectly(model, layers, x), preparation(8, 0.5));
  return { model, plain: plain! };
}

function isolatedAlone(model: OnnxModel, prepared: PreparedLayer): OnnxModel {
  const patch = new GraphPatch(model);
  const output = addIsolatedLayer(patch, model, prepared, 'branch');
  patch.edit({ kind: 'setOutputs', tensors: [output] });
  return applyEdits(model, patch.edits);
}

describe('a bias correction', () => {
  it.each(Object.entries(cases))('is taken off the output of a %s in every graph', async (_, own) => {
    const { model, plain } = await prepare(own);
    const corrected: PreparedLayer = { ...plain, biasCorrection: Float32Array.of(0.5, -4) };
    const graphs: readonly ((layer: PreparedLayer) => OnnxModel)[] = [
      (layer) => quantizedModel(model, [layer]),
      (layer) => qdqModel(model, [layer], {}),
      (layer) => isolatedAlone(model, layer),
    ];
    for (const [index, graph] of graphs.entries()) {
      const before = await runOnX(graph(plain), own.x);
      const after = await runOnX(graph(corrected), own.x);
      const inner = own.x === image ? 4 : 1;
      for (const [i, v] of before.data.entries()) {
        const expected = v - [0.5, -4][Math.floor(i / inner) % 2]!;
        expect(after.data[i], `graph ${index}, number ${i}`).toBeCloseTo(expected, 4);
      }
      const adds = graph(corrected).graph.node.filter((n) => n.opType === 'Add').length;
      expect(adds).toBe(own.by === 'Add' ? 1 : 0);
    }
  });

  it('is a new bias, and the old one stays as it was', async () => {
    const { model, plain } = await prepare(cases['Conv with a bias']!);
    const quantized = quantizedModel(model, [{ ...plain, biasCorrection: Float32Array.of(0.5, -4) }]);
    expect(floatsOf(quantized, 'quantsweep/y/bias')).toEqual([9.5, 24]);
    expect(floatsOf(model, 'b')).toEqual([10, 20]);
  });
});
