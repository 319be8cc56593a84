import { describe, expect, it } from 'vitest';
import type { ActivationQuantizerSettings } from '../../src/experiment/sections/settings.js';
import { placeModel } from '../../src/quantize/place-model.js';
import { intAttribute } from '../../src/onnx/node.js';
import type { InputStatistics, TensorStatistics } from '../../src/records/observation-record.js';
import { noSmoothing } from '../../src/smooth/smoothing-factors.js';
import type { SmoothedLayer, SmoothedModel } from '../../src/smooth/smooth-layers.js';
import type { PlacingTargetName } from '../../src/targets/registry.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';

const ones = (name: string, dims: readonly number[]) =>
  tensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1));

/** Two convolutions of the input, joined and convolved. */
const base = buildModel({
  nodes: [
    node('Conv', ['x', 'w1'], 'a'),
    node('Conv', ['x', 'w2'], 'b'),
    node('Concat', ['a', 'b'], 'joined', [intAttribute('axis', 1)]),
    node('Conv', ['joined', 'w3'], 'y'),
  ],
  inputs: [value('x', ['N', 2, 4, 4])],
  initializers: [ones('w1', [2, 2, 1, 1]), ones('w2', [1, 2, 1, 1]), ones('w3', [2, 3, 1, 1])],
});

const statistics = (min: readonly number[], max: readonly number[]) => ({
  min: Float64Array.from(min),
  max: Float64Array.from(max),
  absmax: Float64Array.from(min, (low, c) => Math.max(Math.abs(low), Math.abs(max[c]!))),
  histograms: null,
});

const ofInput = (min: readonly number[], max: readonly number[]): Omit<InputStatistics, 'layer'> => ({
  ...statistics(min, max),
  absmaxView: null,
});

const inputs = new Map(
  Object.entries({
    a: ofInput([-2, 0], [3, 8]),
    b: ofInput([-2, 0], [3, 8]),
    y: ofInput([-1, -5, 0], [6, 2, 4]),
  }).map(([layer, own]) => [layer, { layer, ...own }]),
);

const tensors = new Map<string, TensorStatistics>(
  Object.entries({
    a: statistics([-1, -5], [6, 2]),
    b: statistics([0], [4]),
    y: statistics([-20, -1], [10, 30]),
  }).map(([name, own]) => [name, { tensor: name, ...own }]),
);

const activation: ActivationQuantizerSettings = {
  ...{ bits: 8, calibrator: 'max', percentile: 99.99, scheme: 'asymmetric', narrowRange: false },
};

function smoothedModel(more: Partial<SmoothedModel> = {}, s = new Float32Array(2).fill(1)): SmoothedModel {
  const layers = layersOf(base).map((layer): SmoothedLayer => {
    const isFed = layer.inputTensor === 'x' && s.some((factor) => factor !== 1);
    return {
      ...{ layer, original: layer, alpha: 0.5, fallbackReason: null, outputFactors: null },
      ...{ smoothedWeight: new Float32Array(), undividedWeight: null },
      factors: isFed ? { s, deadChannels: 0 } : noSmoothing(layer.inputChannels),
      apply: isFed ? 'channelQuantize' : 'none',
    };
  });
  return { base, layers, ...more };
}

function rangesOf(target: PlacingTargetName, smoothed = smoothedModel()): Record<string, readonly [number, number]> {
  const { quantizers } = placeModel(smoothed, inputs, activation, { target, others: true, tensors });
  return Object.fromEntries(quantizers.map(({ tensor: name, quantizer }) => [name, [quantizer.low, quantizer.amax]]));
}

describe('placeModel', () => {
  it('gives each tensor the range of its own statistics where a Concat ties nothing', () => {
    expect(rangesOf('onnxruntime-cpu')).toEqual({
      x: [-2, 8],
      a: [-5, 6],
      b: [0, 4],
      joined: [-5, 6],
      y: [-20, 30],
    });
  });

  it('gives tied tensors the union of their ranges', () => {
    const ranges = rangesOf('xnnpack');
    for (const name of ['a', 'b', 'joined']) expect(ranges[name]).toEqual([-5, 6]);
  });

  it('divides the statistics by the factors that the base model has divided the tensor by', () => {
    const tensorFactors = new Map([
      ['a', Float32Array.of(2, 10)],
      ['joined', Float32Array.of(2, 10, 1)],
    ]);
    const ranges = rangesOf('onnxruntime-cpu', smoothedModel({ tensorFactors }));
    expect(ranges['a']).toEqual([-0.5, 3]);
    expect(ranges['b']).toEqual([0, 4]);
    expect(ranges['joined']).toEqual([-0.5, 4]);
  });

  it('takes the least factor of a tensor whose channels were not told apart, however many they are', () => {
    const factors = new Float32Array(300_000).fill(4);
    factors[7] = 2;
    const smoothed = smoothedModel({ tensorFactors: new Map([['b', factors]]) });
    expect(rangesOf('onnxruntime-cpu', smoothed)['b']).toEqual([0, 2]);
  });

  it('puts smoothing of a graph input inside its quantizer', () => {
    const s = Float32Array.of(0.5, 4);
    const options = { target: 'onnxruntime-cpu', others: true, tensors } as const;
    const { quantizers } = placeModel(smoothedModel({}, s), inputs, activation, options);
    const { quantizer, divisor } = quantizers.find(({ tensor: name }) => name === 'x')!;
    // x / s has the range [-2 / 0.5, 3 / 0.5] and [0, 8 / 4].
    expect([quantizer.low, quantizer.amax]).toEqual([-4, 6]);
    expect([...divisor!]).toEqual([...s].map((factor) => Math.fround(factor * quantizer.scale)));
    expect(quantizers.filter((own) => own.divisor !== null)).toHaveLength(1);
  });

  it('gives a range that is fixed the integers of the scheme', () => {
    const tanh = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'a'), node('Tanh', ['a'], 'y')],
      inputs: [value('x', ['N', 2, 4, 4])],
      initializers: [ones('w', [2, 2, 1, 1])],
    });
    const [layer] = layersOf(tanh);
    const [own] = smoothedModel().layers;
    const smoothed = { base: tanh, layers: [{ ...own!, layer: layer!, original: layer! }] };
    const placed = (scheme: ActivationQuantizerSettings['scheme']) =>
      placeModel(smoothed, inputs, { ...activation, scheme }, { target: 'qnn', others: true, tensors }).quantizers.at(
        -1,
      );
    expect(placed('asymmetric')).toMatchObject({ tensor: 'y', quantizer: { signed: false, low: -1, amax: 1 } });
    expect(placed('unsigned')).toMatchObject({ tensor: 'y', quantizer: { signed: false, low: 0, amax: 1 } });
  });

  it('names a tensor whose statistics are not finite', () => {
    const broken = new Map([...tensors, ['b', { tensor: 'b', ...statistics([0], [Infinity]) }] as const]);
    const options = { target: 'onnxruntime-cpu', others: true, tensors: broken } as const;
    expect(() => placeModel(smoothedModel(), inputs, activation, options)).toThrow(/tensor "b"/);
  });
});
