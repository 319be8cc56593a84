import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import { intAttribute } from '../../src/onnx/node.js';
import { copyGraph, withGraph, type OnnxModel } from '../../src/onnx/onnx-model.js';
import { elementCount, floatTensor, readFloatTensor, tensorShape } from '../../src/onnx/tensor.js';
import { smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { prepareModel, type Preparation, type PreparedLayer } from '../../src/quantize/prepare-layers.js';
import { quantizedIntegers } from '../../src/quantize/quantizers/quantized-integers.js';
import { restoreModel } from '../../src/quantize/restore-layers.js';
import type { InputStatistics } from '../../src/records/observation-record.js';
import { smoothLayers } from '../../src/smooth/smooth-layers.js';
import type { CanonicalSmoothing } from '../../src/smooth/smoothing-settings.js';
import type { PlacingTargetName } from '../../src/targets/registry.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { buildModel, floatsOf, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';
import { storedLayer } from '../quantize/stored-layers.js';
import { randomResidualNetwork } from './random-residual-network.js';

const requantize: CanonicalSmoothing = { mode: 'static', alpha: 0.5, absmax: 'channel', apply: 'requantize' };

function how(granularity: 'channel' | 'tensor' = 'channel'): Preparation {
  return { ...preparation(8, 0.5, granularity), smoothing: requantize };
}

function unitStatistics(absmax: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, InputStatistics> {
  return new Map(
    Object.entries(absmax).map(([layer, values]) => {
      const own = Float64Array.from(values);
      return [layer, { layer, min: own.map((v) => -v), max: own, absmax: own, absmaxView: null, histograms: null }];
    }),
  );
}

function relativeError(expected: Floats, actual: Floats): number {
  expect(actual.dims).toEqual(expected.dims);
  // An output of zeros has no scale.
  const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  return expected.data.reduce((a, b, i) => Math.max(a, Math.abs(b - actual.data[i]!)), 0) / largest;
}

/**
 * The network with each number of its weights changed by a few units in its last place, up or down:
 * what it makes of that it makes of float32's rounding, too. Small differences of large numbers, in
 * front of a Relu or a Sigmoid, make much of it.
 */
function disturbed(model: OnnxModel, seed = 1): OnnxModel {
  const weights = new Set(layersOf(model).map(({ weight }) => weight.name));
  const initializer = model.graph.initializer.map((own) => {
    if (!weights.has(own.name)) return own;
    const signs = randomFloats(seed, elementCount(tensorShape(own)));
    const values = readFloatTensor(own).map((value, i) => value * (1 + (signs[i]! > 0 ? 1e-6 : -1e-6)));
    return floatTensor(own.name, tensorShape(own), values);
  });
  return withGraph(model, copyGraph(model.graph, { initializer }));
}

/** The integers of a layer's weight. */
function integersOf(layer: PreparedLayer): readonly number[] {
  return [...quantizedIntegers(layer)!.values];
}

/** `x -> first -> (a -> b) + itself -> last -> y`: 1x1 convolutions of 2 channels, Relu between. */
function residual(): OnnxModel {
  return buildModel({
    nodes: [
      node('Conv', ['x', 'w', 'bias'], 't', [], 'first'),
      node('Relu', ['t'], 'r'),
      node('Conv', ['r', 'wa'], 'u', [], 'a'),
      node('Relu', ['u'], 'v'),
      node('Conv', ['v', 'wb'], 'p', [], 'b'),
      node('Add', ['p', 'r'], 'q'),
      node('Relu', ['q'], 'rq'),
      node('Conv', ['rq', 'wl'], 'y', [], 'last'),
    ],
    initializers: [
      tensor('w', [2, 2, 1, 1], [8, 4, 1, 0.5]),
      tensor('bias', [2], [4, 2]),
      tensor('wa', [2, 2, 1, 1], [2, 8, 4, 4]),
      tensor('wb', [2, 2, 1, 1], [9, 0.25, 1, 1]),
      tensor('wl', [1, 2, 1, 1], [1, 4]),
    ],
  });
}

const residualStatistics = unitStatistics({ first: [2, 4], a: [4, 4], b: [36, 16], last: [16, 1] });

describe('requantized smoothing', () => {
  it('divides every producer around a residual addition by one s, and multiplies every reader', () => {
    const model = residual();
    const { base, layers } = prepareModel(model, layersOf(model), residualStatistics, how());
    const [first, a, b, last] = layers;
    // sqrt(16 / 1), sqrt(1 / 4) of last alone; sqrt(36 / 9), sqrt(16 / 1) of b. a, divided by that,
    // has the rows [1, 4] and [1, 1]: sqrt(4 / 1), sqrt(4 / 4). Larger of a's and last's: [4, 1].
    expect([...b!.factors.s]).toEqual([2, 4]);
    expect([...a!.factors.s]).toEqual([4, 1]);
    expect([...last!.factors.s]).toEqual([4, 1]);
    expect([a, b, last].map((layer) => layer!.apply)).toEqual(['requantize', 'requantize', 'requantize']);
    // The rows of first divided by [4, 1]: [2, 1] and [1, 0.5].
    expect(first).toMatchObject({ apply: 'insert', fallbackReason: '"x" is an input of the model' });
    expect([...first!.factors.s]).toEqual([1, 2]);
    expect(floatsOf(base, 'quantsweep/rescaled/t/1')).toEqual([2, 1, 1, 0.5]);
    expect(floatsOf(base, 'quantsweep/rescaled/t/2')).toEqual([1, 2]);
    expect(floatsOf(base, 'quantsweep/rescaled/u/1')).toEqual([4, 4, 4, 1]);
    expect(floatsOf(base, 'quantsweep/rescaled/p/1')).toEqual([4.5, 0.25, 2, 4]);
    expect(floatsOf(base, 'quantsweep/rescaled/y/1')).toEqual([4, 4]);
  });

  it('tells what each tensor is divided by', () => {
    const model = residual();
    const { tensorFactors } = smoothLayers(model, layersOf(model), residualStatistics, requantize, () => 0.5);
    expect(Object.fromEntries([...tensorFactors!].map(([name, s]) => [name, [...s]]))).toEqual({
      t: [4, 1],
      r: [4, 1],
      p: [4, 1],
      q: [4, 1],
      rq: [4, 1],
      u: [2, 4],
      v: [2, 4],
    });
  });

  it('divides scales, not integers, of a weight with one scale', () => {
    const model = residual();
    const { layers } = prepareModel(model, layersOf(model), residualStatistics, how('tensor'));
    const a = layers[1]!;
    // W * s = [8, 8, 16, 4] of one scale 16 / 127; its output channels are divided by [2, 4].
    expect(integersOf(a)).toEqual([64, 64, 127, 32]);
    const scale = Math.fround(16 / 127);
    expect(a.weight.granularity).toBe('channel');
    expect(a.weight.quantizers.map((quantizer) => quantizer.scale)).toEqual([
      Math.fround(scale / 2),
      Math.fround(scale / 4),
    ]);
    expect(a.weight.quantizers.map(({ amax }) => amax)).toEqual([8, 4]);
    const steps = a.weight.quantizers.map((quantizer) => quantizer.scale);
    expect([...a.weight.values]).toEqual(
      [64, 64, 127, 32].map((level, i) => Math.fround(level * steps[i < 2 ? 0 : 1]!)),
    );
  });

  it('leaves the function and the integers of random networks as they are, and is restored', async () => {
    let requantized = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), fc.constantFrom('channel', 'tensor'), async (seed, granularity) => {
        const model = randomResidualNetwork(seed);
        const x = { data: randomFloats(seed + 5, 2 * 144, (i) => 4 ** (Math.floor(i / 36) % 4)), dims: [2, 4, 6, 6] };
        const layers = layersOf(model);
        const statistics = await observeDirectly(model, layers, x);
        const expected = await runOnX(model, x);
        const prepared = prepareModel(model, layers, statistics, how(granularity));
        requantized += prepared.layers.filter(({ apply }) => apply === 'requantize').length;
        const smoothed = smoothedModel(prepared.base, prepared.layers);
        let rounding = 0;
        for (const other of [1, 2, 3]) {
          rounding = Math.max(rounding, relativeError(expected, await runOnX(disturbed(model, other), x)));
        }
        expect(relativeError(expected, await runOnX(smoothed, x))).toBeLessThan(Math.max(1e-4, 4 * rounding));
        for (const layer of prepared.layers) {
          const { weight } = layer;
          if (weight.undivided === undefined) continue;
          expect(integersOf(layer)).toEqual(integersOf({ ...layer, weight: weight.undivided }));
        }
        const stored = prepared.layers.map((layer) => storedLayer(layer, statistics, how(granularity)));
        const restored = restoreModel(model, stored, 'max');
        expect(restored.layers).toEqual(prepared.layers.map((layer) => ({ ...layer, outputBound: 0 })));
      }),
      { numRuns: 40 },
    );
    expect(requantized).toBeGreaterThan(40);
  });

  it('has tensors that are FP32 divided by their factors', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (seed) => {
        const model = randomResidualNetwork(seed);
        const x = { data: randomFloats(seed + 5, 2 * 144), dims: [2, 4, 6, 6] };
        const layers = layersOf(model);
        const statistics = await observeDirectly(model, layers, x);
        const smoothed = smoothLayers(model, layers, statistics, requantize, () => 0.5);
        const names = [...(smoothed.tensorFactors ?? new Map<string, Float32Array>()).keys()];
        fc.pre(names.length > 0);
        const [expected, actual] = [await valuesOf(model, names, x), await valuesOf(smoothed.base, names, x)];
        const moved = await valuesOf(disturbed(model), names, x);
        for (const name of names) {
          const s = smoothed.tensorFactors!.get(name)!;
          const { dims, data } = actual[name]!;
          const inner = dims.slice(2).reduce((a, b) => a * b, 1);
          const whole = { dims, data: data.map((v, i) => v * s[Math.floor(i / inner) % s.length]!) };
          const rounding = relativeError(expected[name]!, moved[name]!);
          expect(relativeError(expected[name]!, whole), name).toBeLessThan(Math.max(1e-4, 4 * rounding));
        }
      }),
      { numRuns: 20 },
    );
  });

  it('takes s into layers that stay in float', () => {
    const model = residual();
    const only = layersOf(model).filter(({ name }) => name !== 'a');
    const { base, layers } = prepareModel(model, only, residualStatistics, how());
    expect(layers.map(({ apply }) => apply)).toEqual(['insert', 'requantize', 'requantize']);
    // s of last alone, [4, 0.5], goes into the input channels of a. The rows of b divided by it are
    // [2.25, 0.0625] and [2, 2], so that its s is [sqrt(36 / 2.25), sqrt(16 / 2)].
    const root = Math.sqrt(8);
    expect(floatsOf(base, 'quantsweep/rescaled/u/1')).toEqual([2, 1, 16 / root, 2 / root].map(Math.fround));
  });
});

