import { describe, expect, it } from 'vitest';
import { observeGraph } from '../../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../../src/calibrate/statistics-accumulator.js';
import { NonFiniteError } from '../../src/records/non-finite-error.js';
import type { InputStatistics } from '../../src/records/observation-record.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { elementCount } from '../../src/onnx/tensor.js';
import { buildModel, layersOf, node, tensor, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, type Floats } from '../onnx/run-model.js';
import { inputOfKind, layerKinds, modelOfKind } from '../smooth/layer-kinds.js';
import { countedValues } from '../../src/calibrate/histograms/channel-histogram.js';
import { applyEdits } from '../../src/onnx/edits/edits.js';
import { observeDirectly } from './observe-directly.js';

/** Statistics from the observe graph, run over batches of the given sizes. */
async function observe(model: OnnxModel, x: Floats, batches: readonly number[]): Promise<readonly InputStatistics[]> {
  const graph = observeGraph(model, layersOf(model), ['channel', 'view']);
  const statistics = new StatisticsAccumulator(graph.observed);
  const length = elementCount(x.dims.slice(1));
  let first = 0;
  for (const samples of batches) {
    const data = x.data.slice(first * length, (first + samples) * length);
    statistics.add(await runModel(graph.model, { x: { data, dims: [samples, ...x.dims.slice(1)] } }), {
      samples,
      fed: samples,
    });
    first += samples;
  }
  return statistics.snapshot(batches.length, first).inputs;
}

/** A network with a shared input and an activation that is computed. */
const network = buildModel({
  nodes: [
    node('Conv', ['x', 'w1'], 'a', [], 'first'),
    node('Conv', ['x', 'w2'], 'b', [], 'second'),
    node('Add', ['a', 'b'], 'sum'),
    node('Relu', ['sum'], 'r'),
    node('Conv', ['r', 'w3'], 'y', [], 'third'),
  ],
  inputs: [value('x', ['N', 3, 4, 5])],
  initializers: [
    tensor('w1', [4, 3, 1, 1], randomFloats(1, 12)),
    tensor('w2', [4, 3, 1, 1], randomFloats(2, 12)),
    tensor('w3', [2, 4, 1, 1], randomFloats(3, 8)),
  ],
});
const x: Floats = { data: randomFloats(9, 5 * 60, (i) => 1 + (i % 7)), dims: [5, 3, 4, 5] };

describe('statistics of further tensors', () => {
  it('are by channel where it is known which axis that is, else of all values', async () => {
    const shape = { channels: 4, rank: 4 };
    const further = [
      { tensor: 'sum', shape },
      { tensor: 'a', shape: null },
    ];
    const graph = observeGraph(network, layersOf(network), ['channel'], true, new Set(), 'plain', further);
    const statistics = new StatisticsAccumulator(graph.observed);
    for (const samples of [2, 3]) {
      const from = samples === 2 ? 0 : 2;
      const data = x.data.slice(from * 60, (from + samples) * 60);
      const outputs = await runModel(graph.model, { x: { data, dims: [samples, 3, 4, 5] } });
      statistics.add(outputs, { samples, fed: samples });
    }
    const { inputs, tensors = [] } = statistics.snapshot(2, 5);
    expect(inputs.map(({ layer }) => layer)).toEqual(['first', 'second', 'third']);
    expect(tensors.map(({ tensor: name }) => name)).toEqual(['sum', 'a']);
    const { sum, a } = await runModel(applyEdits(network, [{ kind: 'setOutputs', tensors: ['sum', 'a'] }]), { x });
    const channel = (values: Float32Array, c: number): number[] =>
      [...values].filter((_, i) => Math.floor(i / 20) % 4 === c);
    for (let c = 0; c < 4; c++) {
      const own = channel(sum!.data, c);
      expect(tensors[0]!.min[c]).toBe(Math.min(...own));
      expect(tensors[0]!.max[c]).toBe(Math.max(...own));
      expect(tensors[0]!.absmax[c]).toBe(Math.max(...own.map(Math.abs)));
    }
    expect([...tensors[1]!.min]).toEqual([Math.min(...a!.data)]);
    expect([...tensors[1]!.max]).toEqual([Math.max(...a!.data)]);
    for (const { histograms } of tensors) expect(countedValues(histograms!)).toBe(5 * 4 * 20);
  });
});

