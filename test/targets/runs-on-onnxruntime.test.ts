import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBack } from '../../src/engine/session/read-back.js';
import type { SessionSettings } from '../../src/engine/session/session.js';
import { removeUnread } from '../../src/onnx/edits/remove-unread.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { intAttribute, intsAttribute, stringAttribute } from '../../src/onnx/node.js';
import { decodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { elementCount, int64Tensor } from '../../src/onnx/tensor.js';
import { placedQdqModel } from '../../src/quantize/graph/placed-qdq-graph.js';
import { node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import type { Floats } from '../onnx/run-model.js';
import { placedByRules } from '../quantize/graph/placed-by-rules.js';
import { blockModel, CHANNELS, concat, conv, relu } from './placed-blocks.js';

const settings: SessionSettings = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'extended' };

const matrices = { inputs: [value('x', [4, CHANNELS])] };

const pool = [intsAttribute('kernel_shape', [2, 2])];

const gemm = (input: string, output: string) => node('Gemm', [input, 'm', 'vector'], output);

/** An operator between two convolutions. */
const between = (op: string, inputs: readonly string[] = [], attributes = node(op, [], 'p').attribute, opset = 13) =>
  blockModel([conv('x', 'a'), node(op, ['a', ...inputs], 'p', attributes), conv('p', 'y')], { opset });

const deeper = (opset: number) =>
  blockModel(
    [
      conv('x', 'a'),
      node('DepthToSpace', ['a'], 'd', [intAttribute('blocksize', 2)]),
      concat(['d', 'd', 'd', 'd'], 'p'),
      conv('p', 'y'),
    ],
    { opset },
  );

const w8 = tensor('w8', [CHANNELS, 8, 1, 1], randomFloats(9, CHANNELS * 8));
const pads = int64Tensor('pads', [0, 0, 1, 0, 0, 0, 2, 1]);
const halves = int64Tensor('halves', [8, 8]);
const w4 = tensor('w4', [4, 3], randomFloats(8, 12));

const models: readonly (readonly [string, OnnxModel])[] = [
  [
    'Concat, Relu',
    blockModel([conv('x', 'a'), concat(['a', 'x', 'a'], 'k'), relu('k', 'r'), node('Conv', ['r', 'w3'], 'y')]),
  ],
  [
    'AveragePool, Relu',
    blockModel([conv('x', 'a'), node('AveragePool', ['a'], 'p', pool), relu('p', 'r'), conv('r', 'y')]),
  ],
  ['GlobalAveragePool', between('GlobalAveragePool')],
  ['LeakyRelu', between('LeakyRelu')],
  ['Softmax', between('Softmax', [], [intAttribute('axis', 1)])],
  ['Tanh', between('Tanh')],
  ['MaxPool', between('MaxPool', [], pool)],
  ['ReduceMax', between('ReduceMax', [], [intsAttribute('axes', [2, 3])])],
  // Below these opsets they have no form on integers, and the runtime refuses one.
  ['ReduceMax of opset 11', between('ReduceMax', [], [intsAttribute('axes', [2, 3])], 11)],
  ['ReduceMin of opset 11', between('ReduceMin', [], [intsAttribute('axes', [2, 3])], 11)],
  ['DepthToSpace', deeper(11)],
  ['DepthToSpace of opset 10', deeper(10)],
  ['Resize that repeats', between('Resize', ['', 'scales'])],
  ['Resize that interpolates', between('Resize', ['', 'scales'], [stringAttribute('mode', 'linear')])],
  ['Pad', blockModel([conv('x', 'a'), node('Pad', ['a', 'pads'], 'p'), conv('p', 'y')], { initializers: [pads] })],
  ['Clip in the layer', between('Clip', ['zero', 'six'])],
  ['SiLU', blockModel([conv('x', 'a'), node('Sigmoid', ['a'], 's'), node('Mul', ['a', 's'], 'p'), conv('p', 'y')])],
  [
    'a residual',
    blockModel([
      conv('x', 'a'),
      relu('a', 'r'),
      conv('r', 'b'),
      node('Add', ['b', 'x'], 's'),
      relu('s', 't'),
      conv('t', 'y'),
    ]),
  ],
  [
    'two readers of a layer',
    blockModel([conv('x', 'a'), relu('a', 'r'), conv('a', 'b'), node('Add', ['r', 'b'], 's'), conv('s', 'y')]),
  ],
  [
    'Split',
    blockModel(
      [
        conv('x', 'a'),
        node('Split', ['a', 'halves'], ['p', 'q'], [intAttribute('axis', 1)]),
        node('Mul', ['p', 'q'], 's'),
        node('Conv', ['s', 'w8'], 'y'),
      ],
      { initializers: [w8, halves] },
    ),
  ],
  ['Gemm', blockModel([gemm('x', 'a'), relu('a', 'r'), gemm('r', 'y')], matrices)],
  ['Gemm, Relu', blockModel([gemm('x', 'a'), relu('a', 'y')], matrices)],
  ['Gemm, Softmax', blockModel([gemm('x', 'a'), node('Softmax', ['a'], 'y')], matrices)],
  ['MatMul, Add', blockModel([node('MatMul', ['x', 'm'], 'a'), node('Add', ['a', 'vector'], 'y')], matrices)],
  [
    'MatMul of two computed tensors',
    blockModel(
      [
        node('MatMul', ['x', 'm'], 'a'),
        node('Transpose', ['a'], 't'),
        node('MatMul', ['a', 't'], 's'),
        node('MatMul', ['s', 'w4'], 'y'),
      ],
      { ...matrices, initializers: [w4] },
    ),
  ],
];

/** What runs otherwise than it was placed, and what the runtime refuses or changes. */
async function differences(model: OnnxModel): Promise<readonly string[]> {
  const [input] = model.graph.input.filter(({ name }) => model.index.inputs.includes(name));
  const dims = input!.type!.tensorType!.shape!.dim.map(({ value: dim }) =>
    dim.case === 'dimValue' ? Number(dim.value) : 1,
  );
  const x: Floats = { dims, data: randomFloats(4, elementCount(dims)) };
  const prepared = await placedByRules(model, 'onnxruntime-cpu', { [input!.name]: x });
  const { operators, failure, weights, biases, mergedPairs } = await readBack(
    removeUnread(placedQdqModel(prepared, {})),
    settings,
  );
  const ran = new Map(operators.map(({ node: name, runs, kernel }) => [name, { runs, kernel }]));
  const placed = prepared.placed!.placement.nodes.flatMap(({ node: name, op, runs }) => {
    const own = ran.get(name);
    // What the runtime takes out altogether has no kernel.
    if (own === undefined || (own.runs === 'float') === (runs === 'float')) return [];
    return [`${op} ${name}: ${runs} was placed, ${own.kernel} runs`];
  });
  const layers = prepared.layers.filter(({ layer }) => ran.get(layer.outputTensor)?.runs !== 'integer');
  return [
    ...placed,
    ...layers.map(({ layer }) => `${layer.name} is in float`),
    ...(failure === null ? [] : [failure]),
    ...weights,
    ...biases,
    ...(mergedPairs === 0 ? [] : [`${mergedPairs} merged pairs`]),
  ];
}

describe('onnxruntime runs what is placed', () => {
  it.each(models)('%s', async (_, model) => {
    expect(await differences(model)).toEqual([]);
  });

  const folder = new URL('../../../shared/models/', import.meta.url);
  it.each(['cifar10-resnet20', 'cifar10-mobilenetv2', 'public/ultraface-rfb-320'])('%s', async (name) => {
    const path = new URL(`${name}.onnx`, folder);
    if (!existsSync(path)) {
      console.warn(`${name}.onnx is not there: what the runtime makes of it is not tested.`);
      return;
    }
    expect(await differences(foldBatchNorm(decodeModel(readFileSync(path))).model)).toEqual([]);
  });
});
