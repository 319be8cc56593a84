import { describe, expect, it } from 'vitest';
import { encodeModel, type OnnxModel } from '../../../src/onnx/onnx-model.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { withLinearQuantizers } from '../../../src/quantize/quantizers/linear-quantizers.js';
import { prepareLayers } from '../../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../../src/quantize/graph/quantized-graph.js';
import { profileKernels } from '../../../src/engine/session/session.js';
import { observeDirectly, statisticsOf } from '../../calibrate/observe-directly.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, type Floats } from '../../onnx/run-model.js';
import { preparation } from '../preparations.js';

/**
 * conv -> Relu -> conv -> Clip to 0..6 -> pooling -> Gemm: what stands in front of a quantizer
 * differs from layer to layer.
 */
function network(opset: number): OnnxModel {
  const clip = opset < 11 ? null : node('Clip', ['c2', 'zero', 'six'], 'r6');
  return buildModel({
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
      node('Relu', ['c1'], 'r'),
      node('Conv', ['r', 'w2'], 'c2', [], 'second'),
      ...(clip === null ? [] : [clip]),
      node('GlobalAveragePool', [clip === null ? 'c2' : 'r6'], 'p'),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'w3', 'b3'], 'y', [], 'third'),
    ],
    inputs: [value('x', ['N', 2, 5, 7])],
    initializers: [
      tensor('w1', [19, 2, 1, 1], randomFloats(1, 38)),
      tensor('b1', [19], randomFloats(2, 19)),
      tensor('w2', [17, 19, 1, 1], randomFloats(3, 323)),
      tensor('w3', [17, 5], randomFloats(4, 85)),
      tensor('b3', [5], randomFloats(5, 5)),
      ...(clip === null ? [] : [tensor('zero', [], [0]), tensor('six', [], [6])]),
    ],
    opset,
  });
}

const calibration: Floats = { data: randomFloats(6, 560, (i) => (i % 70 < 35 ? 1 : 20)), dims: [8, 2, 5, 7] };
/** Beyond what was calibrated, so that quantizers saturate at both ends. */
const wider: Floats = { data: calibration.data.map((v) => v * 1.9), dims: calibration.dims };

const ops = (model: OnnxModel): string[] => model.graph.node.map((n) => n.opType);

interface Case {
  readonly bits: number;
  readonly scheme: 'signed' | 'unsigned' | 'auto' | 'asymmetric';
  readonly narrowRange: boolean;
  readonly alpha: number | null;
}

async function quantized(opset: number, { bits, scheme, narrowRange, alpha }: Case): Promise<OnnxModel> {
  const model = network(opset);
  const layers = layersOf(model);
  const how = preparation(bits, alpha);
  const activation = { ...how.quantization.activation, scheme, narrowRange };
  const settings = { ...how, quantization: { ...how.quantization, activation } };
  return quantizedModel(model, prepareLayers(layers, await observeDirectly(model, layers, calibration), settings));
}

const cases: readonly Case[] = [
  ...[2, 3, 4, 5, 6, 7, 8].map((bits) => ({ bits, scheme: 'auto', narrowRange: false, alpha: 0.5 }) as const),
  { bits: 8, scheme: 'signed', narrowRange: false, alpha: null },
  { bits: 8, scheme: 'signed', narrowRange: true, alpha: 0.3 },
  { bits: 8, scheme: 'unsigned', narrowRange: false, alpha: 0.7 },
  { bits: 8, scheme: 'asymmetric', narrowRange: false, alpha: 0.5 },
  { bits: 5, scheme: 'asymmetric', narrowRange: false, alpha: null },
];

