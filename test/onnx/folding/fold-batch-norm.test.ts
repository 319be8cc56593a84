import { describe, expect, it } from 'vitest';
import { foldBatchNorm } from '../../../src/onnx/folding/fold-batch-norm.js';
import { floatAttribute, intAttribute } from '../../../src/onnx/node.js';
import type { AttributeProto, NodeProto, TensorProto } from '../../../src/onnx/proto/onnx_pb.js';
import { buildModel, floatsOf, layersOf, node, tensor, value, type ModelSpec } from '../build-model.js';
import { randomFloats } from '../pseudo-random.js';
import { runOnX } from '../run-model.js';

/**
 * Two channels whose factor gamma / sqrt(variance + epsilon) is 2 / sqrt(3 + 1) = 1 and 6 / sqrt(8
 * + 1) = 2; with beta - mean * factor = 10 - 5 * 1 = 5 and 20 - 7 * 2 = 6.
 */
const parameters = [
  tensor('gamma', [2], [2, 6]),
  tensor('beta', [2], [10, 20]),
  tensor('mean', [2], [5, 7]),
  tensor('variance', [2], [3, 8]),
];

const parameterNames = ['gamma', 'beta', 'mean', 'variance'];

function batchNorm(input: string, output: string | string[], attributes: AttributeProto[] = []): NodeProto {
  return node(
    'BatchNormalization',
    [input, ...parameterNames],
    output,
    [floatAttribute('epsilon', 1), ...attributes],
    'norm',
  );
}

function layerAndNorm(layer: NodeProto, weights: TensorProto[], more: Partial<ModelSpec> = {}): ModelSpec {
  return { nodes: [layer, batchNorm('c', 'y')], initializers: [...weights, ...parameters], ...more };
}

