import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActivationSchemeName } from '../../src/calibrate/schemes/activation-schemes.js';
import type { WeightSchemeName } from '../../src/calibrate/schemes/weight-schemes.js';
import type { QuantizationSettings, WeightQuantizerSettings } from '../../src/experiment/sections/settings.js';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import { intAttribute } from '../../src/onnx/node.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { TensorProtoSchema, TensorProto_DataType, type TensorProto } from '../../src/onnx/proto/onnx_pb.js';
import type { WeightLayout } from '../../src/onnx/layers/weight-layout.js';
import { applyQuantizers, fakeQuantizeWeight } from '../../src/quantize/quantizers/fake-quantize-weight.js';
import { inputQuantizer } from '../../src/quantize/quantizers/input-quantizer.js';
import { storageOf } from '../../src/quantize/quantizers/integer-tensor.js';
import { prepareLayers, type Preparation } from '../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import {
  asymmetricQuantizer,
  symmetricQuantizer,
  unsignedQuantizer,
  type Quantizer,
} from '../../src/quantize/quantizers/quantizer.js';
import { restoreModel } from '../../src/quantize/restore-layers.js';
import { weightQuantizers } from '../../src/quantize/quantizers/weight-quantizers.js';
import { observeDirectly, statisticsOf } from '../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../onnx/run-model.js';
import { plainQuantization, plainWeight, preparation } from './preparations.js';
import { storedLayer } from './stored-layers.js';

const widths = [2, 3, 4, 5, 6, 7, 8, 16];
const plain = (values: Float32Array): number[] => Array.from(values, (v) => v + 0);
const row = (length: number, outputs = 1): WeightLayout => ({
  order: 'outputFirst',
  groups: 1,
  inputsPerGroup: length / outputs,
  outputsPerGroup: outputs,
  kernelSize: 1,
});

describe('quantizers', () => {
  it('narrow: the lowest level of a signed one is left out, its scale stays', () => {
    const { scale } = symmetricQuantizer(127, 8);
    expect(symmetricQuantizer(127, 8, true)).toMatchObject({ qmin: -127, qmax: 127, scale, narrowRange: true });
  });

  it('unsigned: all levels are above 0', () => {
    expect(unsignedQuantizer(510, 8)).toMatchObject({ low: 0, amax: 510, scale: 2, zeroPoint: 0, qmin: 0, qmax: 255 });
  });

  it('asymmetric: 0 is the level of the zero point', () => {
    // Scale (3 + 1) / 15 * 3.75 = 1: -1 is level 0, 0 is level 1.
    expect(asymmetricQuantizer(-1, 14, 4)).toMatchObject({
      low: -1,
      amax: 14,
      scale: 1,
      zeroPoint: 1,
      qmin: 0,
      qmax: 15,
    });
    // -2.5 / 1 rounds half to even: zero point 2.
    expect(asymmetricQuantizer(-2.5, 12.5, 4)).toMatchObject({ scale: 1, zeroPoint: 2 });
    expect(asymmetricQuantizer(0, 0, 8)).toMatchObject({ scale: 1, zeroPoint: 0 });
    expect(() => asymmetricQuantizer(1, 2, 8)).toThrow(RangeError);
  });

  it('err by at most half a step inside the range, and 0 is exact', () => {
    const ends = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...widths),
        ends,
        ends,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (bits, a, b, at) => {
          for (const q of [
            asymmetricQuantizer(-a, b, bits),
            unsignedQuantizer(b, bits),
            symmetricQuantizer(b, bits, true),
          ]) {
            const x = Math.fround(q.low + at * (q.amax - q.low));
            const { values } = applyQuantizers(Float32Array.of(x, 0), row(2), [q], 'tensor');
            // The zero point is rounded: an end of the range may lie half a step outside the
            // levels.
            const allowed = q.zeroPoint === 0 ? q.scale / 2 : q.scale;
            expect(Math.abs(values[0]! - x)).toBeLessThanOrEqual(allowed * 1.0001 + Math.abs(x) * 4e-7);
            expect(values[1]! + 0).toBe(0);
          }
        },
      ),
    );
  });
});

function integers(name: string, { dataType, toBytes }: ReturnType<typeof storageOf>, values: number[]): TensorProto {
  return create(TensorProtoSchema, { name, dims: [], dataType, rawData: toBytes(values) });
}

