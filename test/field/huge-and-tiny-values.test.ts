import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { observeGraph } from '../../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../../src/calibrate/statistics-accumulator.js';
import { LossAccumulator } from '../../src/losses/loss-accumulator.js';
import { lossGraph } from '../../src/losses/loss-graph.js';
import { OutputMeans, outputMeansGraph } from '../../src/losses/output-means.js';
import { outputDivergence } from '../../src/tasks/output-divergence.js';
import type { LayerLossRecord } from '../../src/records/loss-record.js';
import { searchGraph } from '../../src/losses/search-graph.js';
import { SearchLosses } from '../../src/losses/search-losses.js';
import type { SearchObjective } from '../../src/experiment/sections/settings.js';
import { outputExponent } from '../../src/quantize/graph/output-exponent.js';
import { prepareModel } from '../../src/quantize/prepare-layers.js';
import { quantizedModel } from '../../src/quantize/graph/quantized-graph.js';
import { activations, observeDirectly } from '../calibrate/observe-directly.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { npyArray } from '../formats/npy-bytes.js';
import { buildModel, layersOf, modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, type Floats } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';

/**
 * Conv with bias -> Relu -> Conv -> global mean -> Gemm; outputs of all three layers are times
 * `2^power`.
 */
function network(power: number): ModelSpec {
  const unit = 2 ** power;
  return {
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'c1', [], 'first'),
      node('Relu', ['c1'], 'r'),
      node('Conv', ['r', 'w2'], 'c2', [], 'second'),
      node('GlobalAveragePool', ['c2'], 'mean'),
      node('Flatten', ['mean'], 'flat'),
      node('Gemm', ['flat', 'w3'], 'y', [], 'third'),
    ],
    inputs: [value('x', ['N', 2, 2, 3])],
    initializers: [
      tensor(
        'w1',
        [3, 2, 1, 1],
        randomFloats(1, 6).map((w) => w * unit),
      ),
      tensor(
        'b1',
        [3],
        [0.3, -0.2, 0.1].map((b) => b * unit),
      ),
      tensor('w2', [2, 3, 1, 1], randomFloats(2, 6)),
      tensor('w3', [2, 3], randomFloats(4, 6)),
    ],
  };
}

const x: Floats = { data: randomFloats(3, 48, (i) => (i % 12 < 6 ? 1 : 20)), dims: [4, 2, 2, 3] };
const batch = { samples: 4, fed: 4 };

async function prepared(spec: ModelSpec, alpha: number | null = null) {
  const model = buildModel(spec);
  const layers = layersOf(model);
  return { model, ...prepareModel(model, layers, await observeDirectly(model, layers, x), preparation(8, alpha)) };
}

async function losses(spec: ModelSpec): Promise<readonly LayerLossRecord[]> {
  const { model, base, layers } = await prepared(spec);
  const reference = { untouched: model, io: { outputs: [{ name: 'y', elemType: 1, shape: null }] } };
  const graph = lossGraph(reference, quantizedModel(base, layers), { base, layers }, [
    'accumulated',
    'isolated',
    'weight',
  ]);
  const sums = new LossAccumulator(graph.layers);
  sums.add(await runModel(graph.model, { x }), batch);
  return sums.finish();
}

async function searched(spec: ModelSpec, objective: SearchObjective) {
  const { model, base, layers } = await prepared(spec);
  const graph = searchGraph(model, new Map([[0.5, { base, layers }]]), objective);
  const sums = new SearchLosses(graph);
  sums.add(await runModel(graph.model, { x }), batch);
  return sums.finish();
}

/**
 * Squares of the first three overflow float32, sums of the third too; those of the errors of the
 * others vanish.
 */
const powers = [64, 100, 121, -70, -85] as const;

