import { describe, expect, it } from 'vitest';
import { momentsOfSums } from '../../../../src/calibrate/moments/moment-sums.js';
import { MomentsAccumulator } from '../../../../src/calibrate/moments/moments-accumulator.js';
import { momentsGraph } from '../../../../src/calibrate/moments/moments-graph.js';
import { openBatching } from '../../../../src/engine/batching/batching.js';
import { JobCaches } from '../../../../src/engine/jobs/job-caches.js';
import type { Job, JobResults } from '../../../../src/engine/jobs/jobs.js';
import { PhaseClock } from '../../../../src/engine/jobs/phase-clock.js';
import { correctBiases } from '../../../../src/engine/jobs/trial/correct-biases.js';
import { roundingPasses, roundLayers } from '../../../../src/engine/jobs/trial/round-layers.js';
import { runJob } from '../../../../src/engine/jobs/run-job.js';
import type { TrialJob } from '../../../../src/engine/jobs/trial/trial-job.js';
import { loadModel } from '../../../../src/engine/session/load-model.js';
import { openDataset } from '../../../../src/formats/open-dataset.js';
import { constantTensor } from '../../../../src/onnx/constants.js';
import { applyEdits } from '../../../../src/onnx/edits/edits.js';
import type { OnnxModel } from '../../../../src/onnx/onnx-model.js';
import { readFloatTensor } from '../../../../src/onnx/tensor.js';
import { simulatedModel } from '../../../../src/quantize/graph/simulated-model.js';
import { prepareModel, type PreparedModel, type Preparation } from '../../../../src/quantize/prepare-layers.js';
import { int32Bias } from '../../../../src/quantize/quantizers/int32-bias.js';
import { correctedBias } from '../../../../src/quantize/graph/correct-bias.js';
import { restoreModel } from '../../../../src/quantize/restore-layers.js';
import { roundedWeightRecords } from '../../../../src/quantize/rounding/rounded-weights.js';
import type { PlacingTargetName } from '../../../../src/targets/registry.js';
import { observeDirectly } from '../../../calibrate/observe-directly.js';
import { layersOf, modelBytes } from '../../../onnx/build-model.js';
import { randomFloats } from '../../../onnx/pseudo-random.js';
import { runModel } from '../../../onnx/run-model.js';
import { preparedForTarget } from '../../../quantize/graph/prepared-for-target.js';
import { offsetsOf } from '../../../quantize/rounding/random-problems.js';
import { preparation } from '../../../quantize/preparations.js';
import { storedLayer } from '../../../quantize/stored-layers.js';
import { residualNetwork } from '../../residual-network.js';
import {
  asStored,
  jobModel,
  observeJob,
  oneThread,
  SAMPLES,
  temporaryFiles,
  trialJob,
  writeSamples,
} from '../../small-experiment.js';
import { literalSequence } from './literal-sequence.js';

const write = temporaryFiles();
const source = writeSamples(write);
const job = jobModel(write('residual.onnx', modelBytes(residualNetwork('N'))));
const caches = new JobCaches();
const loaded = loadModel(job, caches);
const layers = layersOf(loaded.folded);
const x = {
  data: randomFloats(7, SAMPLES * 108, (i) => [1, 5, 0.2][Math.floor(i / 36) % 3]!),
  dims: [SAMPLES, 3, 6, 6],
};
const statistics = await observeDirectly(loaded.folded, layers, x);
const reports: (readonly [number, number])[] = [];
const context = {
  session: oneThread,
  report: (done: number, total: number) => void reports.push([done, total]),
  clock: new PhaseClock(),
  caches,
  batchLimit: null,
  inputs: [],
};

/** Weights of `bits`, inputs of 8, rounded by what layers really read. */
function sequential(bits: number, alpha: number | null, centered = false): Preparation {
  const plain = preparation(8, alpha);
  const { quantization } = plain;
  return {
    ...plain,
    quantization: {
      ...quantization,
      weight: { ...quantization.weight, bits, rounding: 'gptq-descent' },
      rounding: { inputs: 'quantized', samples: SAMPLES, centered },
      biasCorrection: { method: 'empirical', samples: 0 },
    },
  };
}

/** As a trial prepares it: with the nearest integers. */
function nearest(how: Preparation): PreparedModel {
  const { rounding: _rounding, ...quantization } = how.quantization;
  const { rounding: _how, ...weight } = quantization.weight;
  return prepareModel(loaded.folded, layers, statistics, { ...how, quantization: { ...quantization, weight } });
}

