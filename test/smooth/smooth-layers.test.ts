import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lossGraph } from '../../src/losses/loss-graph.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { prepareModel, type Preparation } from '../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { quantizedModel, smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { restoreModel } from '../../src/quantize/restore-layers.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, floatsOf, graphText, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';
import { storedLayer } from '../quantize/stored-layers.js';
import { randomNetwork } from './random-network.js';

const folding = (alpha: number, bits = 8): Preparation => ({
  ...preparation(bits, alpha),
  smoothing: { mode: 'static', alpha, absmax: 'channel', apply: 'fold' },
});

const cle = (bits = 8): Preparation => ({
  ...preparation(bits, null),
  smoothing: { mode: 'cle', alpha: null, absmax: null, apply: 'fold' },
});

function relativeError(expected: Floats, actual: Floats): number {
  expect(actual.dims).toEqual(expected.dims);
  const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return expected.data.reduce((a, b, i) => Math.max(a, Math.abs(b - actual.data[i]!)), 0) / largest;
}

/** Two 1x1 convolutions of 2 channels with a Relu between, on `x: [1, 2, 1, 1]`. */
function pair(): OnnxModel {
  return buildModel({
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
      node('Relu', ['c1'], 'r'),
      node('Conv', ['r', 'w2', 'b2'], 'y', [], 'second'),
    ],
    initializers: [
      tensor('w1', [2, 2, 1, 1], [8, 4, 1, 0.5]),
      tensor('b1', [2], [4, 2]),
      tensor('w2', [2, 2, 1, 1], [0.5, 8, 0.25, 2]),
      tensor('b2', [2], [1, 2]),
    ],
  });
}

const unitStatistics = (model: OnnxModel, absmax: Readonly<Record<string, readonly number[]>>) =>
  new Map(
    layersOf(model).map(({ name }) => {
      const values = Float64Array.from(absmax[name]!);
      return [
        name,
        { layer: name, min: values.map((v) => -v), max: values, absmax: values, absmaxView: null, histograms: null },
      ];
    }),
  );