function valuesOf(model: OnnxModel, names: readonly string[], x: Floats): Promise<Readonly<Record<string, Floats>>> {
  return runModel(applyEdits(model, [{ kind: 'setOutputs', tensors: names }]), { x });
}

/** What each layer of a model gets, with the reason. */
function formsOf(model: OnnxModel, target: PlacingTargetName, apply: 'insert' | 'fold' | 'requantize' = 'requantize') {
  const layers = layersOf(model);
  const statistics = new Map(
    layers.map(({ name, inputChannels }) => {
      const absmax = Float64Array.from({ length: inputChannels }, (_, c) => 4 ** (c + 1));
      return [
        name,
        { layer: name, min: absmax.map((v) => -v), max: absmax, absmax, absmaxView: null, histograms: null },
      ];
    }),
  );
  const smoothed = smoothLayers(model, layers, statistics, { ...requantize, apply }, () => 0.5, target);
  return {
    smoothed,
    forms: smoothed.layers.map(({ layer, apply: own, fallbackReason }) => [layer.name, own, fallbackReason]),
  };
}

describe('beside a target', () => {
  /** Convolutions and a Gemm, a Sigmoid between each and the next. */
  const blocked = (): OnnxModel =>
    buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 't', [], 'first'),
        node('Sigmoid', ['t'], 's'),
        node('Conv', ['s', 'w2'], 'u', [], 'second'),
        node('Conv', ['s', 'w2'], 'v', [], 'third'),
        node('Add', ['u', 'v'], 'sum'),
        node('Sigmoid', ['sum'], 's2'),
        node('Flatten', ['s2'], 'f'),
        node('Gemm', ['f', 'w3'], 'y', [], 'fc'),
      ],
      inputs: [value('x', [1, 2, 1, 1])],
      initializers: [
        tensor('w', [2, 2, 1, 1], [1, 2, 3, 4]),
        tensor('w2', [2, 2, 1, 1], [2, 1, 1, 1]),
        tensor('w3', [2, 1], [3, 1]),
      ],
    });
  const sigmoid = (name: string): string => `Sigmoid "${name}" does not commute with scaling channels`;

  it('smooths in the quantizer of an input, else by a depthwise convolution where there are 4 dimensions', () => {
    const { forms, smoothed } = formsOf(blocked(), 'onnxruntime-cpu');
    expect(forms).toEqual([
      ['first', 'channelQuantize', '"x" is an input of the model'],
      ['second', 'depthwise', sigmoid('s')],
      ['third', 'depthwise', sigmoid('s')],
      [
        'fc',
        'none',
        `${sigmoid('s2')}; a depthwise convolution divides inputs of 4 dimensions only, not that of a Gemm`,
      ],
    ]);
    expect(smoothed.layers.at(-1)!.factors.s).toEqual(Float32Array.of(1, 1));
    // Both read one tensor with one s, and so one convolution: sqrt([4, 16] / [2, 1]).
    expect(smoothed.convolutions).toMatchObject([{ layer: 'second', input: 's', output: 'quantsweep/smoothed/u' }]);
    const s = [Math.fround(Math.SQRT2), 4];
    expect([...smoothed.convolutions![0]!.s]).toEqual(s);
    expect(floatsOf(smoothed.base, 'quantsweep/smoothed/u/weight')).toEqual([Math.fround(1 / s[0]!), 0.25]);
    expect(smoothed.layers.slice(1, 3).map(({ layer }) => layer.inputTensor)).toEqual(
      new Array(2).fill('quantsweep/smoothed/u'),
    );
  });

  it.each(['tensorrt', 'openvino', 'qnn', 'xnnpack'] as const)('leaves layers of %s alone, and tells why', (target) => {
    const why = `${target} has no exact form for it that is not slower`;
    expect(formsOf(blocked(), target).forms).toEqual([
      ['first', 'none', `"x" is an input of the model; ${why}`],
      ['second', 'none', `${sigmoid('s')}; ${why}`],
      ['third', 'none', `${sigmoid('s')}; ${why}`],
      ['fc', 'none', `${sigmoid('s2')}; ${why}`],
    ]);
    expect(formsOf(blocked(), target, 'insert').forms.map(([, apply, reason]) => [apply, reason])).toEqual(
      new Array(4).fill(['none', why]),
    );
  });

  it('divides an input by the largest s of all that read it, and not where others read it', () => {
    const spec = (op: string) => ({
      nodes: [
        node('Conv', ['x', 'w'], 't', [], 'first'),
        node(op, ['x', ...(op === 'Conv' ? ['w2'] : [])], 'u', [], 'second'),
        node('Add', ['t', 'u'], 'y'),
      ],
      inputs: [value('x', [1, 2, 1, 1])],
      initializers: [tensor('w', [2, 2, 1, 1], [4, 1, 0, 0]), tensor('w2', [2, 2, 1, 1], [1, 4, 0, 0])],
    });
    // sqrt([4, 16] / [4, 1]) and sqrt([4, 16] / [1, 4]).
    const { smoothed } = formsOf(buildModel(spec('Conv')), 'onnxruntime-cpu');
    expect(smoothed.layers.map(({ apply }) => apply)).toEqual(['channelQuantize', 'channelQuantize']);
    expect(smoothed.layers.map(({ factors }) => [...factors.s])).toEqual([
      [2, 4],
      [2, 4],
    ]);
    expect(formsOf(buildModel(spec('Relu')), 'onnxruntime-cpu').forms.map(([, apply]) => apply)).toEqual(['depthwise']);
  });

  it('does not give a scale for each channel to a weight that has one beside the target', () => {
    const model = buildModel({
      nodes: [
        node('MatMul', ['x', 'w'], 't', [], 'first'),
        node('Relu', ['t'], 'r'),
        node('MatMul', ['r', 'w2'], 'y', [], 'second'),
      ],
      inputs: [value('x', [1, 2])],
      initializers: [tensor('w', [2, 2], [1, 2, 3, 4]), tensor('w2', [2, 1], [1, 2])],
    });
    expect(formsOf(model, 'xnnpack').forms[1]).toEqual(['second', 'requantize', null]);
    expect(formsOf(model, 'qnn').forms[1]).toEqual([
      'second',
      'none',
      'MatMul "first" has one scale for its weight beside qnn; qnn has no exact form for it that is not slower',
    ]);
  });

  it('computes FP32 with all forms together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(100_000),
        fc.constantFrom('insert', 'fold', 'requantize'),
        fc.constantFrom('onnxruntime-cpu', 'tensorrt'),
        async (seed, apply, target) => {
          const model = randomResidualNetwork(seed);
          const x = { data: randomFloats(seed + 5, 2 * 144), dims: [2, 4, 6, 6] };
          const layers = layersOf(model);
          const statistics = await observeDirectly(model, layers, x);
          const smoothed = smoothLayers(model, layers, statistics, { ...requantize, apply }, () => 0.5, target);
          const prepared = smoothed.layers as readonly PreparedLayer[];
          const actual = await runOnX(smoothedModel(smoothed.base, prepared), x);
          const expected = await runOnX(model, x);
          const rounding = relativeError(expected, await runOnX(disturbed(model), x));
          expect(relativeError(expected, actual)).toBeLessThan(Math.max(1e-4, 4 * rounding));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a Gemm behind a Flatten', () => {
  it('has the largest factor of all positions of a channel that are not dead', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 't', [], 'first'),
        node('Relu', ['t'], 'r'),
        node('Flatten', ['r'], 'f'),
        node('Gemm', ['f', 'v'], 'y', [intAttribute('transB', 1)], 'fc'),
      ],
      inputs: [value('x', [1, 1, 1, 3])],
      initializers: [tensor('w', [2, 1, 1, 1], [1, 1]), tensor('v', [1, 6], [1, 1, 4, 4, 4, 1])],
    });
    const statistics = unitStatistics({ first: [1], fc: [0.25, 0.0625, 0, 16, 0, 4] });
    const { layers } = prepareModel(model, layersOf(model), statistics, how());
    // sqrt(act / wt): [0.5, 0.25, dead], [2, dead, 2].
    expect([...layers[1]!.factors.s]).toEqual([0.5, 0.5, 0.5, 2, 2, 2]);
    expect([...layers[0]!.outputFactors!]).toEqual([0.5, 2]);
  });
});