describe('observed statistics', () => {
  it.each(layerKinds)('equal a plain loop over the activations: $title', async (kind) => {
    const model = modelOfKind(kind, 7);
    const input = inputOfKind(kind, 7, 3);
    const expected = await observeDirectly(model, layersOf(model), input);
    expect(await observe(model, input, [2, 1])).toEqual([...expected.values()]);
  });

  it.each([9, 11, 18])('equal a plain loop over the activations at opset %i', async (opset) => {
    const model = modelOfKind(layerKinds[0]!, 7, opset);
    const input = inputOfKind(layerKinds[0]!, 7, 3);
    expect(await observe(model, input, [3])).toEqual([
      ...(await observeDirectly(model, layersOf(model), input)).values(),
    ]);
  });

  it('of a whole network equal those of plain loops, however the samples are batched', async () => {
    const expected = [...(await observeDirectly(network, layersOf(network), x)).values()];
    for (const batches of [[5], [1, 1, 1, 1, 1], [2, 3]]) expect(await observe(network, x, batches)).toEqual(expected);
  });

  it('see a maximum below zero and a minimum above zero', async () => {
    const model = modelOfKind(layerKinds[5]!, 7);
    const input = (shift: number): Floats => ({ data: randomFloats(1, 25).map((v) => v + shift), dims: [1, 1, 5, 5] });
    const [negative] = await observe(model, input(-10), [1]);
    expect(negative!.max[0]).toBeLessThan(-8);
    expect(negative!.absmax[0]).toBe(-negative!.min[0]!);
    const [positive] = await observe(model, input(10), [1]);
    expect(positive!.min[0]).toBeGreaterThan(8);
    expect(positive!.absmax[0]).toBe(positive!.max[0]);
  });
});

describe('observeGraph', () => {
  it('observes an input that two layers read once, and reports it for both', async () => {
    const graph = observeGraph(network, layersOf(network), ['channel']);
    expect(graph.observed.map((o) => [o.tensor, o.layers.map((l) => l.name)])).toEqual([
      ['x', ['first', 'second']],
      ['r', ['third']],
    ]);
    expect(graph.model.graph.output).toHaveLength(6);
    const [first, second] = await observe(network, x, [5]);
    expect(first!.layer).toBe('first');
    expect(second).toEqual({ ...first!, layer: 'second' });
  });

  it('gathers the view only when asked for it', () => {
    const names = (methods: readonly ('channel' | 'view')[]): number =>
      observeGraph(network, layersOf(network), methods).observed.filter((o) => o.viewMax !== null).length;
    expect([names(['channel']), names(['channel', 'view'])]).toEqual([0, 2]);
  });
});

describe('StatisticsAccumulator', () => {
  it.each([NaN, Infinity, -Infinity])('names the layer whose input holds %s, wherever it stands', async (bad) => {
    for (const position of [0, 31, 59]) {
      const data = x.data.slice(0, 60);
      data[position] = bad;
      await expect(observe(network, { data, dims: [1, 3, 4, 5] }, [1])).rejects.toThrow(
        new NonFiniteError('the input of layer "first"'),
      );
    }
  });

  it('names the layer whose input overflows on the way', async () => {
    const overflowing = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'a', [], 'first'),
        node('Mul', ['a', 'a'], 'b'),
        node('Conv', ['b', 'w'], 'y', [], 'second'),
      ],
      inputs: [value('x', [1, 1, 1, 1])],
      initializers: [tensor('w', [1, 1, 1, 1], [1])],
    });
    await expect(observe(overflowing, { data: Float32Array.of(1e30), dims: [1, 1, 1, 1] }, [1])).rejects.toThrow(
      new NonFiniteError('the input of layer "second"'),
    );
  });

  it('gives snapshots that later batches do not change', async () => {
    const graph = observeGraph(network, layersOf(network), ['channel']);
    const statistics = new StatisticsAccumulator(graph.observed);
    const feed = (scale: number) => runModel(graph.model, { x: { data: x.data.map((v) => v * scale), dims: x.dims } });
    statistics.add(await feed(1), { samples: 5, fed: 5 });
    const before = statistics.snapshot(1, 5);
    const copy = structuredClone(before);
    statistics.add(await feed(10), { samples: 5, fed: 5 });
    expect(before).toEqual(copy);
    expect(statistics.snapshot(2, 10).inputs[0]!.absmax[0]).toBeGreaterThan(before.inputs[0]!.absmax[0]!);
  });
});
