import { describe, expect, it } from 'vitest';
import { LossAccumulator } from '../../src/losses/loss-accumulator.js';
import { evaluatedOutputs } from '../../src/onnx/evaluated-outputs.js';
import { lossGraph } from '../../src/losses/loss-graph.js';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import type { LayerLossRecord } from '../../src/records/loss-record.js';
import type { LossMode } from '../../src/records/loss-mode.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { floatAttribute, intsAttribute } from '../../src/onnx/node.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { prepareLayers, type PreparedLayer } from '../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { activations, observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, type Floats } from '../onnx/run-model.js';
import { preparation, w8a8 } from '../quantize/preparations.js';

/** conv -> Relu -> conv, both 1x1, on images of 2x3. */
const network: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
    node('Relu', ['c1'], 'r'),
    node('Conv', ['r', 'w2'], 'c2', [], 'second'),
    node('Sigmoid', ['c2'], 'y'),
  ],
  inputs: [value('x', ['N', 2, 2, 3])],
  initializers: [
    tensor('w1', [3, 2, 1, 1], randomFloats(1, 6)),
    tensor('b1', [3], [0.3, -0.2, 0.1]),
    tensor('w2', [2, 3, 1, 1], randomFloats(2, 6)),
  ],
};
const x: Floats = { data: randomFloats(3, 48, (i) => (i % 12 < 6 ? 1 : 20)), dims: [4, 2, 2, 3] };
const modes: readonly LossMode[] = ['accumulated', 'isolated'];

async function measure(
  untouched: OnnxModel,
  input: Floats,
  how = preparation(4, 0.5),
  batch = { samples: input.dims[0]!, fed: input.dims[0]! },
  measured = modes,
) {
  const { model: folded } = foldBatchNorm(untouched);
  const layers = layersOf(folded);
  const prepared = prepareLayers(layers, await observeDirectly(folded, layers, input), how);
  const graph = lossGraph(
    { untouched, io: { outputs: evaluatedOutputs(untouched, { output: null }) } },
    quantizedModel(folded, prepared),
    { base: folded, layers: prepared },
    measured,
  );
  const losses = new LossAccumulator(graph.layers);
  losses.add(await runModel(graph.model, { x: input }), batch);
  return { losses: losses.finish(), prepared, folded };
}

/**
 * Output of a 1x1 convolution with its input fake-quantized, in float64 but for the quantizer's own
 * rounding.
 */
function quantizedConvolution(
  { layer, divisor, input, weight }: PreparedLayer,
  bias: readonly number[],
  source: Floats,
): Float64Array {
  const channels = layer.inputChannels;
  const outputs = layer.outputChannels;
  const pixels = 6;
  const half = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));
  return Float64Array.from({ length: source.dims[0]! * outputs * pixels }, (_, i) => {
    const sample = Math.floor(i / (outputs * pixels));
    const o = Math.floor(i / pixels) % outputs;
    let sum = bias[o] ?? 0;
    for (let c = 0; c < channels; c++) {
      const steps = half(Math.fround(source.data[(sample * channels + c) * pixels + (i % pixels)]! / divisor[c]!));
      sum += Math.min(Math.max(steps, input.qmin), input.qmax) * input.scale * weight.values[o * channels + c]!;
    }
    return sum;
  });
}

/** The losses by their definition. */
function lossesOf(y: ArrayLike<number>, reference: Float32Array): Omit<LayerLossRecord, 'layer' | 'mode'> {
  const sum = (f: (r: number, q: number) => number): number => reference.reduce((a, r, i) => a + f(r, y[i]!), 0);
  const squared = sum((r, q) => (q - r) ** 2);
  return {
    l1: sum((r, q) => Math.abs(q - r)) / reference.length,
    relL1: sum((r, q) => Math.abs(q - r)) / sum((r) => Math.abs(r)),
    mse: squared / reference.length,
    sqnrDb: 10 * Math.log10(sum((r) => r * r) / squared),
    cosine: sum((r, q) => r * q) / Math.sqrt(sum((r) => r * r) * sum((_r, q) => q * q)),
    maxAbs: reference.reduce((a, r, i) => Math.max(a, Math.abs(y[i]! - r)), 0),
  };
}