describe('12: losses of layers whose squares float32 does not hold', () => {
  it.each(powers)('are those of the network times 2^%i, bit for bit', async (power) => {
    const plain = await losses(network(0));
    const scaled = await losses(network(power));
    const unit = 2 ** power;
    expect(scaled).toEqual(
      plain.map((loss) => ({
        ...loss,
        l1: loss.l1 * unit,
        mse: loss.mse * unit ** 2,
        maxAbs: loss.maxAbs * unit,
      })),
    );
    expect(scaled.every(({ mse, cosine, sqnrDb }) => mse > 0 && cosine! > 0.99 && sqnrDb! > 20)).toBe(true);
  });

  it.each(powers)('rank candidates of a search alike at 2^%i', async (power) => {
    for (const [objective, unit] of [
      ['l1', 2 ** power],
      ['mse', 4 ** power],
      ['channelMse', 1],
    ] as const) {
      const plain = await searched(network(0), objective);
      expect(await searched(network(power), objective)).toEqual(
        plain.map((point) => ({ ...point, loss: point.loss * unit })),
      );
    }
  });

  it('are those of float64 where one channel alone is near 1e19', async () => {
    const spec = network(0);
    const weights = randomFloats(1, 6).map((w, i) => (i < 2 ? w * 1e19 : w));
    const mixed = { ...spec, initializers: [tensor('w1', [3, 2, 1, 1], weights), ...spec.initializers!.slice(1)] };
    const { model, base, layers } = await prepared(mixed);
    const [first] = (await losses(mixed)).filter(({ layer, mode }) => layer === 'first' && mode === 'accumulated');
    const { c1 } = await activations(model, ['c1'], x);
    const { c1: own } = await activations(quantizedModel(base, layers), ['c1'], x);
    const errors = [...c1!.data].map((r, i) => own!.data[i]! - r);
    const mse = errors.reduce((sum, e) => sum + e ** 2, 0) / errors.length;
    expect(mse).toBeGreaterThan(3.5e38 ** 0.5);
    expect(first!.mse / mse).toBeCloseTo(1, 5);
    expect((first!.l1 * errors.length) / errors.reduce((sum, e) => sum + Math.abs(e), 0)).toBeCloseTo(1, 5);
  });

  it('of ordinary layers stay in the plain graph', async () => {
    const { base, layers } = await prepared(network(0));
    expect(layers.map((layer) => outputExponent(base, layer))).toEqual([0, 0, 0]);
  });
});

describe('12: other sums of huge values', () => {
  it('means of outputs, for the correction of biases, do not overflow', async () => {
    const { model, base, layers } = await prepared(network(121));
    const exponents = new Map(layers.map((layer) => [layer.layer.name, outputExponent(base, layer)]));
    const convolutions = layersOf(model).slice(0, 2);
    const graph = outputMeansGraph(model, convolutions, new Set(), [], exponents);
    const means = new OutputMeans(graph, convolutions);
    means.add(await runModel(graph.model, { x }), batch);
    const plain = outputMeansGraph(buildModel(network(0)), convolutions);
    const expected = new OutputMeans(plain, convolutions);
    expected.add(await runModel(plain.model, { x }), batch);
    const scaled = new Map([...expected.finish()].map(([name, mean]) => [name, mean.map((m) => m * 2 ** 121)]));
    expect(means.finish()).toEqual(scaled);
  });

  it('finite inputs whose sum overflows are observed', async () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y', [], 'conv')],
      inputs: [value('x', ['N', 1, 1, 4])],
      initializers: [tensor('w', [1, 1, 1, 1], [1e-10])],
    });
    const huge: Floats = { data: Float32Array.of(3e38, 2e38, 3e38, -1), dims: [1, 1, 1, 4] };
    const observe = async (sums: 'plain' | 'huge', values: Floats) => {
      const graph = observeGraph(model, layersOf(model), ['channel'], false, new Set(), sums);
      const statistics = new StatisticsAccumulator(graph.observed);
      statistics.add(await runModel(graph.model, { x: values }), { samples: 1, fed: 1 });
      return statistics.snapshot(1, 1).inputs[0]!;
    };
    await expect(observe('plain', huge)).rejects.toThrow('NaN or an infinity');
    const { min, max } = await observe('huge', huge);
    expect([min[0], max[0]]).toEqual([-1, Math.fround(3e38)]);
    await expect(observe('huge', { ...huge, data: Float32Array.of(1, NaN, 2, 3) })).rejects.toThrow('"conv"');
    await expect(observe('huge', { ...huge, data: Float32Array.of(1, Infinity, 2, 3) })).rejects.toThrow('"conv"');
  });

  it.each([1e38, 1e19, 1e-25, 1e-40])('the divergence of an output of %f is that of an ordinary one', (unit) => {
    const [reference, output] = [Float32Array.of(1, 2, -3), Float32Array.of(1, 2.25, -3)];
    const times = (values: Float32Array) => values.map((v) => v * unit);
    const divergence = (...outputs: readonly Float32Array[]): number => {
      const [own, other] = outputs.map((data) => [{ name: 'output', data, dims: [1, 3] }]);
      return outputDivergence({ kind: 'fidelity', bootstrap: 1 }, own!, other!, 1);
    };
    const plain = divergence(reference, output);
    expect(divergence(times(reference), times(output)) / plain).toBeCloseTo(1, 3);
  });
});

