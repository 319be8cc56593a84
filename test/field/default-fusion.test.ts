import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { floatAttribute, intsAttribute } from '../../src/onnx/node.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import type { NodeProto } from '../../src/onnx/proto/onnx_pb.js';
import { predictFusion } from '../../src/quantize/graph/default-fusion.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { integerTensor, storageOf } from '../../src/quantize/quantizers/integer-tensor.js';
import { keepSimulated } from '../../src/quantize/graph/keep-simulated.js';
import { buildModel, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runOnX } from '../onnx/run-model.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-fusion-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const zero = integerTensor('z', [], storageOf({ bits: 8, signed: true }), [0]);

function pair(input: string, scale: string, output: string): readonly NodeProto[] {
  return [
    node('QuantizeLinear', [input, scale, 'z'], `${output}_q`),
    node('DequantizeLinear', [`${output}_q`, scale, 'z'], output),
  ];
}

/** Q/DQ, the given nodes from `d` to `e`, Q/DQ. */
function between(nodes: readonly NodeProto[], shape: readonly number[] = [1, 3, 6, 6]): OnnxModel {
  return buildModel({
    nodes: [...pair('x', 's1', 'd'), ...nodes, ...pair('e', 's2', 'y')],
    inputs: [value('x', shape)],
    initializers: [
      zero,
      tensor('s1', [], [0.02]),
      tensor('s2', [], [0.05]),
      tensor('s3', [], [0.031]),
      tensor(
        'w',
        [4, 3, 3, 3],
        randomFloats(1, 108, () => 0.3),
      ),
      tensor('wt', [3, 4, 3, 3], randomFloats(4, 108)),
      tensor('m', [6, 4], randomFloats(5, 24)),
      tensor('b', [4], randomFloats(2, 4)),
      tensor('k', [1, 4, 1, 1], [2, 0.5, 3, 1]),
      int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
      tensor('low', [], [0]),
      tensor('high', [], [6]),
    ],
    opset: 13,
  });
}

/**
 * The model as the runtime rewrites it by default at level basic, where operators keep their names.
 */
async function optimized(model: OnnxModel): Promise<OnnxModel> {
  const path = join(folder, 'optimized.onnx');
  const session = await ort.InferenceSession.create(encodeModel(model), {
    graphOptimizationLevel: 'basic',
    logSeverityLevel: 3,
    optimizedModelFilePath: path,
  });
  await session.release();
  return decodeModel(readFileSync(path));
}

/** What the runtime did to the layer `c` and to pairs, by its own graph. */
async function whatItDoes(model: OnnxModel) {
  const { graph, index } = await optimized(model);
  const layer = graph.node.find(({ name }) => name === 'c' || name === 'c/MatMulAddFusion');
  const isDequantized = (place: number): boolean =>
    index.producers.get(layer?.input[place] ?? '')?.opType === 'DequantizeLinear';
  return {
    weight: isDequantized(1),
    bias: isDequantized(2),
    merged: graph.initializer.some(({ name }) => name.startsWith('DoubleQDQRemoved')),
  };
}

const conv = node('Conv', ['d', 'w', 'b'], 'c');
const pool = (input: string, output: string) =>
  node('MaxPool', [input], output, [intsAttribute('kernel_shape', [2, 2])]);

