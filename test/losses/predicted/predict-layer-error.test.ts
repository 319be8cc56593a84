import { describe, expect, it } from 'vitest';
import { LossAccumulator } from '../../../src/losses/loss-accumulator.js';
import { lossGraph } from '../../../src/losses/loss-graph.js';
import { predictLosses } from '../../../src/losses/predicted/predict-losses.js';
import { evaluatedOutputs } from '../../../src/onnx/evaluated-outputs.js';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { prepareModel, type PreparedModel, type Preparation } from '../../../src/quantize/prepare-layers.js';
import type { LossMode } from '../../../src/records/loss-mode.js';
import type { InputStatistics } from '../../../src/records/observation-record.js';
import type { PredictedLossRecord } from '../../../src/records/predicted-loss-record.js';
import { statisticsOfChannels } from '../../calibrate/count-directly.js';
import { activations, observeDirectly } from '../../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value, type ModelSpec } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, type Floats } from '../../onnx/run-model.js';
import { plainQuantization, preparation } from '../../quantize/preparations.js';
import { momentsOf } from './unfolded-moments.js';

const SAMPLES = 24;

/** Channels of ranges of their own, a third of the numbers 0 as behind a ReLU. */
function input(dims: readonly number[], seed = 3): Floats {
  const inner = dims.slice(2).reduce((a, b) => a * b, 1);
  const count = dims.reduce((a, b) => a * b, 1);
  const random = randomFloats(seed, count, (i) => 1 + 9 * (Math.floor(i / inner) % dims[1]!));
  return { data: random.map((number) => Math.max(0, number + 0.3)), dims };
}

interface Case {
  readonly spec: ModelSpec;
  readonly x: Floats;
}

const conv = (
  attributes: Parameters<typeof node>[3],
  weight: readonly number[],
  dims: readonly number[],
  op = 'Conv',
): Case => ({
  spec: {
    nodes: [node(op, ['x', 'w', 'b'], 'y', attributes, 'layer')],
    inputs: [value('x', dims)],
    initializers: [
      tensor(
        'w',
        weight,
        randomFloats(
          1,
          weight.reduce((a, b) => a * b, 1),
        ),
      ),
      tensor('b', [6], [1, -2, 3, 0, 0.5, 4]),
    ],
  },
  x: input(dims),
});

const matrix = (op: 'Gemm' | 'MatMul', shape: readonly [number, number], transB: boolean): Case => ({
  spec: {
    nodes: [node(op, ['x', 'w'], 'y', transB ? [intAttribute('transB', 1)] : [], 'layer')],
    inputs: [value('x', [4000, 8])],
    initializers: [tensor('w', shape, randomFloats(2, 48))],
  },
  x: input([4000, 8]),
});

const same = intsAttribute('pads', [1, 1, 1, 1]);
const cases: Readonly<Record<string, Case>> = {
  'a padded convolution': conv([same], [6, 4, 3, 3], [SAMPLES, 4, 9, 9]),
  'a convolution with strides and dilations': conv(
    [same, intsAttribute('strides', [2, 1]), intsAttribute('dilations', [1, 2])],
    [6, 4, 3, 3],
    [SAMPLES, 4, 17, 13],
  ),
  'a convolution in groups': conv([intAttribute('group', 2), same], [6, 2, 3, 3], [SAMPLES, 4, 12, 12]),
  'a depthwise convolution': conv([intAttribute('group', 6), same], [6, 1, 3, 3], [SAMPLES, 6, 12, 12]),
  'a transposed convolution': conv(
    [intsAttribute('strides', [2, 2]), intAttribute('group', 2)],
    [4, 3, 2, 2],
    [SAMPLES, 4, 10, 10],
    'ConvTranspose',
  ),
  'a transposed convolution that overlaps': conv(
    [intsAttribute('strides', [2, 2]), same],
    [4, 6, 4, 4],
    [SAMPLES, 4, 10, 10],
    'ConvTranspose',
  ),
  'a Gemm': matrix('Gemm', [6, 8], true),
  'a MatMul': matrix('MatMul', [8, 6], false),
};

interface Compared {
  readonly predicted: readonly PredictedLossRecord[];
  /** Mean squared error of a layer's output. */
  readonly measured: (layer: string, mode: LossMode) => number;
}

function withHistograms({ name, inputChannels }: Layer, { data, dims }: Floats): InputStatistics {
  const inner = dims.slice(2).reduce((a, b) => a * b, 1);
  const channels = Array.from({ length: inputChannels }, (_, c) =>
    [...data].filter((_number, at) => Math.floor(at / inner) % inputChannels === c),
  );
  return { ...statisticsOfChannels(channels), layer: name };
}