function expectClose(actual: LayerLossRecord, expected: Omit<LayerLossRecord, 'layer' | 'mode'>): void {
  for (const name of ['l1', 'relL1', 'mse', 'sqnrDb', 'cosine', 'maxAbs'] as const) {
    expect(Math.abs(actual[name]! / expected[name]! - 1), `${actual.layer} ${actual.mode} ${name}`).toBeLessThan(1e-5);
  }
}

const pick = (losses: readonly LayerLossRecord[], layer: string, mode: string): LayerLossRecord =>
  losses.find((l) => l.layer === layer && l.mode === mode)!;

describe('the losses of a layer', () => {
  it('are those of its quantized output, computed apart', async () => {
    const model = buildModel(network);
    const { losses, prepared } = await measure(model, x);
    const values = await activations(model, ['c1', 'r', 'c2'], x);
    const [first, second] = prepared as [PreparedLayer, PreparedLayer];
    const firstQuantized = quantizedConvolution(first, [0.3, -0.2, 0.1].map(Math.fround), x);
    expectClose(pick(losses, 'first', 'isolated'), lossesOf(firstQuantized, values['c1']!.data));
    expectClose(pick(losses, 'first', 'accumulated'), lossesOf(firstQuantized, values['c1']!.data));
    expectClose(
      pick(losses, 'second', 'isolated'),
      lossesOf(quantizedConvolution(second, [], values['r']!), values['c2']!.data),
    );
    const passedOn: Floats = { data: Float32Array.from(firstQuantized, (v) => Math.max(v, 0)), dims: [4, 3, 2, 3] };
    expectClose(
      pick(losses, 'second', 'accumulated'),
      lossesOf(quantizedConvolution(second, [], passedOn), values['c2']!.data),
    );
  });

  it('differ between accumulated and isolated from the second layer on', async () => {
    const { losses } = await measure(buildModel(network), x);
    expect(pick(losses, 'first', 'accumulated')).toEqual({ ...pick(losses, 'first', 'isolated'), mode: 'accumulated' });
    expect(pick(losses, 'second', 'accumulated').l1).not.toBeCloseTo(pick(losses, 'second', 'isolated').l1, 3);
  });

  // x [7, 3.4] and w [7, 2.6] have scale 1 at 4 bits: y = 57.84. Smoothed with alpha 0.5, s = [1,
  // sqrt(3.4 / 2.6)], and both are 2.97321 in the second channel.
  it.each([
    { alpha: null, weight: 7 * 7 + 3.4 * 3 - 57.84, activation: 7 * 7 + 3 * 2.6 - 57.84, isolated: 58 - 57.84 },
    {
      alpha: 0.5,
      weight: 7 * 7 + Math.sqrt(3.4 * 2.6) * 3 - 57.84,
      activation: 7 * 7 + 3 * Math.sqrt(3.4 * 2.6) - 57.84,
      isolated: 58 - 57.84,
    },
  ])('of one quantizer leave the other operand float, smoothed alike (alpha $alpha)', async ({ alpha, ...errors }) => {
    const one = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [], 'only')],
      inputs: [value('x', ['N', 2, 1, 1])],
      initializers: [tensor('w', [1, 2, 1, 1], [7, 2.6])],
    });
    const input: Floats = { data: Float32Array.of(7, 3.4), dims: [1, 2, 1, 1] };
    const { losses } = await measure(one, input, preparation(4, alpha), { samples: 1, fed: 1 }, [
      'weight',
      'activation',
      'isolated',
    ]);
    expect(losses.map(({ mode }) => mode)).toEqual(['weight', 'activation', 'isolated']);
    for (const { mode, l1 } of losses) expect(l1, mode).toBeCloseTo(Math.abs(errors[mode as keyof typeof errors]), 5);
  });

  it('do not depend on how the samples are batched', async () => {
    const untouched = buildModel(network);
    const layers = layersOf(untouched);
    const prepared = prepareLayers(layers, await observeDirectly(untouched, layers, x), preparation(4, 0.5));
    const graph = lossGraph(
      { untouched, io: { outputs: evaluatedOutputs(untouched, { output: null }) } },
      quantizedModel(untouched, prepared),
      { base: untouched, layers: prepared },
      modes,
    );
    const whole = new LossAccumulator(graph.layers);
    whole.add(await runModel(graph.model, { x }), { samples: 4, fed: 4 });
    const parts = new LossAccumulator(graph.layers);
    for (const [first, samples] of [
      [0, 3],
      [3, 1],
    ] as const) {
      const data = x.data.slice(first * 12, (first + samples) * 12);
      parts.add(await runModel(graph.model, { x: { data, dims: [samples, 2, 2, 3] } }), { samples, fed: samples });
    }
    for (const [i, loss] of whole.finish().entries()) {
      const again = parts.finish()[i]!;
      expectClose(again, loss);
      expect([again.layer, again.mode]).toEqual([loss.layer, loss.mode]);
    }
  });

  it('count a sample that fills several rows of a batch once', async () => {
    const untouched = buildModel(network);
    const twice: Floats = { data: x.data.slice(), dims: x.dims };
    twice.data.copyWithin(24, 0, 24);
    const two = await measure(untouched, { data: x.data.slice(0, 24), dims: [2, 2, 2, 3] });
    const { losses } = await measure(untouched, twice, preparation(4, 0.5), { samples: 2, fed: 4 });
    for (const [i, loss] of two.losses.entries()) expectClose(losses[i]!, loss);
  });

  it('are measured against the untouched BatchNormalization', async () => {
    const untouched = buildModel({
      ...network,
      nodes: [
        node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
        node('BatchNormalization', ['c1', 'gamma', 'beta', 'mean', 'variance'], 'n', [floatAttribute('epsilon', 1e-3)]),
        node('Relu', ['n'], 'y'),
      ],
      initializers: [
        ...network.initializers!,
        tensor('gamma', [3], [2, 30, -1]),
        tensor('beta', [3], [0.5, 0, 7]),
        tensor('mean', [3], [1, -1, 0]),
        tensor('variance', [3], [1, 4, 0.5]),
      ],
    });
    const { losses, prepared, folded } = await measure(untouched, x);
    const { n } = await activations(untouched, ['n'], x);
    const bias = folded.index.initializers.get('n/folded_bias')!.rawData;
    const quantized = quantizedConvolution(prepared[0]!, [...new Float32Array(new Uint8Array(bias).buffer)], x);
    expectClose(pick(losses, 'first', 'isolated'), lossesOf(quantized, n!.data));
    expectClose(pick(losses, 'first', 'accumulated'), lossesOf(quantized, n!.data));
  });

  it('count every row of a Gemm that reads several rows of one sample', async () => {
    const rows = buildModel({
      nodes: [node('Reshape', ['x', 'shape'], 'flat'), node('Gemm', ['flat', 'w'], 'y', [], 'gemm')],
      inputs: [value('x', ['N', 3, 4])],
      initializers: [
        { ...tensor('shape', [2], []), dataType: 7, rawData: new Uint8Array(BigInt64Array.of(-1n, 4n).buffer) },
        tensor('w', [4, 5], randomFloats(4, 20)),
      ],
    });
    const images: Floats = { data: randomFloats(6, 24, (i) => 1 + i), dims: [2, 3, 4] };
    const { losses, prepared, folded } = await measure(rows, images);
    const y = (await activations(folded, ['y'], images))['y']!;
    const quantized = (await activations(quantizedModel(folded, prepared), ['y'], images))['y']!;
    expect(y.dims).toEqual([6, 5]);
    expectClose(pick(losses, 'gemm', 'isolated'), lossesOf(quantized.data, y.data));
  });

  it.each<[string, readonly number[], ModelSpec['nodes'][number], readonly number[]]>([
    ['1-D Conv', [2, 3, 7], node('Conv', ['x', 'w'], 'y', [], 'layer'), [4, 3, 2]],
    ['3-D Conv', [2, 3, 2, 3, 2], node('Conv', ['x', 'w'], 'y', [], 'layer'), [4, 3, 1, 2, 1]],
    [
      'strided ConvTranspose',
      [2, 3, 4, 4],
      node('ConvTranspose', ['x', 'w'], 'y', [intsAttribute('strides', [2, 2])], 'layer'),
      [3, 4, 2, 2],
    ],
    ['MatMul of three dimensions', [2, 5, 3], node('MatMul', ['x', 'w'], 'y', [], 'layer'), [3, 4]],
  ])('are right for a %s', async (_, dims, layer, weightShape) => {
    const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
    const model = buildModel({
      nodes: [layer],
      inputs: [value('x', ['N', ...dims.slice(1)])],
      initializers: [tensor('w', weightShape, randomFloats(8, size(weightShape)))],
    });
    const input = { data: randomFloats(9, size(dims)), dims };
    const { losses, prepared } = await measure(model, input);
    const y = (await activations(model, ['y'], input))['y']!;
    const quantized = (await activations(quantizedModel(model, prepared), ['y'], input))['y']!;
    for (const mode of modes) expectClose(pick(losses, 'layer', mode), lossesOf(quantized.data, y.data));
  });
});