describe('foldBatchNorm', () => {
  it('scales the rows of a Conv and makes the bias that it did not have', () => {
    const weight = tensor('w', [2, 1, 1, 2], [1, -2, 3, 4]);
    const { model, folded } = foldBatchNorm(buildModel(layerAndNorm(node('Conv', ['x', 'w'], 'c'), [weight])));
    expect(model.graph.node.map((n) => n.opType)).toEqual(['Conv']);
    expect(floatsOf(model, 'y/folded_weight')).toEqual([1, -2, 6, 8]);
    expect(floatsOf(model, 'y/folded_bias')).toEqual([5, 6]);
    expect([...folded]).toEqual([['y', 'norm']]);
  });

  it('scales the bias of a Conv along', () => {
    const weights = [tensor('w', [2, 1, 1, 1], [1, 3]), tensor('b', [2], [100, 1000])];
    const { model } = foldBatchNorm(buildModel(layerAndNorm(node('Conv', ['x', 'w', 'b'], 'c'), weights)));
    expect(floatsOf(model, 'y/folded_bias')).toEqual([105, 2006]);
  });

  it("gives the layer's output the BatchNormalization's name and drops what nothing reads any more", () => {
    const weight = tensor('w', [2, 1, 1, 1], [1, 3]);
    const { model } = foldBatchNorm(buildModel(layerAndNorm(node('Conv', ['x', 'w'], 'c', [], 'conv'), [weight])));
    expect(layersOf(model).map((l) => [l.name, l.outputTensor])).toEqual([['conv', 'y']]);
    expect([...model.index.initializers.keys()]).toEqual(['y/folded_weight', 'y/folded_bias']);
  });

  it('scales a grouped Conv by output channel', () => {
    const conv = node('Conv', ['x', 'w'], 'c', [intAttribute('group', 2)]);
    const { model } = foldBatchNorm(buildModel(layerAndNorm(conv, [tensor('w', [2, 2, 1, 1], [1, 2, 3, 4])])));
    expect(floatsOf(model, 'y/folded_weight')).toEqual([1, 2, 6, 8]);
  });

  it('scales a ConvTranspose along its second axis', () => {
    const layer = node('ConvTranspose', ['x', 'w'], 'c');
    const { model } = foldBatchNorm(buildModel(layerAndNorm(layer, [tensor('w', [2, 2, 1, 1], [1, 2, 3, 4])])));
    expect(floatsOf(model, 'y/folded_weight')).toEqual([1, 4, 3, 8]);
  });

  it('scales a grouped ConvTranspose by group', () => {
    const layer = node('ConvTranspose', ['x', 'w'], 'c', [intAttribute('group', 2)]);
    const { model } = foldBatchNorm(buildModel(layerAndNorm(layer, [tensor('w', [4, 1, 1, 1], [1, 2, 3, 4])])));
    expect(floatsOf(model, 'y/folded_weight')).toEqual([1, 2, 6, 8]);
  });

  it.each([
    ['without transB along its columns', 0, [1, 4, 3, 8]],
    ['with transB along its rows', 1, [1, 2, 6, 8]],
  ])('scales a Gemm %s', (_, transB, expected) => {
    const layer = node('Gemm', ['x', 'w'], 'c', [intAttribute('transB', transB)]);
    const { model } = foldBatchNorm(buildModel(layerAndNorm(layer, [tensor('w', [2, 2], [1, 2, 3, 4])])));
    expect(floatsOf(model, 'y/folded_weight')).toEqual(expected);
  });

  it('keeps the function', async () => {
    const initializers = [
      tensor('w', [6, 2, 3, 3], randomFloats(1, 108)),
      tensor('b', [6], randomFloats(2, 6)),
      tensor(
        'gamma',
        [6],
        randomFloats(3, 6, () => 4),
      ),
      tensor('beta', [6], randomFloats(4, 6)),
      tensor('mean', [6], randomFloats(5, 6)),
      tensor('variance', [6], randomFloats(6, 6).map(Math.abs)),
    ];
    const conv = node('Conv', ['x', 'w', 'b'], 'c', [intAttribute('group', 2)]);
    const untouched = buildModel({
      nodes: [conv, batchNorm('c', 'y')],
      initializers,
      inputs: [value('x', [1, 4, 5, 5])],
    });
    const x = { data: randomFloats(7, 100), dims: [1, 4, 5, 5] };
    const expected = await runOnX(untouched, x);
    const actual = await runOnX(foldBatchNorm(untouched).model, x);
    expect(Math.max(...actual.data.map((v, i) => Math.abs(v - expected.data[i]!)))).toBeLessThan(1e-4);
  });

  it('folds one of two layers that share a weight and leaves the other as it was', () => {
    const nodes = [
      node('Conv', ['x', 'w'], 'c'),
      batchNorm('c', 'n'),
      node('Conv', ['x', 'w'], 'd'),
      node('Add', ['n', 'd'], 'y'),
    ];
    const { model } = foldBatchNorm(
      buildModel({ nodes, initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters] }),
    );
    expect(layersOf(model).map((l) => l.weight.name)).toEqual(['n/folded_weight', 'w']);
    expect(floatsOf(model, 'w')).toEqual([1, 3]);
  });

  it('does not fold through a Relu', () => {
    const nodes = [node('Conv', ['x', 'w'], 'c'), node('Relu', ['c'], 'r'), batchNorm('r', 'y')];
    const untouched = buildModel({ nodes, initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters] });
    expect(foldBatchNorm(untouched).model).toBe(untouched);
  });

  it.each<[string, ModelSpec]>([
    [
      'whose input has a second reader',
      {
        nodes: [node('Conv', ['x', 'w'], 'c'), batchNorm('c', 'n'), node('Add', ['n', 'c'], 'y')],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters],
      },
    ],
    [
      'whose input is a graph output',
      layerAndNorm(node('Conv', ['x', 'w'], 'c'), [tensor('w', [2, 1, 1, 1], [1, 3])], { outputs: ['y', 'c'] }),
    ],
    [
      'in training mode',
      {
        nodes: [node('Conv', ['x', 'w'], 'c'), batchNorm('c', 'y', [intAttribute('training_mode', 1)])],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters],
        opset: 14,
      },
    ],
    [
      'whose statistics are read',
      {
        nodes: [
          node('Conv', ['x', 'w'], 'c'),
          batchNorm('c', ['n', 'batch_mean']),
          node('Add', ['n', 'batch_mean'], 'y'),
        ],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters],
      },
    ],
    [
      'whose statistics are a graph output',
      {
        nodes: [node('Conv', ['x', 'w'], 'c'), batchNorm('c', ['y', 'batch_mean'])],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), ...parameters],
        outputs: ['y', 'batch_mean'],
      },
    ],
    [
      'whose parameters are computed',
      {
        nodes: [node('Conv', ['x', 'w'], 'c'), node('Abs', ['raw'], 'gamma'), batchNorm('c', 'y')],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), tensor('raw', [2], [1, 2]), ...parameters.slice(1)],
      },
    ],
    [
      'after a bias that is computed',
      {
        nodes: [node('Abs', ['raw'], 'b'), node('Conv', ['x', 'w', 'b'], 'c'), batchNorm('c', 'y')],
        initializers: [tensor('w', [2, 1, 1, 1], [1, 3]), tensor('raw', [2], [1, 2]), ...parameters],
      },
    ],
    [
      'after a Gemm that scales its product',
      layerAndNorm(node('Gemm', ['x', 'w'], 'c', [floatAttribute('alpha', 2)]), [tensor('w', [2, 2], [1, 2, 3, 4])]),
    ],
  ])('does not fold a BatchNormalization %s', (_, spec) => {
    const untouched = buildModel(spec);
    const { model, folded } = foldBatchNorm(untouched);
    expect(folded.size).toBe(0);
    expect(model).toBe(untouched);
  });
});