async function compare(
  model: OnnxModel,
  x: Floats,
  how: Preparation,
  change: (prepared: PreparedModel) => PreparedModel = (prepared) => prepared,
  histograms = false,
): Promise<Compared> {
  const layers = layersOf(model);
  const observed = await observeDirectly(model, layers, x);
  const inputs = await activations(
    model,
    layers.map(({ inputTensor }) => inputTensor),
    x,
  );
  const counted = layers.map((layer) => [layer.name, withHistograms(layer, inputs[layer.inputTensor]!)] as const);
  const statistics = histograms ? new Map(counted) : observed;
  const prepared = change(prepareModel(model, layers, statistics, how));
  const moments = await Promise.all(layers.map((layer) => momentsOf(model, layer, x)));
  const predicted = predictLosses(model, prepared.layers, { samples: x.dims[0]!, layers: moments }, statistics);
  const graph = lossGraph(
    { untouched: model, io: { outputs: evaluatedOutputs(model, { output: null }) } },
    quantizedModel(prepared.base, prepared.layers),
    prepared,
    ['isolated', 'weight', 'activation'],
  );
  const losses = new LossAccumulator(graph.layers);
  losses.add(await runModel(graph.model, { x }), { samples: x.dims[0]!, fed: x.dims[0]! });
  const found = losses.finish();
  return {
    predicted,
    measured: (layer, mode) => found.find((loss) => loss.layer === layer && loss.mode === mode)!.mse,
  };
}

