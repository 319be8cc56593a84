import { describe, expect, it } from 'vitest';
import { fakeQuantizedModel } from '../../../src/quantize/graph/fake-quantized-model.js';
import { placedQdqModel, realTensor } from '../../../src/quantize/graph/placed-qdq-graph.js';
import { applyEdits } from '../../../src/onnx/edits/edits.js';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { readFloatTensor } from '../../../src/onnx/tensor.js';
import type { PreparedModel } from '../../../src/quantize/prepare-layers.js';
import type { Quantizer } from '../../../src/quantize/quantizers/quantizer.js';
import type { PlacingTargetName } from '../../../src/targets/registry.js';
import { buildModel, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, type Floats } from '../../onnx/run-model.js';
import { handPlaced } from './hand-placed.js';
import { placedByRules } from './placed-by-rules.js';

const byRules = ['tensorrt', 'openvino', 'qnn', 'xnnpack'] as const satisfies readonly PlacingTargetName[];

const CHANNELS = 16;
const dims = [1, CHANNELS, 4, 4];
const x: Floats = { data: randomFloats(3, 256, (i) => 1 + (i % 5)), dims };

const weight = (name: string, seed: number) =>
  tensor(
    name,
    [CHANNELS, CHANNELS, 1, 1],
    randomFloats(seed, CHANNELS * CHANNELS, (i) => 0.2 + (i % 3)),
  );

/** `conv2(relu(conv1(x))) + x`, whose convolutions are products of matrices at each place. */
const residual: OnnxModel = buildModel({
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1'),
    node('Relu', ['c1'], 'r'),
    node('Conv', ['r', 'w2'], 'c2'),
    node('Add', ['c2', 'x'], 'a'),
    node('Conv', ['a', 'w2'], 'y'),
  ],
  inputs: [value('x', dims)],
  initializers: [weight('w1', 1), weight('w2', 2), tensor('b1', [CHANNELS], randomFloats(5, CHANNELS))],
});

/** Concat, pooling, Reshape and a graph output between operators. */
const branches: OnnxModel = buildModel({
  nodes: [
    node('Conv', ['x', 'w1', 'b1'], 'c1'),
    node('MaxPool', ['c1'], 'pool', [intsAttribute('kernel_shape', [2, 2]), intsAttribute('strides', [2, 2])]),
    node('Conv', ['pool', 'w2'], 'c2'),
    node('Sigmoid', ['c2'], 'sigmoid'),
    node('Concat', ['pool', 'sigmoid'], 'concat', [intAttribute('axis', 1)]),
    node('Conv', ['concat', 'w3'], 'c3'),
    node('GlobalAveragePool', ['c3'], 'gap'),
    node('Flatten', ['gap'], 'flat'),
    node('Gemm', ['flat', 'm', 'b1'], 'y'),
  ],
  inputs: [value('x', dims)],
  outputs: ['y', 'c2'],
  initializers: [
    weight('w1', 1),
    weight('w2', 2),
    tensor('w3', [CHANNELS, 2 * CHANNELS, 1, 1], randomFloats(7, 2 * CHANNELS * CHANNELS)),
    tensor('m', [CHANNELS, CHANNELS], randomFloats(8, CHANNELS * CHANNELS)),
    tensor('b1', [CHANNELS], randomFloats(5, CHANNELS)),
  ],
});

/** Half to even. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** The values that quantizing and dequantizing leaves, as each target's document says it. */
function fakeQuantized(values: readonly number[], { scale, zeroPoint, qmin, qmax }: Quantizer): number[] {
  return values.map((v) => {
    const level = Math.min(Math.max(roundEven(Math.fround(v / scale)) + zeroPoint, qmin), qmax);
    return Math.fround((level - zeroPoint) * scale);
  });
}

