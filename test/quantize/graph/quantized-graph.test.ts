import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../src/onnx/node.js';
import { prepareLayers } from '../../../src/quantize/prepare-layers.js';
import { quantizedModel, smoothedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { observeDirectly } from '../../calibrate/observe-directly.js';
import {
  buildModel,
  floatsOf,
  graphText,
  layersOf,
  node,
  tensor,
  value,
  type ModelSpec,
} from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runOnX } from '../../onnx/run-model.js';
import { inputOfKind, layerKinds, modelOfKind } from '../../smooth/layer-kinds.js';
import { preparation, w8a8 } from '../preparations.js';

const twoLayers: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', [intAttribute('group', 1)], 'first'),
    node('Relu', ['c1'], 'r'),
    node('MatMul', ['r', 'w2'], 'y', [], 'second'),
  ],
  inputs: [value('x', ['N', 2, 3, 3])],
  initializers: [
    tensor('w1', [2, 2, 1, 1], [1, -2, 3, 4]),
    tensor('b1', [2], [0.5, -0.5]),
    tensor('w2', [3, 2], [1, 2, 3, 4, 5, 6]),
  ],
};
const x = { data: randomFloats(1, 18, (i) => 1 + i), dims: [1, 2, 3, 3] };

async function prepare(spec: ModelSpec, alpha: number | null) {
  const model = buildModel(spec);
  const layers = layersOf(model);
  return { model, prepared: prepareLayers(layers, await observeDirectly(model, layers, x), w8a8(alpha)) };
}

describe('quantizedModel', () => {
  it('replaces input and weight of each layer and nothing else', async () => {
    const { model, prepared } = await prepare(twoLayers, 0.5);
    expect(graphText(quantizedModel(model, prepared))).toMatchInlineSnapshot(`
      "quantsweep/first/divided = Div(x, quantsweep/first/divisor)
      quantsweep/first/steps/round = Round(quantsweep/first/divided)
      quantsweep/first/steps = Clip(quantsweep/first/steps/round, quantsweep/scalar/-128, quantsweep/scalar/127)
      quantsweep/first/dequantized = Mul(quantsweep/first/steps, quantsweep/first/scale)
      c1 = Conv(quantsweep/first/dequantized, quantsweep/first/weight, b1) {group=1}
      r = Relu(c1)
      quantsweep/second/divided = Div(r, quantsweep/second/divisor)
      quantsweep/second/steps/round = Round(quantsweep/second/divided)
      quantsweep/second/steps = Clip(quantsweep/second/steps/round, quantsweep/scalar/-128, quantsweep/scalar/127)
      quantsweep/second/dequantized = Mul(quantsweep/second/steps, quantsweep/second/scale)
      y = MatMul(quantsweep/second/dequantized, quantsweep/second/weight)"
    `);
  });

  it('clips by attributes and rounds by addition before opset 11', async () => {
    const { model, prepared } = await prepare({ ...twoLayers, opset: 10 }, null);
    expect(graphText(quantizedModel(model, prepared.slice(0, 1)))).toMatchInlineSnapshot(`
      "quantsweep/first/divided = Div(x, quantsweep/first/divisor)
      quantsweep/first/steps/clip = Clip(quantsweep/first/divided) {min=-128, max=127}
      quantsweep/first/steps/shift = Add(quantsweep/first/steps/clip, quantsweep/scalar/12582912)
      quantsweep/first/steps = Sub(quantsweep/first/steps/shift, quantsweep/scalar/12582912)
      quantsweep/first/dequantized = Mul(quantsweep/first/steps, quantsweep/first/scale)
      c1 = Conv(quantsweep/first/dequantized, quantsweep/first/weight, b1) {group=1}
      r = Relu(c1)
      y = MatMul(r, w2)"
    `);
  });

  it('has no integer operator that a runtime could fuse', async () => {
    const { model, prepared } = await prepare(twoLayers, 0.5);
    const ops = quantizedModel(model, prepared).graph.node.map((n) => n.opType);
    expect(ops.filter((op) => /Quantize|Integer/.test(op))).toEqual([]);
  });

  it('leaves a layer that is not selected as it was', async () => {
    const { model, prepared } = await prepare(twoLayers, 0.5);
    const quantized = quantizedModel(model, prepared.slice(1));
    expect(quantized.index.producers.get('c1')).toBe(model.index.producers.get('c1'));
    expect(quantized.index.initializers.get('w1')).toBe(model.index.initializers.get('w1'));
    expect(quantized.index.initializers.has('w2')).toBe(false);
  });

  it('keeps the bias in float', async () => {
    const { model, prepared } = await prepare(twoLayers, 0.5);
    expect(floatsOf(quantizedModel(model, prepared), 'b1')).toEqual([0.5, -0.5]);
  });

  it('gives each of two layers that share a weight its own', async () => {
    const { model, prepared } = await prepare(
      {
        nodes: [node('Conv', ['x', 'w'], 'a', [], 'a'), node('Conv', ['a', 'w'], 'y', [], 'b')],
        inputs: [value('x', ['N', 2, 3, 3])],
        initializers: [tensor('w', [2, 2, 1, 1], [1, 2, 3, 4])],
      },
      0.5,
    );
    const quantized = quantizedModel(model, prepared);
    const weights = ['a', 'y'].map((output) => quantized.index.producers.get(output)!.input[1]!);
    expect(weights).toEqual(['quantsweep/a/weight', 'quantsweep/b/weight']);
    expect(floatsOf(quantized, weights[0]!)).not.toEqual(floatsOf(quantized, weights[1]!));
  });

  it('gives each of two layers that share an input its own factors', async () => {
    const { model, prepared } = await prepare(
      {
        nodes: [
          node('Conv', ['x', 'v'], 'a', [], 'a'),
          node('Conv', ['x', 'w'], 'b', [], 'b'),
          node('Add', ['a', 'b'], 'y'),
        ],
        inputs: [value('x', ['N', 2, 3, 3])],
        initializers: [tensor('v', [2, 2, 1, 1], [1, 2, 3, 4]), tensor('w', [2, 2, 1, 1], [40, 3, 2, 1])],
      },
      0.5,
    );
    const quantized = quantizedModel(model, prepared);
    expect(floatsOf(quantized, 'quantsweep/a/divisor')).not.toEqual(floatsOf(quantized, 'quantsweep/b/divisor'));
    const smoothed = await runOnX(smoothedModel(model, prepared), x);
    const expected = await runOnX(model, x);
    for (const [i, v] of expected.data.entries()) expect(smoothed.data[i]).toBeCloseTo(v, 3);
  });

  it.each(layerKinds)('approaches the float model as bits grow: $title', async (kind) => {
    const model = modelOfKind(kind, 5);
    const input = inputOfKind(kind, 5);
    const layers = layersOf(model);
    const statistics = await observeDirectly(model, layers, input);
    const expected = await runOnX(model, input);
    const errors: number[] = [];
    for (const bits of [4, 8, 16]) {
      const actual = await runOnX(
        quantizedModel(model, prepareLayers(layers, statistics, preparation(bits, 0.5))),
        input,
      );
      const sum = (values: Float32Array): number => values.reduce((a, b) => a + Math.abs(b), 0);
      errors.push(sum(actual.data.map((v, i) => v - expected.data[i]!)) / sum(expected.data));
    }
    const [four, eight, sixteen] = errors as [number, number, number];
    expect(four).toBeGreaterThan(4 * eight);
    expect(eight).toBeGreaterThan(50 * sixteen);
    expect(sixteen).toBeLessThan(2e-4);
  });
});
