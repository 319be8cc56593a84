import { describe, expect, it } from 'vitest';
import { momentLayout } from '../../../src/calibrate/moments/moment-layout.js';
import { mergeMoments, momentsOfSums, type MomentSums } from '../../../src/calibrate/moments/moment-sums.js';
import { MomentsAccumulator } from '../../../src/calibrate/moments/moments-accumulator.js';
import { momentsGraph } from '../../../src/calibrate/moments/moments-graph.js';
import type { Layer } from '../../../src/onnx/layers/layers.js';
import { visitKernels } from '../../../src/onnx/layers/weight-layout.js';
import { intsAttribute } from '../../../src/onnx/node.js';
import type { OnnxModel } from '../../../src/onnx/onnx-model.js';
import { elementCount, readFloatTensor } from '../../../src/onnx/tensor.js';
import type { LayerMoments } from '../../../src/records/moments-record.js';
import { NonFiniteError } from '../../../src/records/non-finite-error.js';
import { buildModel, layersOf, node, tensor, value } from '../../onnx/build-model.js';
import { randomFloats } from '../../onnx/pseudo-random.js';
import { runModel, runOnX, type Floats } from '../../onnx/run-model.js';
import { literalMoments, literalUnfolding } from './literal-moments.js';
import { momentKinds, type MomentKind } from './moment-kinds.js';
import { inputOfMomentKind, modelOfMomentKind, momentSums } from './run-moments.js';

async function literal(kind: MomentKind, model: OnnxModel, x: Floats, blockColumns?: number): Promise<LayerMoments> {
  const [layer] = layersOf(model) as [Layer];
  const outputSize = (await runOnX(model, x)).dims.slice(2);
  return literalMoments(layer, literalUnfolding(layer, x, { ...kind.window, outputSize }), x, blockColumns);
}

/** To within a share of the largest: small ones are sums of large ones that cancel. */
function expectClose(actual: Float64Array, expected: Float64Array, share = 2e-6): void {
  expect(actual).toHaveLength(expected.length);
  const most = share * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-30);
  const worst = actual.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThanOrEqual(most);
}

function expectMoments(actual: LayerMoments, expected: LayerMoments): void {
  const { products, means, nonZeroShares, ...rest } = actual;
  const { products: wantedProducts, means: wantedMeans, nonZeroShares: wantedShares, ...wanted } = expected;
  expect(rest).toEqual(wanted);
  expectClose(products, wantedProducts);
  expectClose(means, wantedMeans);
  expect([...nonZeroShares]).toEqual([...wantedShares]);
}

describe('second moments', () => {
  it.each(momentKinds)('equal those of plain loops: $title', async (kind) => {
    const model = modelOfMomentKind(kind);
    const x = inputOfMomentKind(kind);
    const [actual] = momentsOfSums(await momentSums(model, x)).layers;
    expectMoments(actual!, await literal(kind, model, x));
  });

  it.each(momentKinds)('of huge sums are the same: $title', async (kind) => {
    const model = modelOfMomentKind(kind);
    const x = inputOfMomentKind(kind);
    const [actual] = momentsOfSums(await momentSums(model, x, undefined, { sums: 'huge' })).layers;
    expectMoments(actual!, await literal(kind, model, x));
  });
});