const cases: Readonly<Record<string, OnnxModel>> = {
  'a convolution': between([node('Conv', ['d', 'w', 'b'], 'e', [], 'c')]),
  'one without a bias': between([node('Conv', ['d', 'w'], 'e', [], 'c')]),
  'with a Relu behind it': between([conv, node('Relu', ['c'], 'e')]),
  'with a Clip behind it': between([conv, node('Clip', ['c', 'low', 'high'], 'e')]),
  'with a LeakyRelu behind it': between([conv, node('LeakyRelu', ['c'], 'e', [floatAttribute('alpha', 0.1)])]),
  'with a Sigmoid behind it': between([conv, node('Sigmoid', ['c'], 'e')]),
  'with poolings around it': between([pool('d', 'p'), node('Conv', ['p', 'w', 'b'], 'c'), pool('c', 'e')]),
  'with a Relu and a pooling behind it': between([conv, node('Relu', ['c'], 'r'), pool('r', 'e')]),
  'with transpositions around it': between([
    node('Transpose', ['d'], 't', [intsAttribute('perm', [0, 1, 3, 2])]),
    node('Conv', ['t', 'w', 'b'], 'c'),
    node('Transpose', ['c'], 'e', [intsAttribute('perm', [0, 1, 3, 2])]),
  ]),
  'with Identity around it': between([
    node('Identity', ['d'], 'i'),
    node('Conv', ['i', 'w', 'b'], 'c'),
    node('Identity', ['c'], 'e'),
  ]),
  'an addition behind it': between([conv, node('Add', ['c', 'c'], 'e')]),
  'two readers of its output': between([conv, node('Relu', ['c'], 'r'), node('Add', ['c', 'r'], 'e')]),
  'with padding in front of it': between([
    node('Pad', ['d', 'pads'], 'p'),
    node('Conv', ['p', 'w', 'b'], 'e', [], 'c'),
  ]),
  'with a constant factor and summand behind it': between([
    conv,
    node('Mul', ['c', 'k'], 'f'),
    node('Add', ['f', 'k'], 'g'),
    node('Relu', ['g'], 'e'),
  ]),
  'with a constant factor that stands first': between([conv, node('Mul', ['k', 'c'], 'e')]),
  'with a constant divisor behind it': between([conv, node('Div', ['c', 'k'], 'e')]),
  'a transposed convolution': between([node('ConvTranspose', ['d', 'wt', 'b'], 'e', [], 'c')]),
  'a Gemm': between([node('Gemm', ['d', 'm', 'b'], 'e', [], 'c')], [1, 6]),
  'a MatMul': between([node('MatMul', ['d', 'm'], 'e', [], 'c')], [1, 6]),
  'a MatMul with a summand': between(
    [node('MatMul', ['d', 'm'], 'c'), node('Add', ['c', 'b'], 'a'), node('Relu', ['a'], 'e')],
    [1, 6],
  ),
  'two pairs': between([...pair('d', 's3', 'f'), node('Conv', ['f', 'w', 'b'], 'c'), node('Sigmoid', ['c'], 'e')]),
  'two pairs of one scale': between([
    ...pair('d', 's1', 'f'),
    node('Conv', ['f', 'w', 'b'], 'c'),
    node('Sigmoid', ['c'], 'e'),
  ]),
};

describe('10: what the runtime changes by default in a model with Q/DQ of its own is foretold', () => {
  it.each(Object.entries(cases))('%s', async (_name, model) => {
    const { weightsOfMatrices, biases, merged, ...others } = predictFusion(model);
    const weights = [...others.weights, ...weightsOfMatrices];
    const done = await whatItDoes(model);
    expect({ weight: weights.length > 0, merged: merged.length > 0 }).toEqual({
      weight: done.weight,
      merged: done.merged,
    });
    expect(biases).toEqual([]);
    const isBiased = weightsOfMatrices.length > 0 || model.index.producers.get(weights[0] ?? '')?.input.length === 3;
    expect(done.bias).toBe(done.weight && isBiased);
  });
});

describe('10: an exported model behaves as simulated under default options', () => {
  const x = { data: randomFloats(3, 108, () => 3), dims: [1, 3, 6, 6] };
  const matrix = { data: randomFloats(3, 6, () => 3), dims: [1, 6] };

  it.each(Object.entries(cases))('%s', async (name, model) => {
    const kept = keepSimulated(model);
    expect(predictFusion(kept)).toEqual({ weights: [], weightsOfMatrices: [], biases: [], merged: [] });
    expect(await whatItDoes(kept)).toEqual({ weight: false, bias: false, merged: false });
    const input = /Gemm|MatMul/.test(name) ? matrix : x;
    const asWritten = await runOnX(model, input);
    for (const level of ['basic', 'extended', 'all'] as const) {
      const session = await ort.InferenceSession.create(encodeModel(kept), {
        graphOptimizationLevel: level,
        logSeverityLevel: 3,
      });
      const { y } = await session.run({ x: new ort.Tensor('float32', input.data, input.dims) });
      await session.release();
      const differences = Array.from(y!.data as Float32Array, (v, i) => Math.abs(v - asWritten.data[i]!));
      // At most one level of the last quantizer, where a float sum lies between two.
      expect(Math.max(...differences), level).toBeLessThan(0.0501);
      expect(differences.filter((d) => d > 1e-6).length, level).toBeLessThanOrEqual(1);
    }
  });
});