/** QuantizeLinear with the quantizer's zero point, a clip to its levels, DequantizeLinear. */
async function quantizeWithNodes(x: Floats, q: Quantizer): Promise<Float32Array> {
  const storage = storageOf(q);
  const model = buildModel({
    nodes: [
      node('QuantizeLinear', ['x', 'scale', 'zero'], 'q', [intAttribute('axis', 0)]),
      node('Cast', ['q'], 'i', [intAttribute('to', TensorProto_DataType.INT32)]),
      node('Clip', ['i', 'low', 'high'], 'c'),
      node('Cast', ['c'], 'b', [intAttribute('to', storage.dataType)]),
      node('DequantizeLinear', ['b', 'scale', 'zero'], 'y', [intAttribute('axis', 0)]),
    ],
    inputs: [value('x', x.dims)],
    initializers: [
      tensor('scale', [], [q.scale]),
      integers('zero', storage, [q.zeroPoint]),
      ...[q.qmin, q.qmax].map((end, i) =>
        create(TensorProtoSchema, {
          name: i === 0 ? 'low' : 'high',
          dims: [],
          dataType: TensorProto_DataType.INT32,
          rawData: new Uint8Array(Int32Array.of(end).buffer),
        }),
      ),
    ],
    opset: 21,
    irVersion: 10,
  });
  return (await runOnX(model, x)).data;
}

const weightForms = (['channel', 'tensor'] as const).flatMap((granularity) => [
  { granularity, scheme: 'asymmetric', calibrator: 'max', narrowRange: false } as const,
  { granularity, scheme: 'asymmetric', calibrator: 'mse', narrowRange: false } as const,
  // By max nothing reaches the level that a narrow range leaves out.
  { granularity, scheme: 'signed', calibrator: 'mse', narrowRange: true } as const,
]);

/**
 * Rows of other ranges, not centred; two in three lie as near to the middle of two levels as
 * float32 can.
 */
function nearHalfSteps(bits: number, settings: WeightQuantizerSettings): Float32Array {
  const weight = randomFloats(bits, 1200).map((v, i) => (v ** 3 + 0.2) * 10 ** (Math.floor(i / 300) - 2));
  const quantizers = weightQuantizers(weight, row(1200, 4), settings);
  return weight.map((value, i) => {
    const { scale, low, amax } = quantizers[Math.floor(i / 300)] ?? quantizers[0]!;
    const half = (Math.floor(value / scale) + 0.5) * scale;
    return i % 3 !== 0 && half > low && half < amax ? half : value;
  });
}

const schemes: readonly ActivationSchemeName[] = ['signed', 'unsigned', 'asymmetric'];

describe.each(widths)('at %i bits', (bits) => {
  it.each([
    ['signed', true],
    ['unsigned', false],
    ['asymmetric', false],
  ] as const)('an input %s (narrow: %s) is quantized as QuantizeLinear does it', async (scheme, narrowRange) => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
      inputs: [value('x', [1, 2, 20, 25])],
      initializers: [tensor('w', [1, 2, 1, 1], [1, 1])],
    });
    const layers = layersOf(model);
    const calibration = { data: randomFloats(bits + 50, 1000).map((v) => v + 0.3), dims: [1, 2, 20, 25] };
    const statistics = new Map([['layer', statisticsOf(layers[0]!, calibration)]]);
    const how = withActivation(preparation(bits, null), { scheme, narrowRange });
    const [prepared] = prepareLayers(layers, statistics, how);
    const { scale } = prepared!.input;
    const data = randomFloats(bits + 90, 1000, () => 1.5).map((v, i) =>
      i % 5 === 0 ? (Math.round(v * 7) + 0.5) * scale : v,
    );
    const x = { data, dims: [1, 2, 20, 25] };
    const chain = applyEdits(quantizedModel(model, [prepared!]), [
      { kind: 'setOutputs', tensors: ['quantsweep/layer/dequantized'] },
    ]);
    const { 'quantsweep/layer/dequantized': actual } = await runModel(chain, { x });
    expect(plain(actual!.data)).toEqual(plain(await quantizeWithNodes(x, prepared!.input)));
  });

  it.each(weightForms)(
    'a weight $scheme by $calibrator (narrow: $narrowRange) per $granularity is quantized as QuantizeLinear does it',
    async (form) => {
      const settings = { ...plainWeight(bits), ...form };
      const weight = nearHalfSteps(bits, settings);
      const { values, quantizers } = fakeQuantizeWeight(weight, row(1200, 4), settings);
      expect(quantizers).toHaveLength(form.granularity === 'channel' ? 4 : 1);
      if (form.scheme === 'asymmetric') expect(quantizers[0]!.zeroPoint).toBeGreaterThan(0);
      for (let output = 0; output < 4; output++) {
        const data = weight.slice(output * 300, output * 300 + 300);
        const expected = await quantizeWithNodes({ data, dims: [1, 300] }, quantizers[output] ?? quantizers[0]!);
        expect(plain(values.slice(output * 300, output * 300 + 300))).toEqual(plain(expected));
      }
    },
  );
});