describe('second moments by hand', () => {
  it('of a 3x1 kernel over two places', async () => {
    // x = [1, 2], padded by one: the outputs read (0, 1, 2) and (1, 2, 0).
    const kind: MomentKind = {
      title: '',
      op: 'Conv',
      weightShape: [1, 1, 3],
      dims: [1, 1, 2],
      attributes: [intsAttribute('pads', [1, 1])],
    };
    const x: Floats = { data: Float32Array.of(1, 2), dims: [1, 1, 2] };
    const [moments] = momentsOfSums(await momentSums(modelOfMomentKind(kind), x)).layers;
    expect([...moments!.products]).toEqual([0.5, 1, 2.5, 0, 1, 2]);
    expect([...moments!.means]).toEqual([0.5, 1.5, 1]);
    expect([...moments!.nonZeroShares]).toEqual([1]);
  });

  it('tell the error of the output of a changed weight', async () => {
    for (const kind of momentKinds) {
      const model = modelOfMomentKind(kind);
      const x = inputOfMomentKind(kind);
      const [layer] = layersOf(model) as [Layer];
      const { groups, outputsPerGroup, inputsPerGroup, kernelSize } = layer.layout;
      const columns = inputsPerGroup * kernelSize;
      const count = elementCount([...kind.weightShape]);
      const change = randomFloats(17, count, () => 0.1);
      const changed = modelOfMomentKind(
        kind,
        13,
        randomFloats(1, count).map((w, i) => w + change[i]!),
      );
      const weights = [model, changed].map((m) => readFloatTensor(layersOf(m)[0]!.weight));
      const [before, after] = [await runOnX(model, x), await runOnX(changed, x)];
      const mse = before.data.reduce((sum, y, i) => sum + (after.data[i]! - y) ** 2, 0) / before.data.length;
      const [moments] = momentsOfSums(await momentSums(model, x)).layers;
      const rows = Array.from({ length: groups * outputsPerGroup }, () => new Float64Array(columns));
      visitKernels(layer.layout, (input, output, offset) => {
        for (let tap = 0; tap < kernelSize; tap++) {
          const column = (input % inputsPerGroup) * kernelSize + tap;
          rows[output]![column] = weights[1]![offset + tap]! - weights[0]![offset + tap]!;
        }
      });
      const triangle = (columns * (columns + 1)) / 2;
      const foretold = rows.reduce((sum, dw, output) => {
        const start = Math.floor(output / outputsPerGroup) * triangle;
        let own = 0;
        for (let i = 0; i < columns; i++) {
          for (let j = 0; j <= i; j++) {
            own += (i === j ? 1 : 2) * dw[i]! * dw[j]! * moments!.products[start + (i * (i + 1)) / 2 + j]!;
          }
        }
        return sum + own;
      }, 0);
      expect(Math.abs(foretold / rows.length / mse - 1), kind.title).toBeLessThan(1e-5);
    }
  });
});

describe('runs and parts', () => {
  const kind = momentKinds.find(({ title }) => title === '3x3 Conv, same')!;
  const model = modelOfMomentKind(kind);
  const x = inputOfMomentKind({ dims: [6, ...kind.dims.slice(1)] });

  it('may be of any size', async () => {
    const [whole] = (await momentSums(model, x)).layers;
    for (const batches of [
      [1, 1, 1, 1, 1, 1],
      [4, 2],
      [3, 3],
    ]) {
      const [parted] = (await momentSums(model, x, batches)).layers;
      expect(parted!.positions).toBe(whole!.positions);
      expect(parted!.values).toBe(whole!.values);
      expect(parted!.nonZeros).toEqual(whole!.nonZeros);
      expectClose(parted!.products, whole!.products);
      expectClose(parted!.sums, whole!.sums);
    }
  });

  it('of parts that are joined give what their runs give', async () => {
    const length = x.data.length / 6;
    const part = (first: number, samples: number): Promise<MomentSums> =>
      momentSums(model, {
        data: x.data.slice(first * length, (first + samples) * length),
        dims: [samples, ...x.dims.slice(1)],
      });
    const parts = [await part(0, 2), await part(2, 2), await part(4, 2)];
    const joined = mergeMoments(parts);
    const direct = await momentSums(model, x, [2, 2, 2]);
    expect(joined.samples).toBe(6);
    expectClose(joined.layers[0]!.products, direct.layers[0]!.products, 1e-15);
    expect(mergeMoments([mergeMoments(parts.slice(0, 2)), parts[2]!])).toEqual(joined);
  });

  it('count a sample once that is fed twice', async () => {
    const twice: Floats = {
      data: Float32Array.from([...x.data, ...x.data]),
      dims: [12, ...x.dims.slice(1)],
    };
    const graph = momentsGraph(model, layersOf(model));
    const accumulator = new MomentsAccumulator(graph);
    accumulator.add(await runModel(graph.model, { x: twice }), { samples: 6, fed: 12 });
    const [fed] = accumulator.snapshot().layers;
    const [once] = (await momentSums(model, x)).layers;
    expect([fed!.positions, fed!.values]).toEqual([once!.positions, once!.values]);
    expect(fed!.nonZeros).toEqual(once!.nonZeros);
    expectClose(fed!.products, once!.products);
    expect(accumulator.snapshot().samples).toBe(6);
  });

  it('give snapshots that later runs do not change', async () => {
    const graph = momentsGraph(model, layersOf(model));
    const accumulator = new MomentsAccumulator(graph);
    const outputs = await runModel(graph.model, { x });
    accumulator.add(outputs, { samples: 6, fed: 6 });
    const before = accumulator.snapshot();
    const copy = structuredClone(before);
    accumulator.add(outputs, { samples: 6, fed: 6 });
    expect(before).toEqual(copy);
    expect(accumulator.snapshot().layers[0]!.products[0]).toBe(2 * copy.layers[0]!.products[0]!);
  });
});