async function rounded(how: Preparation, given = nearest(how), mostBytes?: number): Promise<PreparedModel> {
  const dataset = await openDataset(source, asStored);
  try {
    const batching = await openBatching(loaded, dataset, source, context);
    const data = { dataset, batching, samples: SAMPLES };
    return await roundLayers(loaded, given, how, data, context, mostBytes === undefined ? {} : { mostBytes });
  } finally {
    dataset.close();
  }
}

/** Mean of each output channel of each layer over all samples, by plain loops. */
async function channelMeans(model: OnnxModel): Promise<ReadonlyMap<string, number[]>> {
  const tensors = layers.map((layer) => layer.outputTensor);
  const outputs = await runModel(applyEdits(model, [{ kind: 'setOutputs', tensors }]), { x }, 'all');
  return new Map(
    layers.map(({ name, outputTensor, outputChannels }) => {
      const { data } = outputs[outputTensor]!;
      const sums = new Array<number>(outputChannels).fill(0);
      const inner = data.length / SAMPLES / outputChannels;
      for (const [i, v] of data.entries()) sums[Math.floor(i / inner) % outputChannels]! += v;
      return [name, sums.map((sum) => sum / (inner * SAMPLES))];
    }),
  );
}

/** Largest mean error of a channel by layer, in FP32's units. */
async function meanErrors(model: PreparedModel): Promise<number[]> {
  const expected = await channelMeans(loaded.folded);
  const actual = await channelMeans(simulatedModel(model));
  // What is quantized behind a layer rounds its mean as well.
  const quantized = new Set(
    model.placed?.placement.quantizers.filter(({ isOutput }) => isOutput).map(({ tensor }) => tensor),
  );
  const measured = model.layers.filter(({ layer }) => !quantized.has(layer.outputTensor));
  return measured.map(({ layer: { name }, outputFactors }) =>
    Math.max(...expected.get(name)!.map((v, c) => Math.abs(actual.get(name)![c]! * (outputFactors?.[c] ?? 1) - v))),
  );
}

/** Mean squared error of the network's output. */
async function outputError(model: PreparedModel): Promise<number> {
  const [expected, actual] = await Promise.all(
    [loaded.folded, simulatedModel(model)].map(async (own) => (await runModel(own, { x }, 'all'))['y']!.data),
  );
  return expected!.reduce((sum, value, i) => sum + (value - actual![i]!) ** 2, 0) / expected!.length;
}

/** Second moments of FP32's inputs over all samples. */
async function momentsDirectly(): Promise<NonNullable<Preparation['moments']>> {
  const graph = momentsGraph(loaded.folded, layers);
  const sums = new MomentsAccumulator(graph);
  sums.add(await runModel(graph.model, { x }), { samples: SAMPLES, fed: SAMPLES });
  return new Map(momentsOfSums(sums.snapshot()).layers.map((own) => [own.layer, own]));
}

async function biasesCorrected(given: PreparedModel): Promise<PreparedModel> {
  const dataset = await openDataset(source, asStored);
  try {
    const batching = await openBatching(loaded, dataset, source, context);
    return await correctBiases(loaded, given, { dataset, batching, samples: SAMPLES, key: 'all' }, context);
  } finally {
    dataset.close();
  }
}

const images = Array.from({ length: SAMPLES }, (_, sample) =>
  Array.from({ length: 3 }, (_, c) =>
    Array.from({ length: 6 }, (_, y) => {
      const from = ((sample * 3 + c) * 6 + y) * 6;
      return [...x.data.subarray(from, from + 6)];
    }),
  ),
);

/** Of the folded model. */
const biases = new Map(
  layers.flatMap(({ name, outputTensor, biasIndex }) => {
    const bias = loaded.folded.index.producers.get(outputTensor)!.input[biasIndex!] ?? '';
    return bias === '' ? [] : [[name, [...readFloatTensor(constantTensor(loaded.folded, bias)!)]] as const];
  }),
);