describe('withLinearQuantizers', () => {
  // 12 has no QuantizeLinear with an axis of its own, 17 is what exporters write today.
  for (const opset of [12, 13, 17]) {
    it.each(cases)(`computes the same numbers at opset ${opset}: $bits bits, $scheme, alpha $alpha`, async (how) => {
      const before = await quantized(opset, how);
      const after = withLinearQuantizers(before);
      expect(ops(after).filter((op) => op === 'QuantizeLinear')).toHaveLength(3);
      expect(ops(after)).not.toContain('Round');
      expect(ops(after)).not.toContain('Div');
      for (const level of ['disabled', 'basic', 'extended', 'all'] as const) {
        for (const x of [calibration, wider]) {
          const expected = (await runModel(before, { x }, level))['y']!.data;
          const actual = (await runModel(after, { x }, level))['y']!.data;
          expect(actual).toEqual(expected);
        }
      }
    });
  }

  it('stays float where the runtime is told not to fuse', async () => {
    const bytes = encodeModel(withLinearQuantizers(await quantized(17, { ...cases[7]!, alpha: 0.5 })));
    const cpu = { provider: 'cpu', deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
    expect((await profileKernels(bytes, 'x', calibration, cpu)).integerKernels).toEqual({});
  });

  it('clips levels of fewer than 8 bits, and of a narrow range, as integers', async () => {
    const clips = async (how: Case): Promise<number> =>
      ops(withLinearQuantizers(await quantized(17, how))).filter((op) => op === 'Clip').length;
    const own = 1;
    expect(await clips(cases[2]!)).toBe(3 + own);
    expect(await clips({ bits: 8, scheme: 'signed', narrowRange: true, alpha: 0.5 })).toBe(3 + own);
    expect(await clips({ bits: 8, scheme: 'signed', narrowRange: false, alpha: 0.5 })).toBe(own);
  });

  it.each([
    ['16 bits, which QuantizeLinear of this opset does not have', 17, 16],
    ['an opset whose Clip takes no integers', 11, 8],
    ['an opset without Round', 9, 8],
  ])('leaves %s as it is', async (_, opset, bits) => {
    const before = await quantized(opset, { bits, scheme: 'signed', narrowRange: false, alpha: 0.5 });
    expect(withLinearQuantizers(before)).toBe(before);
  });

  it.each(['mul', 'quantsweep/twin/mul'])("leaves a model's own rounding alone, also in a twin: %s", (mul) => {
    const own = buildModel({
      nodes: [
        node('Div', ['x', 'd'], 'a'),
        node('Round', ['a'], 'b'),
        node('Clip', ['b', 'low', 'high'], 'c'),
        node('Mul', ['c', 'd'], mul),
        node('Identity', [mul], 'y'),
      ],
      inputs: [value('x', ['N', 2])],
      initializers: [tensor('d', [], [0.1]), tensor('low', [], [-7.5]), tensor('high', [], [7.5])],
      opset: 17,
    });
    expect(withLinearQuantizers(own)).toBe(own);
  });

  it.each([
    ['0 / 0 between two layers', 'zero', ['Round', 'Div'], true],
    ['a division by a constant, as in hard swish', 'six', ['QuantizeLinear'], false],
  ])('hands NaN on: %s', async (_, divisor, has, isNaN) => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'c', [], 'first'),
        ...(divisor === 'zero' ? [node('Sub', ['c', 'c'], 'divisor')] : []),
        node('Div', ['c', divisor === 'zero' ? 'divisor' : 'six'], 'd'),
        node('Mul', ['d', 'c'], 'm'),
        node('Conv', ['m', 'w'], 'y', [], 'second'),
      ],
      inputs: [value('x', ['N', 1, 2, 2])],
      initializers: [tensor('w', [1, 1, 1, 1], [1]), tensor('six', [], [6])],
      opset: 17,
    });
    const plain: Floats = { data: Float32Array.of(1, 2, 3, 4), dims: [1, 1, 2, 2] };
    const second = layersOf(model).filter(({ name }) => name === 'second');
    const finite: Floats = { data: Float32Array.of(1, 1, 1, 1), dims: [1, 1, 2, 2] };
    const statistics = new Map([['second', statisticsOf(second[0]!, finite)]]);
    const before = quantizedModel(model, prepareLayers(second, statistics, preparation(8, null)));
    const after = withLinearQuantizers(before);
    expect(ops(after)).toEqual(expect.arrayContaining(has));
    const zeros: Floats = { data: new Float32Array(4), dims: [1, 1, 2, 2] };
    const x = isNaN ? zeros : plain;
    const expected = (await runModel(before, { x }))['y']!.data;
    expect(expected.some(Number.isNaN)).toBe(isNaN);
    expect((await runModel(after, { x }))['y']!.data).toEqual(expected);
  });

  it('looks through a Pad whose pads are computed, as exporters write them', async () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'c', [], 'first'),
        node('Div', ['eight', 'eight'], 'ones'),
        node('Mul', ['ones', 'pads'], 'all'),
        node('Pad', ['c', 'all'], 'p'),
        node('Conv', ['p', 'w'], 'y', [], 'second'),
      ],
      inputs: [value('x', ['N', 1, 2, 2])],
      initializers: [
        tensor('w', [1, 1, 1, 1], [1]),
        int64Tensor('eight', new Array<number>(8).fill(8)),
        int64Tensor('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
      ],
      opset: 17,
    });
    const layers = layersOf(model);
    const x: Floats = { data: Float32Array.of(1, -2, 3, 4), dims: [1, 1, 2, 2] };
    const before = quantizedModel(
      model,
      prepareLayers(layers, await observeDirectly(model, layers, x), preparation(8, 0.5)),
    );
    const after = withLinearQuantizers(before);
    expect(ops(after).filter((op) => op === 'QuantizeLinear')).toHaveLength(2);
    expect((await runModel(after, { x }))['y']!.data).toEqual((await runModel(before, { x }))['y']!.data);
  });

  it('keeps a quantizer whose steps something else reads', async () => {
    const before = await quantized(17, cases[6]!);
    const watched: OnnxModel = {
      ...before,
      index: { ...before.index, outputs: new Set([...before.index.outputs, 'quantsweep/first/steps']) },
    };
    expect(ops(withLinearQuantizers(watched)).filter((op) => op === 'Round')).toHaveLength(1);
  });
});