describe('blocks', () => {
  it.each(momentKinds)('are those of the whole matrix: $title', async (kind) => {
    const model = modelOfMomentKind(kind);
    const x = inputOfMomentKind(kind);
    const [layer] = layersOf(model) as [Layer];
    // Two channels a block: of three there is a shorter one.
    const mostColumns = 2 * layer.layout.kernelSize;
    const { blockColumns } = momentLayout(layer.layout, mostColumns);
    expect(blockColumns).toBe(Math.min(2, layer.layout.inputsPerGroup) * layer.layout.kernelSize);
    const [actual] = momentsOfSums(await momentSums(model, x, undefined, { mostColumns })).layers;
    expectMoments(actual!, await literal(kind, model, x, blockColumns));
  });
});

describe('operators of old and new opsets', () => {
  it.each([7, 9, 10, 11, 18, 21])('at opset %i', async (opset) => {
    for (const kind of momentKinds.filter(({ title }) =>
      /^(3x3 Conv, same|MatMul|ConvTranspose|grouped 3x3)/.test(title),
    )) {
      const model = modelOfMomentKind(kind, opset);
      const x = inputOfMomentKind(kind);
      for (const sums of ['plain', 'huge'] as const) {
        const [actual] = momentsOfSums(await momentSums(model, x, undefined, { sums })).layers;
        expectMoments(actual!, await literal(kind, model, x));
      }
    }
  });
});

describe('numbers that float32 does not sum', () => {
  const kind = momentKinds.find(({ title }) => title === '3x3 Conv, same')!;
  const model = modelOfMomentKind(kind);
  const scaled = (factor: number): Floats => {
    const { data, dims } = inputOfMomentKind(kind);
    return { data: data.map((v) => v * factor), dims };
  };

  it.each([2 ** 80, 2 ** -70])('of magnitude %d are refused plain and summed as huge ones', async (factor) => {
    await expect(momentSums(model, scaled(factor))).rejects.toThrow(new NonFiniteError('the input of layer "layer"'));
    const [huge] = momentsOfSums(await momentSums(model, scaled(factor), undefined, { sums: 'huge' })).layers;
    const { products, means } = await literal(kind, model, inputOfMomentKind(kind));
    expectClose(
      huge!.products.map((v) => v / factor / factor),
      products,
    );
    expectClose(
      huge!.means.map((v) => v / factor),
      means,
    );
  });

  it.each([NaN, Infinity])('that are none are refused: %s', async (bad) => {
    for (const sums of ['plain', 'huge'] as const) {
      const { data, dims } = inputOfMomentKind(kind);
      data[7] = bad;
      await expect(momentSums(model, { data, dims }, undefined, { sums })).rejects.toThrow(NonFiniteError);
    }
  });

  it('may all be 0', async () => {
    for (const sums of ['plain', 'huge'] as const) {
      const [moments] = momentsOfSums(await momentSums(model, scaled(0), undefined, { sums })).layers;
      expect(moments!.products.every((v) => v === 0)).toBe(true);
      expect([...moments!.nonZeroShares]).toEqual([0, 0, 0]);
    }
  });
});

describe('layers of one input', () => {
  it('share the sums where they read it alike', () => {
    const pads = intsAttribute('pads', [1, 1, 1, 1]);
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w1'], 'a', [pads], 'first'),
        node('Conv', ['x', 'w2'], 'b', [pads], 'second'),
        node('Conv', ['x', 'w2'], 'c', [], 'third'),
      ],
      inputs: [value('x', ['N', 2, 4, 4])],
      outputs: ['a', 'b', 'c'],
      initializers: [tensor('w1', [3, 2, 3, 3], randomFloats(1, 54)), tensor('w2', [1, 2, 3, 3], randomFloats(2, 18))],
    });
    const { sources } = momentsGraph(model, layersOf(model));
    expect(sources.map(({ layers }) => layers)).toEqual([['first', 'second'], ['third']]);
  });
});