describe('roundLayers', () => {
  it.each([
    ['of 3 bits', 3, null, false],
    ['of 2 bits', 2, null, false],
    ['of 3 bits, smoothed', 3, 0.5, false],
    ['of 3 bits, by moments about the mean', 3, null, true],
  ])('gives the integers and biases of a literal sequence: weights %s', async (_, bits, alpha, centered) => {
    const how = sequential(bits, alpha, centered);
    const given = nearest(how);
    const expected = literalSequence(new Map(given.layers.map((own) => [own.layer.name, own])), images, {
      ...{ bits, centered, biases },
    });
    const { layers: found } = await rounded(how, given);
    expect(found.map(({ layer }) => layer.name)).toEqual([...expected.keys()].sort(byOrder(found)));
    for (const prepared of found) {
      const { layer, weight, biasCorrection } = prepared;
      const own = expected.get(layer.name)!;
      const levels = levelsOf(prepared);
      for (const [output, integers] of own.integers.entries()) {
        const { scale } = weight.quantizers[output]!;
        expect(scale / own.scales[output]!).toBeCloseTo(1, 4);
        expect(levels[output], `${layer.name}, output ${output}`).toEqual(integers.map((level) => level + 0));
        const off = biasCorrection![output]! - own.correction[output]!;
        expect(Math.abs(off) / own.magnitudes[output]!).toBeLessThan(3e-5);
      }
    }
    // Both kinds of channels are among them.
    const plain = [...expected.values()].reduce((sum, own) => sum + own.plain, 0);
    expect(plain).toBeGreaterThan(0);
    expect(plain).toBeLessThan(31);
  });

  it.each(['fold', 'requantize', 'insert'] as const)('leaves no mean error over the samples: %s', async (apply) => {
    const plain = sequential(4, 0.5);
    const how: Preparation = { ...plain, smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply } };
    const before = await meanErrors(nearest(how));
    const after = await meanErrors(await rounded(how));
    for (const [layer, error] of before.entries()) {
      expect(error).toBeGreaterThan(1e-3);
      expect(after[layer]).toBeLessThan(2e-3 * error + 1e-5);
    }
  });

  it.each([0, SAMPLES * 4 * 36 * 4, SAMPLES * 4 * 36 * 4 * 3])(
    'gives the same integers with %i bytes of activations kept from one pass to the next',
    async (mostBytes) => {
      const how = sequential(3, 0.5);
      const kept = await rounded(how);
      const again = await rounded(how, nearest(how), mostBytes);
      for (const [index, layer] of again.layers.entries()) {
        const { weight } = layer;
        const own = kept.layers[index]!.weight;
        expect(levelsOf(layer)).toEqual(levelsOf(kept.layers[index]!));
        // The runtime adds in another order where it fuses operators that nothing is kept between.
        for (const [slot, { scale }] of weight.quantizers.entries()) {
          expect(scale / own.quantizers[slot]!.scale).toBeCloseTo(1, 4);
        }
      }
    },
  );

  it.each([2, 3])('makes a smaller error of the output than rounding by inputs of FP32: %i bits', async (bits) => {
    const how = sequential(bits, null);
    const { rounding, ...quantization } = how.quantization;
    const moments = await momentsDirectly();
    const byFloat = prepareModel(loaded.folded, layers, statistics, {
      ...how,
      quantization: { ...quantization, rounding: { ...rounding, inputs: 'float' } },
      moments,
    });
    const found = await outputError(await rounded(how));
    expect(found).toBeLessThan(0.5 * (await outputError(byFloat)));
    expect(found).toBeLessThan(0.8 * (await outputError(await biasesCorrected(byFloat))));
  });

  it('reports samples of one pass for each depth of layers', async () => {
    const how = sequential(3, null);
    expect(roundingPasses(nearest(how))).toBe(5);
    reports.length = 0;
    await rounded(how);
    expect(reports.at(-1)).toEqual([5 * SAMPLES, 5 * SAMPLES]);
    expect(reports.map(([done]) => done)).toEqual(reports.map(([done]) => done).toSorted((a, b) => a - b));
  });

  it.each(['insert', 'requantize'] as const)('is exported as it was rounded: %s', async (apply) => {
    const plain = sequential(3, 0.5);
    const how: Preparation = { ...plain, smoothing: { mode: 'static', alpha: 0.5, absmax: 'channel', apply } };
    const found = await rounded(how);
    const moments = new Map();
    const records = roundedWeightRecords(found.layers, true);
    const stored = found.layers.map((layer, index) => ({
      ...storedLayer(layer, statistics, { ...how, moments }),
      levels: records[index]!.levels,
    }));
    const restored = restoreModel(loaded.folded, stored, 'max');
    expect(restored.layers.map(({ weight }) => weight)).toEqual(found.layers.map(({ weight }) => weight));
    expect(restored.layers.map((own) => own.biasCorrection)).toEqual(found.layers.map((own) => own.biasCorrection));
  });

  it('leaves the given prepared model as it was', async () => {
    const how = sequential(3, null);
    const given = nearest(how);
    const values = given.layers.map(({ weight }) => weight.values.slice());
    await rounded(how, given);
    expect(given.layers.map(({ weight }) => weight.values)).toEqual(values);
    expect(given.layers.every(({ biasCorrection }) => biasCorrection === null)).toBe(true);
  });
});