/** A 1x1 convolution in float64, of a weight per output channel in int8 and a bias in float. */
function convolve(values: readonly number[], matrix: readonly number[], bias: readonly number[]): number[] {
  const places = values.length / CHANNELS;
  return Array.from({ length: values.length }, (_, i) => {
    const [o, place] = [Math.floor(i / places), i % places];
    let sum = bias[o]!;
    for (let c = 0; c < CHANNELS; c++) sum += values[c * places + place]! * matrix[o * CHANNELS + c]!;
    return sum;
  });
}

/** Weight scales by output channel and the values that int8 of -127 to 127 leaves. */
function int8Weight(name: string): { readonly scales: number[]; readonly values: number[] } {
  const values = [...readFloatTensor(residual.index.initializers.get(name)!)];
  const scales = Array.from({ length: CHANNELS }, (_, o) => {
    const row = values.slice(o * CHANNELS, (o + 1) * CHANNELS);
    return Math.fround(Math.max(...row.map(Math.abs)) / 127);
  });
  return {
    scales,
    values: values.map((v, i) => {
      const scale = scales[Math.floor(i / CHANNELS)]!;
      return Math.fround(roundEven(Math.fround(v / scale)) * scale);
    }),
  };
}

async function run(model: OnnxModel, outputs: readonly string[]): Promise<Readonly<Record<string, Floats>>> {
  return runModel(applyEdits(model, [{ kind: 'setOutputs', tensors: outputs }]), { x });
}

/** Without the sign of zero, which integers do not have. */
const plain = ({ data }: Floats): number[] => Array.from(data, (v) => v + 0);

function quantizerOf({ placed }: PreparedModel, name: string): Quantizer {
  return placed!.quantizers.find((quantizer) => quantizer.tensor === name)!.quantizer;
}