describe('smoothing that is folded', () => {
  it('divides weight and bias of the producer and multiplies the weight of the reader, as computed by hand', () => {
    // Input channels of the second layer: wt = [0.5, 8], act = [8, 2]: s = sqrt(act / wt) = [4,
    // 0.5].
    const model = pair();
    const statistics = unitStatistics(model, { first: [1, 1], second: [8, 2] });
    const { base, layers } = prepareModel(model, layersOf(model), statistics, folding(0.5));
    const [first, second] = layers;
    expect(graphText(base)).toBe(
      [
        'c1 = Conv(x, quantsweep/rescaled/c1/1, quantsweep/rescaled/c1/2)',
        'r = Relu(c1)',
        'y = Conv(r, quantsweep/rescaled/y/1, b2)',
      ].join('\n'),
    );
    expect(floatsOf(base, 'quantsweep/rescaled/c1/1')).toEqual([2, 1, 2, 1]);
    expect(floatsOf(base, 'quantsweep/rescaled/c1/2')).toEqual([1, 4]);
    expect(floatsOf(base, 'quantsweep/rescaled/y/1')).toEqual([2, 4, 1, 1]);
    expect(second).toMatchObject({ apply: 'fold', alpha: 0.5, fallbackReason: null, outputFactors: null });
    expect([...second!.factors.s]).toEqual([4, 0.5]);
    expect([...second!.smoothedWeight]).toEqual([2, 4, 1, 1]);
    // The input's range is that of the smoothed tensor: max(8 / 4, 2 / 0.5).
    expect(second!.input.amax).toBe(4);
    expect(first).toMatchObject({ apply: 'insert', fallbackReason: '"x" is made by no operator' });
    expect([...first!.outputFactors!]).toEqual([4, 0.5]);
    expect(floatsOf(model, 'w1')).toEqual([8, 4, 1, 0.5]);
  });

  it('takes s of each layer from the weight that what is folded behind it leaves', () => {
    const model = pair();
    const statistics = unitStatistics(model, { first: [2, 4], second: [8, 2] });
    const [first] = prepareModel(model, layersOf(model), statistics, folding(0.5)).layers;
    // The rows of W1 divided by s of the second layer, [4, 0.5], are [2, 1] and [2, 1]: wt = [2,
    // 1], s = sqrt([2, 4] / wt).
    expect([...first!.factors.s]).toEqual([1, 2]);
    expect([...first!.smoothedWeight]).toEqual([2, 2, 2, 2]);
  });

  it('gives all readers of a tensor the elementwise largest s', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w', 'b'], 't', [], 'producer'),
        node('Conv', ['t', 'u'], 'a', [], 'a'),
        node('Conv', ['t', 'v'], 'bb', [], 'b'),
        node('Add', ['a', 'bb'], 'y'),
      ],
      initializers: [
        tensor('w', [2, 1, 1, 1], [8, 8]),
        tensor('b', [2], [16, 16]),
        tensor('u', [1, 2, 1, 1], [1, 4]),
        tensor('v', [1, 2, 1, 1], [0.25, 16]),
      ],
    });
    const statistics = unitStatistics(model, { producer: [1], a: [4, 4], b: [4, 4] });
    const { base, layers } = prepareModel(model, layersOf(model), statistics, folding(0.5));
    // sqrt(4 / [1, 4]) = [2, 1] and sqrt(4 / [0.25, 16]) = [4, 0.5].
    expect(layers.slice(1).map(({ factors }) => [...factors.s])).toEqual([
      [4, 1],
      [4, 1],
    ]);
    expect(floatsOf(base, 'quantsweep/rescaled/t/1')).toEqual([2, 8]);
    expect(floatsOf(base, 'quantsweep/rescaled/t/2')).toEqual([4, 16]);
    expect(floatsOf(base, 'quantsweep/rescaled/a/1')).toEqual([4, 4]);
    expect(floatsOf(base, 'quantsweep/rescaled/bb/1')).toEqual([1, 16]);
  });

  it('scales a BatchNormalization that is the producer', async () => {
    const model = buildModel({
      nodes: [
        node('BatchNormalization', ['x', 'gamma', 'beta', 'mean', 'variance'], 'n'),
        node('Relu', ['n'], 'r'),
        node('Conv', ['r', 'w'], 'y', [], 'layer'),
      ],
      inputs: [value('x', [1, 2, 1, 1])],
      initializers: [
        tensor('gamma', [2], [8, 1]),
        tensor('beta', [2], [4, 2]),
        tensor('mean', [2], [0.5, -1]),
        tensor('variance', [2], [1, 2]),
        tensor('w', [1, 2, 1, 1], [0.5, 8]),
      ],
    });
    const statistics = unitStatistics(model, { layer: [8, 2] });
    const { base, layers } = prepareModel(model, layersOf(model), statistics, folding(0.5));
    expect(layers[0]).toMatchObject({ apply: 'fold', outputFactors: null });
    expect(floatsOf(base, 'quantsweep/rescaled/n/1')).toEqual([2, 2]);
    expect(floatsOf(base, 'quantsweep/rescaled/n/2')).toEqual([1, 4]);
    const x = { data: Float32Array.of(3, -1), dims: [1, 2, 1, 1] };
    expect(relativeError(await runOnX(model, x), await runOnX(base, x))).toBeLessThan(1e-6);
    const equalized = prepareModel(model, layersOf(model), statistics, cle()).layers[0];
    expect(equalized).toMatchObject({
      apply: 'none',
      fallbackReason: 'its input comes from a BatchNormalization, not a layer',
    });
  });

  it('is not there for a layer that falls back, which divides its own input', () => {
    const model = pair();
    const statistics = unitStatistics(model, { first: [4, 4], second: [8, 2] });
    const only = layersOf(model).slice(1);
    const prepared = prepareModel(model, only, statistics, folding(0.5));
    expect(graphText(smoothedModel(prepared.base, prepared.layers))).not.toContain('Div');
    const first = prepareModel(model, layersOf(model).slice(0, 1), statistics, folding(0.5));
    expect(first.base).toBe(model);
    expect(graphText(smoothedModel(first.base, first.layers))).toContain('Div(x, quantsweep/first/s)');
  });
});