function withActivation(how: Preparation, changes: Partial<QuantizationSettings['activation']>): Preparation {
  const { quantization } = how;
  return { ...how, quantization: { ...quantization, activation: { ...quantization.activation, ...changes } } };
}

function withWeight(how: Preparation, changes: Partial<WeightQuantizerSettings>): Preparation {
  const { quantization } = how;
  return { ...how, quantization: { ...quantization, weight: { ...quantization.weight, ...changes } } };
}

describe('the scheme of an input', () => {
  const model = buildModel({
    nodes: [node('Conv', ['x', 'w'], 'y', [], 'layer')],
    inputs: [value('x', [1, 2, 1, 2])],
    initializers: [tensor('w', [1, 2, 1, 1], [1, 1])],
  });
  const statistics = (data: readonly number[]) =>
    statisticsOf(layersOf(model)[0]!, { data: Float32Array.from(data), dims: [1, 2, 1, 2] });
  const { activation } = plainQuantization(8);
  const s = Float32Array.of(2, 1);

  it('auto is unsigned where nothing was below 0, else signed', () => {
    const auto = { ...activation, scheme: 'auto' } as const;
    expect(inputQuantizer(statistics([0, 8, 3, 1]), s, auto)).toEqual(unsignedQuantizer(4, 8));
    expect(inputQuantizer(statistics([-1, 8, 3, 1]), s, auto)).toEqual(symmetricQuantizer(4, 8));
  });

  it('unsigned takes the largest value, not the largest magnitude', () => {
    const unsigned = { ...activation, scheme: 'unsigned' } as const;
    expect(inputQuantizer(statistics([-100, 8, 3, 1]), s, unsigned)).toEqual(unsignedQuantizer(4, 8));
  });

  it('asymmetric takes both ends after the division by s', () => {
    const asymmetric = { ...activation, scheme: 'asymmetric' } as const;
    expect(inputQuantizer(statistics([-6, 8, 5, -1]), s, asymmetric)).toEqual(asymmetricQuantizer(-3, 5, 8));
    // All above 0: the range begins at 0.
    expect(inputQuantizer(statistics([6, 8, 5, 1]), s, asymmetric)).toEqual(asymmetricQuantizer(0, 5, 8));
  });
});

describe('the mse range of a weight', () => {
  const error = (weight: Float32Array, values: Float32Array): number =>
    weight.reduce((sum, w, i) => sum + (w - values[i]!) ** 2, 0);

  it('clips an outlier that costs all others their levels', () => {
    // At 2 bits signed levels are -2..1 steps: with amax 10 every 1 becomes 0 (error 99), with 1
    // only the 10 errs (81).
    const weight = Float32Array.from({ length: 100 }, (_, i) => (i === 0 ? 10 : 1));
    const settings = { ...plainWeight(2, 'tensor'), calibrator: 'mse' } as const;
    const [quantizer] = weightQuantizers(weight, row(100), settings);
    // With a: 99 (a - 1)^2 + (10 - a)^2, least at a = 109 / 100.
    expect(quantizer!.amax).toBeCloseTo(1.09, 6);
    const { values } = applyQuantizers(weight, row(100), [quantizer!], 'tensor');
    expect(error(weight, values)).toBeCloseTo(99 * 0.09 ** 2 + 8.91 ** 2, 4);
  });

  it('is the whole range where that has no error', () => {
    const weight = Float32Array.of(127, -3, 64, 1);
    const [quantizer] = weightQuantizers(weight, row(4), { ...plainWeight(8, 'tensor'), calibrator: 'mse' });
    expect(quantizer!.amax).toBe(127);
  });

  it.each(['signed', 'asymmetric'] as const)('is never worse than the whole one, %s', (scheme) => {
    for (const [seed, bits] of [2, 3, 4, 8].entries()) {
      const weight = randomFloats(seed + 7, 400).map((v) => v ** 3 + 0.1);
      for (const granularity of ['channel', 'tensor'] as const) {
        const settings = { ...plainWeight(bits, granularity), scheme };
        const whole = fakeQuantizeWeight(weight, row(400, 4), settings);
        const best = fakeQuantizeWeight(weight, row(400, 4), { ...settings, calibrator: 'mse' });
        expect(error(weight, best.values)).toBeLessThanOrEqual(error(weight, whole.values) * (1 + 1e-9));
        if (bits < 8) expect(error(weight, best.values)).toBeLessThan(error(weight, whole.values));
      }
    }
  });
});