describe('predictLosses', () => {
  describe.each(Object.entries(cases))('of %s', (_, { spec, x }) => {
    it.each([{ alpha: null }, { alpha: 0.6 }])(
      'has what the weight costs exactly, and the input within 6 %%, at alpha $alpha',
      async ({ alpha }) => {
        const { predicted, measured } = await compare(buildModel(spec), x, preparation(8, alpha));
        const [loss] = predicted;
        expect(loss!.weightMse / measured('layer', 'weight')).toBeCloseTo(1, 4);
        expect(Math.abs(loss!.inputMse / measured('layer', 'activation') - 1)).toBeLessThan(0.06);
        expect(Math.abs((loss!.weightMse + loss!.inputMse) / measured('layer', 'isolated') - 1)).toBeLessThan(0.06);
        expect(loss).toMatchObject({ layer: 'layer', inputNoise: 'uniform', samples: x.dims[0]!, productShare: 1 });
      },
    );

    it('has the power of the output without its bias', async () => {
      const model = buildModel({ ...spec, nodes: [{ ...spec.nodes[0]!, input: spec.nodes[0]!.input.slice(0, 2) }] });
      const { predicted } = await compare(model, x, preparation(8, null));
      const { data } = (await runModel(model, { x }))['y']!;
      const power = data.reduce((sum, y) => sum + y ** 2, 0) / data.length;
      expect(predicted[0]!.power / power).toBeCloseTo(1, 5);
    });
  });

  it('is as the formula reads, written out for a layer of two inputs', async () => {
    const model = buildModel({
      nodes: [node('MatMul', ['x', 'w'], 'y', [], 'layer')],
      inputs: [value('x', ['N', 2])],
      initializers: [tensor('w', [2, 1], [7, 2.6])],
    });
    // In 4 bits the steps of x and w are 1: the weight becomes [7, 3], off by [0, 0.4].
    const x: Floats = { data: Float32Array.of(7, 0, 1.25, 3, -2, 0.1, 0, 0), dims: [4, 2] };
    const { predicted } = await compare(model, x, preparation(4, null));
    const second = (3 ** 2 + 0.1 ** 2) / 4;
    expect(predicted[0]!.weightMse).toBeCloseTo(0.4 ** 2 * second, 6);
    // Three of four numbers of the first input are not 0, and two of the second.
    expect(predicted[0]!.inputMse).toBeCloseTo(7 ** 2 * ((3 / 4) * (1 / 12)) + 3 ** 2 * ((2 / 4) * (1 / 12)), 6);
    expect(predicted[0]!.power).toBeCloseTo((49 ** 2 + (8.75 + 7.8) ** 2 + (0.26 - 14) ** 2) / 4, 4);
  });

  it('has no more noise than there is input', async () => {
    const model = buildModel({
      nodes: [node('MatMul', ['x', 'w'], 'y', [], 'layer')],
      inputs: [value('x', ['N', 2])],
      initializers: [tensor('w', [2, 1], [0, 1])],
    });
    // The step is 100 / 7; all of the second input rounds to 0.
    const x: Floats = { data: Float32Array.of(100, 0.5, -100, -0.5), dims: [2, 2] };
    const { predicted, measured } = await compare(model, x, preparation(4, null));
    expect(predicted[0]!.inputMse).toBeCloseTo(0.25, 6);
    expect(measured('layer', 'isolated')).toBeCloseTo(0.25, 6);
  });

  it('is in FP32 units where smoothing is folded into the producer, and of its weight too', async () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w1', 'b1'], 'c', [same], 'first'),
        node('Relu', ['c'], 'r'),
        node('Conv', ['r', 'w2'], 'y', [same], 'second'),
      ],
      inputs: [value('x', [SAMPLES, 4, 10, 10])],
      initializers: [
        tensor(
          'w1',
          [5, 4, 3, 3],
          randomFloats(1, 180, (i) => 1 + 4 * Math.floor(i / 36)),
        ),
        tensor('b1', [5], [1, 2, 0, -1, 3]),
        tensor('w2', [3, 5, 3, 3], randomFloats(2, 135)),
      ],
    });
    const folded = preparation(8, 0.5);
    const how = { ...folded, smoothing: { ...folded.smoothing, apply: 'fold' as const } };
    let outputFactors: Float32Array | null = null;
    const { predicted, measured } = await compare(model, input([SAMPLES, 4, 10, 10]), how, (prepared) => {
      outputFactors = prepared.layers[0]!.outputFactors;
      return prepared;
    });
    expect(outputFactors).not.toBeNull();
    for (const { layer, weightMse, inputMse } of predicted) {
      expect(weightMse / measured(layer, 'weight'), layer).toBeCloseTo(1, 3);
      expect(Math.abs((weightMse + inputMse) / measured(layer, 'isolated') - 1), layer).toBeLessThan(0.06);
    }
  });

  it('takes off what a corrected bias takes off', async () => {
    const { spec, x } = cases['a padded convolution']!;
    const how = preparation(4, null);
    const biasCorrection = Float32Array.of(3, -1, 0, 0.5, 2, 1);
    const corrected = await compare(buildModel(spec), x, how, (prepared) => ({
      ...prepared,
      layers: prepared.layers.map((layer) => ({ ...layer, biasCorrection })),
    }));
    const plain = await compare(buildModel(spec), x, how);
    const [before, after] = [plain.predicted[0]!, corrected.predicted[0]!];
    expect(after.inputMse).toBe(before.inputMse);
    expect(after.weightMse / corrected.measured('layer', 'weight')).toBeCloseTo(1, 4);
    expect(after.weightMse).not.toBeCloseTo(before.weightMse, 2);
  });

  it('counts what a calibrated range clips where values were counted', async () => {
    const { spec } = cases['a padded convolution']!;
    const x = input([SAMPLES, 4, 9, 9]);
    const plain = plainQuantization(8);
    const activation = { ...plain.activation, calibrator: 'percentile' as const, percentile: 97 };
    const how = { ...preparation(8, null), quantization: { ...plain, activation } };
    const { predicted, measured } = await compare(buildModel(spec), x, how, undefined, true);
    const [loss] = predicted;
    expect(loss!.inputNoise).toBe('histogram');
    const without = await compare(buildModel(spec), x, preparation(8, null));
    // What is clipped is most of it.
    expect(loss!.inputMse / without.predicted[0]!.inputMse).toBeGreaterThan(5);
    expect(loss!.inputMse / measured('layer', 'activation')).toBeGreaterThan(0.5);
    expect(loss!.inputMse / measured('layer', 'activation')).toBeLessThan(1.5);
  });

  it('counts products across blocks as 0, and says how many it holds', async () => {
    const { spec, x } = cases['a Gemm']!;
    const model = buildModel(spec);
    const [layer] = layersOf(model);
    const statistics = await observeDirectly(model, [layer!], x);
    const prepared = prepareModel(model, [layer!], statistics, preparation(4, null)).layers;
    const predict = async (blockColumns: number) =>
      predictLosses(
        model,
        prepared,
        { samples: 4000, layers: [await momentsOf(model, layer!, x, blockColumns)] },
        statistics,
      )[0]!;
    const [whole, parts, last] = [await predict(8), await predict(4), await predict(5)];
    expect([whole.productShare, parts.productShare, last.productShare]).toEqual([1, 0.5, (25 + 9) / 64]);
    const change = new Float64Array(48).map((_, at) => prepared[0]!.weight.values[at]! - randomFloats(2, 48)[at]!);
    const mean = (of: (row: number) => number): number =>
      Array.from({ length: 4000 }, (_, row) => of(row)).reduce((a, b) => a + b, 0) / 4000;
    const dot = (row: number, output: number, from: number, to: number): number => {
      let sum = 0;
      for (let j = from; j < to; j++) sum += change[output * 8 + j]! * x.data[row * 8 + j]!;
      return sum;
    };
    const outputs = [0, 1, 2, 3, 4, 5];
    const expected = (blocks: readonly (readonly [number, number])[]): number =>
      outputs.reduce(
        (sum, o) => sum + blocks.reduce((part, [from, to]) => part + mean((row) => dot(row, o, from, to) ** 2), 0),
        0,
      ) / 6;
    expect(whole.weightMse / expected([[0, 8]])).toBeCloseTo(1, 6);
    expect(
      parts.weightMse /
        expected([
          [0, 4],
          [4, 8],
        ]),
    ).toBeCloseTo(1, 6);
    expect(
      last.weightMse /
        expected([
          [0, 5],
          [5, 8],
        ]),
    ).toBeCloseTo(1, 6);
  });

  it('leaves out layers without moments', () => {
    const { spec } = cases['a Gemm']!;
    expect(predictLosses(buildModel(spec), [], { samples: 1, layers: [] }, new Map())).toEqual([]);
  });
});