describe('degenerate losses', () => {
  const identity: ModelSpec = {
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'only')],
    inputs: [value('x', ['N', 1, 1, 2])],
    initializers: [tensor('w', [1, 1, 1, 1], [127])],
  };

  it('have no SQNR and a cosine of 1 where nothing is lost', async () => {
    const { losses } = await measure(
      buildModel(identity),
      { data: Float32Array.of(127, -3), dims: [1, 1, 1, 2] },
      w8a8(null),
    );
    const zero = { layer: 'only', l1: 0, relL1: 0, mse: 0, sqnrDb: null, cosine: 1, maxAbs: 0 };
    expect(losses).toEqual(modes.map((mode) => ({ ...zero, mode })));
  });

  it('have no relative error, SQNR or cosine where the reference is zero', async () => {
    const { losses } = await measure(
      buildModel(identity),
      { data: new Float32Array(2), dims: [1, 1, 1, 2] },
      w8a8(null),
    );
    expect(losses[0]).toEqual({
      layer: 'only',
      mode: 'accumulated',
      l1: 0,
      relL1: null,
      mse: 0,
      sqnrDb: null,
      cosine: null,
      maxAbs: 0,
    });
  });

  it('weigh a short last batch by its samples, also where the first axis of the output is not the batch', () => {
    const names = { absError: 'e', squaredError: 'e', squaredOutput: 'e', outputTimesReference: 'e', maxError: 'e' };
    const reference = { absReference: 'e', squaredReference: 'e' };
    const losses = new LossAccumulator([{ layer: 'time', reference, modes: [{ mode: 'isolated', outputs: names }] }]);
    const threeTimeSteps = (value: number) => ({ e: { data: new Float32Array(3).fill(value), dims: [3] } });
    losses.add(threeTimeSteps(1), { samples: 4, fed: 4 });
    losses.add(threeTimeSteps(6), { samples: 1, fed: 1 });
    expect(losses.finish()[0]!.l1).toBe((4 * 1 + 1 * 6) / 5);
  });

  it("are told apart for a layer whose name looks like another layer's branch", async () => {
    const [first, relu, second, sigmoid] = network.nodes;
    const renamed = buildModel({
      ...network,
      nodes: [first!, relu!, { ...second!, name: 'first/isolated' }, sigmoid!],
    });
    const { losses } = await measure(renamed, x);
    expect(losses.map((l) => `${l.layer} ${l.mode}`)).toEqual([
      'first accumulated',
      'first isolated',
      'first/isolated accumulated',
      'first/isolated isolated',
    ]);
  });

  it('name the layer whose output is not finite', () => {
    const means = { squaredOutput: 'r', outputTimesReference: 'r' };
    const outputs = { absError: 'e', squaredError: 'e', maxError: 'e', ...means };
    const reference = { absReference: 'r', squaredReference: 'r' };
    const losses = new LossAccumulator([{ layer: 'broken', reference, modes: [{ mode: 'isolated', outputs }] }]);
    losses.add(
      { e: { data: Float32Array.of(1, NaN), dims: [2, 1] }, r: { data: Float32Array.of(1, 1), dims: [2, 1] } },
      { samples: 2, fed: 2 },
    );
    expect(() => losses.finish()).toThrow(new NonFiniteError('the output of layer "broken" (isolated)'));
  });
});
