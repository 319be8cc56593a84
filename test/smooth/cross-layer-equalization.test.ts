import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/onnx/layers/layers.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { readFloatTensor } from '../../src/onnx/tensor.js';
import { crossLayerFactors } from '../../src/smooth/cross-layer-equalization.js';
import { findFoldRegions } from '../../src/smooth/fold-regions.js';
import { rescaleModel } from '../../src/smooth/rescale-model.js';
import { buildModel, layersOf, node, tensor } from '../onnx/build-model.js';
import { randomNetwork } from './random-network.js';

function chain(w1: readonly number[], w2: readonly number[], w3?: readonly number[]): OnnxModel {
  const third = w3 === undefined ? [] : [node('Relu', ['b'], 'rb'), node('Conv', ['rb', 'w3'], 'c', [], 'third')];
  return buildModel({
    nodes: [
      node('Conv', ['x', 'w1'], 'a', [], 'first'),
      node('Relu', ['a'], 'ra'),
      node('Conv', ['ra', 'w2'], 'b', [], 'second'),
      ...third,
    ],
    outputs: [w3 === undefined ? 'b' : 'c'],
    initializers: [
      tensor('w1', [2, 2, 1, 1], w1),
      tensor('w2', [2, 2, 1, 1], w2),
      ...(w3 === undefined ? [] : [tensor('w3', [2, 2, 1, 1], w3)]),
    ],
  });
}

function factorsOf(model: OnnxModel) {
  const { regions } = findFoldRegions(model, layersOf(model));
  const factors = crossLayerFactors(regions);
  return { regions, factors };
}

/**
 * max |W| of each output (0) or input (1) channel of a Conv with a 1x1 kernel and two inputs,
 * written out.
 */
const rows = (w: readonly number[]): [number, number] => [
  Math.max(Math.abs(w[0]!), Math.abs(w[1]!)),
  Math.max(Math.abs(w[2]!), Math.abs(w[3]!)),
];
const columns = (w: readonly number[]): [number, number] => [
  Math.max(Math.abs(w[0]!), Math.abs(w[2]!)),
  Math.max(Math.abs(w[1]!), Math.abs(w[3]!)),
];

/** Absolute ranges of a layer's channels in a model, by plain loops over its dense matrix. */
function ranges({ weight, layout }: Layer, side: 'input' | 'output'): number[] {
  const values = readFloatTensor(weight);
  const { groups, inputsPerGroup, outputsPerGroup, kernelSize, order } = layout;
  const result = new Array<number>(groups * (side === 'input' ? inputsPerGroup : outputsPerGroup)).fill(0);
  const second = order === 'outputFirst' ? inputsPerGroup : outputsPerGroup;
  for (const [index, v] of values.entries()) {
    const at = Math.floor(index / kernelSize);
    const first = Math.floor(at / second);
    const perGroup = order === 'outputFirst' ? outputsPerGroup : inputsPerGroup;
    const other = Math.floor(first / perGroup) * second + (at % second);
    const isFirst = (order === 'outputFirst') === (side === 'output');
    const channel = isFirst ? first : other;
    result[channel] = Math.max(result[channel]!, Math.abs(v));
  }
  return result;
}

describe('crossLayerFactors', () => {
  it('is sqrt(r1 / r2) for one pair', () => {
    // r1 = [8, 1], r2 = [0.5, 4].
    const { factors } = factorsOf(chain([8, -4, 1, 0.5], [0.5, 4, -0.25, 2]));
    expect(factors).toEqual([{ s: Float32Array.of(4, 0.5), deadChannels: 0 }]);
  });

  it('gives the largest range over all readers its due', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 't', [], 'producer'),
        node('Conv', ['t', 'u'], 'a', [], 'a'),
        node('Conv', ['t', 'v'], 'b', [], 'b'),
      ],
      outputs: ['a', 'b'],
      initializers: [
        tensor('w', [2, 1, 1, 1], [8, 4]),
        tensor('u', [1, 2, 1, 1], [2, 0.125]),
        tensor('v', [1, 2, 1, 1], [0.5, 1]),
      ],
    });
    expect([...factorsOf(model).factors[0]!.s]).toEqual([2, 2]);
  });

  it('leaves a channel alone that is dead on either side', () => {
    const { factors } = factorsOf(chain([0, 0, 1, 4], [2, 1, 3, 0.25]));
    expect(factors).toEqual([{ s: Float32Array.of(1, 2), deadChannels: 1 }]);
    expect(factorsOf(chain([8, 8, 1, 4], [0, 1, 0, 0.25])).factors).toEqual([
      { s: Float32Array.of(1, 2), deadChannels: 1 },
    ]);
  });

  it('agrees with a plain iteration over three layers', () => {
    const numbers = fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(numbers, numbers, numbers, (w1, w2, w3) => {
        const { factors } = factorsOf(chain(w1, w2, w3));
        let [a, b, c] = [w1, w2, w3].map((w) => [...Float32Array.from(w)]) as [number[], number[], number[]];
        const s = [1, 1];
        const t = [1, 1];
        for (let i = 0; i < 100; i++) {
          const f = rows(a).map((r, k) => Math.sqrt(r / columns(b)[k]!)) as [number, number];
          a = a.map((v, k) => v / f[Math.floor(k / 2)]!);
          b = b.map((v, k) => v * f[k % 2]!);
          const g = rows(b).map((r, k) => Math.sqrt(r / columns(c)[k]!)) as [number, number];
          b = b.map((v, k) => v / g[Math.floor(k / 2)]!);
          c = c.map((v, k) => v * g[k % 2]!);
          for (const k of [0, 1]) {
            s[k] = s[k]! * f[k]!;
            t[k] = t[k]! * g[k]!;
          }
        }
        for (const [own, expected] of [
          [factors[0]!.s, s],
          [factors[1]!.s, t],
        ] as const) {
          for (const k of [0, 1]) expect(own[k]! / expected[k]!).toBeCloseTo(1, 2);
        }
      }),
    );
  });

  it('makes the ranges on both sides of every tensor equal', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (seed) => {
        const model = randomNetwork(seed);
        const { regions, factors } = factorsOf(model);
        fc.pre(regions.length > 0);
        const folds = regions.map((region, index) => ({ region, s: factors[index]!.s }));
        const { layers } = rescaleModel(model, { folds, scalings: [], inputs: new Map() });
        for (const { producer, readers } of regions) {
          const before = ranges(layers.get(producer.layer!.name)!, 'output');
          const after = readers.map(({ name }) => ranges(layers.get(name)!, 'input'));
          for (const [channel, r1] of before.entries()) {
            const r2 = Math.max(...after.map((r) => r[channel]!));
            expect(r1 / r2).toBeGreaterThan(0.99);
            expect(r1 / r2).toBeLessThan(1.01);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