describe('fakeQuantizedModel', () => {
  it.each([
    ['tensorrt', 'float'],
    ['qnn', 'int32'],
  ] as const)('computes a residual block of %s as loops do, with a bias in %s', async (target, bias) => {
    const prepared = await placedByRules(residual, target, { x });
    const quantize = (values: readonly number[], name: string): number[] =>
      prepared.placed!.quantizers.some((quantizer) => quantizer.tensor === name)
        ? fakeQuantized(values, quantizerOf(prepared, name))
        : [...values];
    const [w1, w2] = [int8Weight('w1'), int8Weight('w2')];
    const none = new Array<number>(CHANNELS).fill(0);
    const given = [...readFloatTensor(residual.index.initializers.get('b1')!)];
    const inputScale = quantizerOf(prepared, 'x').scale;
    const rounded = given.map((b, o) => {
      const step = Math.fround(inputScale * w1.scales[o]!);
      return Math.fround(roundEven(b / step) * step);
    });
    const qx = quantize([...x.data], 'x');
    const r = convolve(qx, w1.values, bias === 'float' ? given : rounded).map((v) => Math.max(v, 0));
    const c2 = convolve(quantize(r, 'r'), w2.values, none);
    const sum = quantize(c2, 'c2').map((v, i) => v + qx[i]!);
    const y = quantize(convolve(quantize(sum, 'a'), w2.values, none), 'y');
    const ran = await run(fakeQuantizedModel(prepared), ['y', 'r', 'a']);
    const scale = quantizerOf(prepared, 'a').scale;
    // Sums in float64 here, in float32 there: none is near enough to a step's edge to matter.
    for (const [i, v] of r.entries()) expect(ran.r!.data[i]).toBeCloseTo(v, 3);
    for (const [i, v] of sum.entries()) expect(Math.abs(ran.a!.data[i]! - v)).toBeLessThan(scale / 100);
    const largest = Math.max(...y.map(Math.abs));
    for (const [i, v] of y.entries()) expect(Math.abs(ran.y!.data[i]! - v)).toBeLessThan(largest * 1e-5);
  });

  describe.each(byRules)('%s', (target) => {
    it.each([
      ['a residual block', residual, ['y']],
      // Up to the Gemm, which adds up a constant matrix in another order.
      ['branches', branches, ['c2', 'c3', 'gap']],
    ] as const)(
      'gives for %s what the deployable model gives without fusing, bit for bit',
      async (_, model, outputs) => {
        const prepared = await placedByRules(model, target, { x });
        const [fake, deployed] = [fakeQuantizedModel(prepared), placedQdqModel(prepared, {})];
        const [a, b] = [await run(fake, outputs), await run(deployed, outputs)];
        for (const output of outputs) expect(plain(a[output]!)).toEqual(plain(b[output]!));
        const fp32 = await run(model, outputs);
        for (const output of outputs) expect(plain(a[output]!)).not.toEqual(plain(fp32[output]!));
      },
    );
  });

  it('keeps the names of the model, whose tensors are not rounded', async () => {
    const prepared = await placedByRules(residual, 'qnn', { x });
    const { r, c1 } = await run(fakeQuantizedModel(prepared), ['r', 'c1']);
    expect(plain(r!)).toEqual(plain(c1!).map((v) => Math.max(v, 0)));
    const { scale } = quantizerOf(prepared, 'r');
    expect(plain(r!).some((v) => Math.abs(v / scale - Math.round(v / scale)) > 0.1)).toBe(true);
  });

  it('gives a quantized output under its name, and what it was under another', async () => {
    const prepared = await placedByRules(residual, 'qnn', { x });
    const real = realTensor(residual, 'y');
    const ran = await run(fakeQuantizedModel(prepared), ['y', real]);
    const rounded = fakeQuantized([...ran[real]!.data], quantizerOf(prepared, 'y'));
    expect(plain(ran.y!)).toEqual(rounded.map((v) => v + 0));
    expect(plain(ran.y!)).not.toEqual(plain(ran[real]!));
  });

  it('divides a smoothed input by its channels, and gives x / s', async () => {
    const s = Float32Array.from({ length: CHANNELS }, (_, c) => 1 + c / 4);
    const range = { range: [-8, 8] as const, scheme: 'signed' as const };
    const scale = Math.fround(8 / 127);
    const divisor = s.map((factor) => factor * scale);
    const prepared = await handPlaced(residual, 'tensorrt', { x: { ...range, divisor, except: ['a'] } }, x);
    const dequantized = 'quantsweep/tensor/x/dequantized';
    const ran = await run(fakeQuantizedModel(prepared), [dequantized]);
    const expected = [...x.data].map((v, i) => {
      const level = roundEven(Math.fround(v / divisor[Math.floor(i / 16)]!));
      return Math.fround(Math.min(Math.max(level, -128), 127) * scale);
    });
    expect(plain(ran[dequantized]!)).toEqual(expected.map((v) => v + 0));
  });

  it('takes the bias correction off before the bias is rounded', async () => {
    const prepared = await placedByRules(residual, 'qnn', { x });
    const correction = new Float32Array(CHANNELS).fill(0.125);
    const corrected = {
      ...prepared,
      layers: prepared.layers.map((layer) =>
        layer.layer.outputTensor === 'c1' ? { ...layer, biasCorrection: correction } : layer,
      ),
    };
    const bias = (model: OnnxModel): Float32Array =>
      readFloatTensor(model.index.initializers.get(model.index.producers.get('c1')!.input[2]!)!);
    const [before, after] = [bias(fakeQuantizedModel(prepared)), bias(fakeQuantizedModel(corrected))];
    const [sx, { scales }] = [quantizerOf(prepared, 'x').scale, int8Weight('w1')];
    for (const [o, given] of readFloatTensor(residual.index.initializers.get('b1')!).entries()) {
      const step = Math.fround(sx * scales[o]!);
      expect(before[o]).toBe(Math.fround(roundEven(given / step) * step));
      expect(after[o]).toBe(Math.fround(roundEven(Math.fround(given - 0.125) / step) * step));
    }
  });
});