describe('12: a sweep of a finite model', () => {
  it.each([
    ['one channel near 1e19', 1e19, 1],
    ['inputs near 1e38', 1, 2e38],
    ['outputs near 1e-25', 1e-25, 1],
  ])('with %s has losses', async (_, weight, input) => {
    const folder = temporaryFolder();
    const spec: ModelSpec = {
      nodes: [
        node('Conv', ['x', 'w1'], 'c', [], 'conv'),
        node('GlobalAveragePool', ['c'], 'p'),
        node('Flatten', ['p'], 'f'),
        node('Gemm', ['f', 'w2'], 'y', [], 'gemm'),
      ],
      inputs: [value('x', ['N', 2, 4, 4])],
      initializers: [
        tensor(
          'w1',
          [3, 2, 1, 1],
          randomFloats(1, 6).map((w, i) => (w * (i < 2 ? weight : Math.min(1, weight))) / (input > 1 ? 1e20 : 1)),
        ),
        tensor('w2', [3, 2], randomFloats(2, 6)),
      ],
    };
    writeFileSync(join(folder, 'model.onnx'), modelBytes(spec));
    const values = randomFloats(5, 8 * 32).map((v) => v * input);
    writeFileSync(join(folder, 'x.npy'), npyArray('<f4', [8, 2, 4, 4], values));
    writeFileSync(
      join(folder, 'sweep.yaml'),
      `version: 1
name: huge
model: { path: model.onnx }
data:
  calibration: { format: npy, path: x.npy, batchSize: 2, batches: 4 }
  evaluation: { format: npy, path: x.npy, batchSize: 4 }
task: { kind: fidelity, bootstrap: 10 }
layers: { ops: [Conv, Gemm] }
loss: { modes: [accumulated, isolated], samples: 8 }
run: { database: q.db, slots: 1, threads: 1, provider: cpu }
baselines: [fp32]
grid: [{ smoothing.mode: static, smoothing.alpha: 0.5 }]
`,
    );
    const { code, stdout, stderr } = await quantsweep(folder, 'run', 'sweep.yaml');
    expect({ code, stderr: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, stderr: '' });
    const { rows } = queryDatabase(join(folder, 'q.db'), 'SELECT mse, sqnr_db, cosine FROM v_layer_loss');
    expect(rows.length).toBe(4);
    for (const [mse, sqnr, cosine] of rows as unknown as readonly (readonly number[])[]) {
      expect(mse).toBeGreaterThan(0);
      expect(sqnr).toBeGreaterThan(10);
      expect(cosine).toBeGreaterThan(0.9);
    }
  });
});