describe.each([
  ['folded', (seed: number) => folding((seed % 11) / 10)],
  ['cross-layer equalized', () => cle()],
])('a %s random network', (_, how) => {
  it('computes the same as before, in float, and about the same at 16 bits', async () => {
    let folds = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (seed) => {
        const model = randomNetwork(seed);
        const x = { data: randomFloats(seed + 5, 2 * 144, (i) => 4 ** (Math.floor(i / 36) % 4)), dims: [2, 4, 6, 6] };
        const layers = layersOf(model);
        const statistics = await observeDirectly(model, layers, x);
        const expected = await runOnX(model, x);
        const { base, layers: prepared } = prepareModel(model, layers, statistics, how(seed));
        folds += prepared.filter(({ apply }) => apply === 'fold').length;
        expect(relativeError(expected, await runOnX(base, x))).toBeLessThan(1e-4);
        expect(relativeError(expected, await runOnX(smoothedModel(base, prepared), x))).toBeLessThan(1e-4);
        const fine: Preparation = { ...how(seed), quantization: preparation(16, null).quantization };
        const quantized = prepareModel(model, layers, statistics, fine);
        const actual = await runOnX(quantizedModel(quantized.base, quantized.layers), x);
        expect(relativeError(expected, actual)).toBeLessThan(0.02);
      }),
      // One network in hundreds ends in a small difference of large numbers.
      { numRuns: 30, seed: 7 },
    );
    expect(folds).toBeGreaterThan(30);
  });

  it('has its losses in the units of the untouched network', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (seed) => {
        const model = randomNetwork(seed);
        const x = { data: randomFloats(seed + 5, 144, (i) => 4 ** (Math.floor(i / 36) % 4)), dims: [1, 4, 6, 6] };
        const layers = layersOf(model);
        const statistics = await observeDirectly(model, layers, x);
        const fine: Preparation = { ...how(seed), quantization: preparation(16, null).quantization };
        const prepared = prepareModel(model, layers, statistics, fine);
        const quantized = quantizedModel(prepared.base, prepared.layers);
        const reference = { untouched: model, io: { outputs: [{ name: 'y', elemType: 1, shape: null }] } };
        const graph = lossGraph(reference, quantized, prepared, ['accumulated', 'isolated']);
        const outputs = await runModel(graph.model, { x });
        const mean = (name: string): number =>
          outputs[name]!.data.reduce((a, b) => a + b, 0) / outputs[name]!.data.length;
        for (const { layer, reference: own, modes } of graph.layers) {
          for (const { mode, outputs: losses } of modes) {
            expect(mean(losses.absError), `${layer} ${mode}`).toBeLessThan(0.02 * mean(own.absReference) + 1e-7);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('is restored from what a trial stores, and exported without a Div for folded layers', async () => {
    const model = randomNetwork(7);
    const x = { data: randomFloats(8, 144, (i) => 4 ** (Math.floor(i / 36) % 4)), dims: [1, 4, 6, 6] };
    const layers = layersOf(model);
    const statistics = await observeDirectly(model, layers, x);
    const prepared = prepareModel(model, layers, statistics, how(5));
    const stored = prepared.layers.map((layer) => storedLayer(layer, statistics));
    const restored = restoreModel(model, stored, 'max');
    // The bound that graphs of losses are scaled by is of statistics, which are not restored.
    expect(restored.layers).toEqual(prepared.layers.map((layer) => ({ ...layer, outputBound: 0 })));
    expect(graphText(restored.base)).toBe(graphText(prepared.base));
    const exported = qdqModel(restored.base, restored.layers, {});
    const divided = exported.graph.node.filter((n) => n.opType === 'Div').map((n) => n.input[0]);
    const inserted = prepared.layers.filter(({ apply }) => apply === 'insert').map(({ layer }) => layer.inputTensor);
    expect(divided).toEqual(inserted);
    const simulated = await runOnX(quantizedModel(prepared.base, prepared.layers), x);
    expect(relativeError(simulated, await runOnX(exported, x))).toBeLessThan(0.02);
    expect(findLayers(restored.base)).toHaveLength(layers.length);
  });
});

describe('restoring', () => {
  it('refuses an s that the model can not take', () => {
    const model = pair();
    const statistics = unitStatistics(model, { first: [1, 1], second: [8, 2] });
    const prepared = prepareModel(model, layersOf(model), statistics, folding(0.5));
    const [first, second] = prepared.layers.map((layer) => storedLayer(layer, statistics));
    expect(() => restoreModel(model, [{ ...first!, apply: 'fold' }, second!], 'max')).toThrow(
      /Layer "first": expected the trial's s to fold into the model, but "x" is made by no operator/,
    );
  });
});
