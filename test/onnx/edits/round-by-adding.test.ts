import { describe, expect, it } from 'vitest';
import { GraphPatch } from '../../../src/onnx/edits/graph-patch.js';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { decodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import { roundByAdding } from '../../../src/onnx/edits/round-by-adding.js';
import { modelBytes, node, tensor, value, type ModelSpec } from '../build-model.js';
import { runModel } from '../run-model.js';

const decoded = (spec: ModelSpec): OnnxModel =>
  decodeModel(modelBytes(spec), () => {
    throw new Error('no external data');
  });
const operators = (model: OnnxModel): string[] => model.graph.node.map(({ opType }) => opType);

/** `Clip(Round(x), low, high)` as every quantizer is written. */
function quantizer(low: number, high: number): OnnxModel {
  const plain = decoded({ nodes: [node('Identity', ['x'], 'y')], inputs: [value('x', ['N'])], outputs: ['y'] });
  const patch = new GraphPatch(plain);
  patch.roundAndClip('x', low, high, 'q');
  return applyEdits(plain, [...patch.edits, { kind: 'setOutputs', tensors: ['q'] }]);
}

const other = (nodes: ModelSpec['nodes'], outputs = ['y'], high = 7): OnnxModel =>
  decoded({
    nodes,
    inputs: [value('x', ['N'])],
    outputs,
    initializers: [tensor('low', [], [-8]), tensor('high', [], [high]), tensor('pair', [2], [1, 2])],
  });

describe('roundByAdding', () => {
  it.each([
    [-8, 7],
    [-128, 127],
    [0, 255],
    [-32768, 32767],
    [0, 65535],
  ])('gives the same integers within %i..%i', async (low, high) => {
    const model = quantizer(low, high);
    const changed = roundByAdding(model);
    expect(operators(changed)).toEqual(['Identity', 'Clip', 'Add', 'Sub']);
    const near = [low, high, 0, 1, -1, 2, (low + high) >> 1].flatMap((whole) =>
      [0, 0.5, -0.5, 0.25, 0.49999997, 0.50000006, 1.5, -1.5].map((part) => whole + part),
    );
    const data = Float32Array.from([...near, 1e9, -1e9, 3e38, 4194304.5, Infinity, -Infinity]);
    const x = { data, dims: [data.length] };
    const [before, after] = [await runModel(model, { x }), await runModel(changed, { x })];
    // 0 and -0 are the same number here.
    expect([...after['q']!.data].map((q) => q + 0)).toEqual([...before['q']!.data].map((q) => q + 0));
  });

  it('keeps a model without such a pair as it is', () => {
    const model = other([node('Relu', ['x'], 'y')]);
    expect(roundByAdding(model)).toBe(model);
  });

  it.each<[string, OnnxModel]>([
    ['a Round that nothing clips', other([node('Round', ['x'], 'y')])],
    [
      'what two nodes read',
      other([node('Round', ['x'], 'r'), node('Clip', ['r', 'low', 'high'], 'c'), node('Add', ['c', 'r'], 'y')]),
    ],
    ['a graph output', other([node('Round', ['x'], 'r'), node('Clip', ['r', 'low', 'high'], 'y')], ['y', 'r'])],
    [
      'bounds that are no whole numbers',
      other([node('Round', ['x'], 'r'), node('Clip', ['r', 'low', 'high'], 'y')], ['y'], 6.5),
    ],
    [
      'bounds too large to be exact',
      other([node('Round', ['x'], 'r'), node('Clip', ['r', 'low', 'high'], 'y')], ['y'], 2 ** 22),
    ],
    ['bounds that are missing', other([node('Round', ['x'], 'r'), node('Clip', ['r', 'low'], 'y')])],
    ['another reader than Clip', other([node('Round', ['x'], 'r'), node('Where', ['r', 'low', 'high'], 'y')])],
  ])('leaves alone %s', (_, model) => {
    expect(roundByAdding(model)).toBe(model);
  });
});