describe('roundLayers for a target', () => {
  it.each([
    'onnxruntime-cpu',
    'tensorrt',
    'openvino',
    'qnn',
    'xnnpack',
  ] as const satisfies readonly PlacingTargetName[])(
    'measures what layers read there: no mean error is left in the simulation of %s',
    async (target) => {
      const given = await preparedForTarget(loaded.folded, target, x);
      const plain = sequential(8, null);
      const how: Preparation = { ...plain, placed: { target, others: true, tensors: new Map() } };
      const found = await rounded(how, given);
      expect(found.placed).toBe(given.placed);
      const [before, after] = [await meanErrors(given), await meanErrors(found)];
      expect(Math.max(...after)).toBeLessThan(0.2 * Math.max(...before));
      for (const layer of found.layers) {
        const bias = correctedBias(found.base, layer);
        if (bias === null) continue;
        expect(int32Bias(bias, layer.input.scale, layer.weight.quantizers).clippedChannels).toBe(0);
      }
    },
  );
});

describe('a trial job that rounds on quantized inputs', () => {
  async function run<K extends Job['kind']>(own: Extract<Job, { kind: K }>): Promise<JobResults[K]> {
    const { value } = await runJob(own, oneThread, (done, total) => void reports.push([done, total]));
    return value as JobResults[K];
  }

  it('evaluates and stores what it rounded, and corrects biases no second time', async () => {
    const observation = (await run<'observe'>(observeJob(job, source))).at(-1)!;
    const moments = { samples: 15, layers: [...(await momentsDirectly()).values()] };
    const plain = trialJob(job, source, observation);
    const withRounding = (rounding: TrialJob['settings']['quantization'] & object): TrialJob => ({
      ...plain,
      moments,
      settings: { ...plain.settings, quantization: rounding },
    });
    const given = plain.settings.quantization!;
    const byFloat = { ...given, weight: { ...given.weight, bits: 3, rounding: 'gptq-descent' as const } };
    const float = await run<'trial'>(
      withRounding({ ...byFloat, rounding: { inputs: 'float', samples: 15, centered: false } }),
    );
    reports.length = 0;
    const quantized = await run<'trial'>(
      withRounding({
        ...byFloat,
        rounding: { inputs: 'quantized', samples: 15, centered: false },
        biasCorrection: { method: 'empirical', samples: 0 },
      }),
    );
    expect(quantized.biasCorrections.map(({ layer, correction }) => [layer, correction.length])).toEqual([
      ['stem', 4],
      ['depthwise', 4],
      ['pointwise', 4],
      ['side', 4],
      ['strided', 5],
      ['classifier', 10],
    ]);
    expect(quantized.gate).toEqual(float.gate);
    const scales = (records: typeof quantized, role: string): number[] =>
      records.quantizers.filter((own) => own.role === role).map(({ scale }) => scale);
    expect(scales(quantized, 'input')).toEqual(scales(float, 'input'));
    expect(scales(quantized, 'weight')).not.toEqual(scales(float, 'weight'));
    expect(quantized.roundedWeights!.map(({ layer }) => layer)).toContain('strided');
    expect(quantized.outputDivergence!).toBeLessThan(float.outputDivergence!);
    // Five depths of 15 samples, then all for the accuracy and ten for the losses.
    expect(reports.at(-1)).toEqual([5 * 15 + SAMPLES + 10, 5 * 15 + SAMPLES + 10]);
    expect(reports.map(([done]) => done)).toEqual(reports.map(([done]) => done).toSorted((a, b) => a - b));
  });
});

/** Integers of each output channel by column. */
function levelsOf({ layer, weight }: PreparedModel['layers'][number]): number[][] {
  return weight.quantizers.map(({ scale }, output) =>
    offsetsOf(layer.layout, output).map((at) => Math.round(weight.values[at]! / scale) + 0),
  );
}

function byOrder(layers: PreparedModel['layers']): (a: string, b: string) => number {
  const names = layers.map(({ layer }) => layer.name);
  return (a, b) => names.indexOf(a) - names.indexOf(b);
}