const network = (): OnnxModel =>
  buildModel({
    nodes: [
      node('Conv', ['x', 'w', 'b'], 'c', [], 'first'),
      node('Relu', ['c'], 'r'),
      node('Conv', ['r', 'v'], 'y', [], 'second'),
    ],
    inputs: [value('x', ['N', 3, 6, 6])],
    initializers: [
      tensor('w', [4, 3, 3, 3], [...randomFloats(1, 108)]),
      tensor('b', [4], [0.1, -0.2, 0.3, 0]),
      tensor('v', [2, 4, 1, 1], [...randomFloats(2, 8)]),
    ],
  });

const weightSchemes: readonly WeightSchemeName[] = ['signed', 'asymmetric'];
const forms = schemes
  .concat('auto')
  .flatMap((scheme) =>
    weightSchemes.flatMap((weightScheme) =>
      [3, 8, 16].flatMap((bits) =>
        (['channel', 'tensor'] as const).map((granularity) => ({ scheme, weightScheme, bits, granularity })),
      ),
    ),
  );

describe('the exported model', () => {
  it.each(
    [2, 5, 8, 16].flatMap((bits) => [
      { scheme: 'signed' as const, bits, narrowRange: true },
      { scheme: 'unsigned' as const, bits, narrowRange: false },
      { scheme: 'asymmetric' as const, bits, narrowRange: false },
    ]),
  )(
    'clips what lies outside the calibrated range as the simulated one, $scheme $bits bits',
    async ({ scheme, bits, narrowRange }) => {
      const model = network();
      const layers = layersOf(model);
      const x = { data: randomFloats(11, 216), dims: [2, 3, 6, 6] };
      const how = withActivation(preparation(bits, null), { scheme, narrowRange });
      const prepared = prepareLayers(layers, await observeDirectly(model, layers, x), how);
      const wider = { ...x, data: x.data.map((v) => v * 2.5) };
      const expected = await runOnX(quantizedModel(model, prepared), wider);
      const actual = await runOnX(qdqModel(model, prepared, {}), wider);
      expect(plain(actual.data)).toEqual(plain(expected.data));
    },
  );

  it.each(forms)(
    'of inputs $scheme, weights $weightScheme per $granularity, $bits bits is the simulated one, restored from the store too',
    async ({ scheme, weightScheme, bits, granularity }) => {
      const model = network();
      const layers = layersOf(model);
      const x = { data: randomFloats(11, 216).map((v) => v * 2), dims: [2, 3, 6, 6] };
      const statistics = await observeDirectly(model, layers, x);
      const narrowRange = bits === 8;
      const how = withWeight(withActivation(preparation(bits, 0.5, granularity), { scheme, narrowRange }), {
        scheme: weightScheme,
        narrowRange,
        calibrator: bits === 3 ? 'mse' : 'max',
      });
      const prepared = prepareLayers(layers, statistics, how);
      const expected = await runOnX(quantizedModel(model, prepared), x);
      const restored = restoreModel(
        model,
        prepared.map((p) => storedLayer(p, statistics, how)),
        how.quantization.weight.calibrator,
      );
      expect(restored.layers.map((l) => [l.input, l.weight])).toEqual(prepared.map((p) => [p.input, p.weight]));
      const actual = await runOnX(qdqModel(restored.base, restored.layers, {}), x);
      const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      // One rounding differs: the export divides by s and by the scale, the simulation by their
      // product.
      const step = Math.max(...prepared.map((p) => p.input.scale)) * 3;
      for (const [i, wanted] of expected.data.entries()) {
        expect(Math.abs(actual.data[i]! - wanted)).toBeLessThanOrEqual(bits === 16 ? 1e-3 * largest : step);
      }
      const mean = expected.data.reduce((a, b, i) => a + Math.abs(b - actual.data[i]!), 0) / expected.data.length;
      expect(mean).toBeLessThan(1e-3 * largest + 0.02 * step);
    },
  );
});
