import { describe, expect, it } from 'vitest';
import { gateGraph } from '../../src/equivalence/gate-graph.js';
import { GateJudge, type Judgement } from '../../src/equivalence/gate-judgement.js';
import type { CanonicalSmoothing } from '../../src/smooth/smoothing-settings.js';
import type { TrialRecord } from '../../src/records/trial-record.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../src/onnx/tensor.js';
import { integerTensor, storageOf } from '../../src/quantize/quantizers/integer-tensor.js';
import { prepareModel, type PreparedModel } from '../../src/quantize/prepare-layers.js';
import { smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import type { JobResult } from '../../src/engine/jobs/jobs.js';
import { runJob } from '../../src/engine/jobs/run-job.js';
import { observeDirectly } from '../calibrate/observe-directly.js';
import { npyArray } from '../formats/write-files.js';
import { buildModel, layersOf, modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { runModel, runOnX } from '../onnx/run-model.js';
import { w8a8 } from '../quantize/preparations.js';
import { jobModel, observeJob, oneThread, temporaryFiles, trialJob } from '../engine/small-experiment.js';

const write = temporaryFiles();
const SAMPLES = 8;
const TOLERANCE = 1e-3;

/**
 * Whole numbers, so that sums of the first layer are exact in float32 and lie exactly on borders.
 */
const whole = Float32Array.from(
  randomFloats(7, SAMPLES * 48, (i) => [3, 40, 9][Math.floor(i / 16) % 3]!),
  Math.round,
);
const x = { data: whole, dims: [SAMPLES, 3, 4, 4] };
const source = {
  format: 'npy',
  path: write('x.npy', npyArray('<f4', [SAMPLES, 3, 4, 4], whole)),
  labels: null,
  groundTruth: null,
} as const;

const FLOAT = TensorProto_DataType.FLOAT;
const INT64 = TensorProto_DataType.INT64;
const cast = (input: string, output: string, to: number) => node('Cast', [input], output, [intAttribute('to', to)]);
const odd = (seed: number, count: number): Float32Array =>
  Float32Array.from(randomFloats(seed, count), (v) => 2 * Math.round(v * 3) + 1);

/**
 * `x -> c (1x1 convolution with whole numbers) -> middle -> ... y`, of which `middle` makes jumps
 * of c's roundings.
 */
function network(middle: ModelSpec['nodes'], more: NonNullable<ModelSpec['initializers']> = []): ModelSpec {
  return {
    nodes: [node('Conv', ['x', 'w', 'half'], 'c', [], 'front'), ...middle],
    inputs: [value('x', ['N', 3, 4, 4])],
    initializers: [
      tensor('w', [4, 3, 1, 1], odd(1, 12)),
      tensor('half', [4], [0.5, 0.5, 0.5, 0.5]),
      tensor('w2', [5, 4, 1, 1], randomFloats(2, 20)),
      ...more,
    ],
    opset: 13,
  };
}

const back = [node('Conv', ['j', 'w2'], 'b', [], 'back'), node('Flatten', ['b'], 'y')];

/** Every sum of the first layer lies on the border of two results. */
const jumping: Readonly<Record<string, ModelSpec>> = {
  Round: network([node('Round', ['c'], 'j'), ...back]),
  'Greater and Where': network(
    [node('Greater', ['c', 'border'], 'g'), node('Where', ['g', 'c', 'other'], 'j'), ...back],
    [tensor('border', [], [3.5]), tensor('other', [], [100])],
  ),
  'Floor of a product': network(
    [node('Mul', ['c', 'two'], 'm'), node('Floor', ['m'], 'j'), ...back],
    [tensor('two', [], [2])],
  ),
  'a Cast to whole numbers': network(
    [node('Mul', ['c', 'two'], 'm'), cast('m', 'i', INT64), cast('i', 'j', FLOAT), ...back],
    [tensor('two', [], [2])],
  ),
  'QuantizeLinear of the model': network(
    [node('QuantizeLinear', ['c', 'one', 'z'], 'q'), node('DequantizeLinear', ['q', 'one', 'z'], 'j'), ...back],
    [tensor('one', [], [1]), integerTensor('z', [], storageOf({ bits: 8, signed: true }), [0])],
  ),
  ArgMax: network(
    [
      node('Concat', ['c', 'c'], 'cc', [intAttribute('axis', 1)]),
      node('Conv', ['cc', 'swap'], 's', [intAttribute('group', 2)], 'grouped'),
      node('ArgMax', ['s'], 'a', [intAttribute('axis', 1), intAttribute('keepdims', 1)]),
      cast('a', 'y', FLOAT),
    ],
    [
      tensor(
        'swap',
        [2, 4, 1, 1],
        [0.1, 0.7, 1.3, 0.3, 0.1, 0.7, 1.3, 0.3].map((v, i) => (i < 4 ? v : v * 1.0000001)),
      ),
    ],
  ),
  'TopK and GatherElements': network(
    [node('Flatten', ['c'], 'f'), node('TopK', ['f', 'k'], ['top', 'places']), cast('places', 'y', FLOAT)],
    [int64Tensor('k', [20])],
  ),
};

/** The output is what two layers that are nearly equal leave: nothing beside their roundings. */
const tiny: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'u'], 'a', [intsAttribute('pads', [1, 1, 1, 1])], 'left'),
    node('Conv', ['x', 'v'], 'b', [intsAttribute('pads', [1, 1, 1, 1])], 'right'),
    node('Sub', ['a', 'b'], 'y'),
  ],
  inputs: [value('x', ['N', 3, 4, 4])],
  initializers: [
    tensor('u', [4, 3, 3, 3], randomFloats(4, 108)),
    tensor(
      'v',
      [4, 3, 3, 3],
      randomFloats(4, 108).map((w) => w * (1 + 1e-5)),
    ),
  ],
};

/** Boxes and scores of one layer; the output is the places of those that are kept. */
const detector: ModelSpec = {
  ...network([
    node('Reshape', ['c', 'columns'], 'r'),
    node('Transpose', ['r'], 'boxes', [intsAttribute('perm', [0, 2, 1])]),
    node('Conv', ['x', 'ws'], 's', [], 'scores'),
    node('Reshape', ['s', 'row'], 'marks'),
    node('NonMaxSuppression', ['boxes', 'marks', 'most', 'overlap'], 'kept'),
    cast('kept', 'y', FLOAT),
  ]),
};
const detectorTensors = [
  int64Tensor('columns', [0, 4, 16]),
  int64Tensor('row', [0, 1, 16]),
  int64Tensor('most', [5]),
  tensor('overlap', [1], [0.3]),
  tensor('ws', [1, 3, 1, 1], [1, 0.5, 0.25]),
];

async function trialOf(spec: ModelSpec, smoothing?: CanonicalSmoothing): Promise<TrialRecord> {
  const model = jobModel(write('model.onnx', modelBytes(spec)));
  const observe = observeJob(model, source, { batchSize: 2, endBatch: 4 });
  const observed = (await runJob(observe, oneThread, () => undefined)) as JobResult<'observe'>;
  const job = trialJob(model, source, observed.value.at(-1)!, {
    lossSamples: 4,
    alpha: 0.37,
    ...(smoothing === undefined ? {} : { smoothing }),
  });
  const settings = {
    ...job.settings,
    task: { kind: 'fidelity', bootstrap: 20 } as const,
    gate: { samples: SAMPLES, tolerance: TOLERANCE },
  };
  const result = await runJob({ ...job, settings, referenceArgmax: null }, oneThread, () => undefined);
  return result.value as TrialRecord;
}

async function prepared(spec: ModelSpec) {
  const untouched = buildModel(spec);
  const { model: folded } = foldBatchNorm(untouched);
  const statistics = await observeDirectly(folded, layersOf(folded), x);
  return { untouched, folded, prepared: prepareModel(folded, layersOf(folded), statistics, w8a8(0.37)) };
}

/** Judges a smoothed model, which may be a wrong one, at one level. */
async function judge(
  { untouched, folded }: Awaited<ReturnType<typeof prepared>>,
  model: PreparedModel,
  smoothed = smoothedModel(model.base, model.layers),
): Promise<Judgement> {
  const graph = gateGraph(
    { untouched, io: { outputs: [{ name: 'y', elemType: 1, shape: null }] } },
    folded,
    smoothed,
    model,
  );
  const judged = new GateJudge(graph);
  judged.add(await runModel(graph.model, { x }, 'all'));
  return judged.judge(TOLERANCE);
}

/**
 * One weight of a layer smoothed wrongly: an input channel that is divided by s and not multiplied.
 */
function tampered({ base, layers }: PreparedModel, name: string): PreparedModel {
  const changed = layers.map((layer) => {
    if (layer.layer.name !== name) return layer;
    const smoothedWeight = layer.smoothedWeight.slice();
    const { kernelSize } = layer.layer.layout;
    for (let i = 0; i < kernelSize; i++) smoothedWeight[i] = smoothedWeight[i]! * 1.05;
    return { ...layer, smoothedWeight };
  });
  return { base, layers: changed };
}

describe('14: a correct trial passes its gate where the output does not tell', () => {
  it.each(Object.entries(jumping))('before %s', async (_name, spec) => {
    // The output itself is no measure: it differs by far more than the tolerance.
    const own = await prepared(spec);
    const smoothed = await runOnX(smoothedModel(own.prepared.base, own.prepared.layers), x, 'all');
    const fp32 = await runOnX(own.untouched, x, 'all');
    const largest = Math.max(...fp32.data.map(Math.abs));
    expect(Math.max(...fp32.data.map((v, i) => Math.abs(v - smoothed.data[i]!))) / largest).toBeGreaterThan(TOLERANCE);
    const { gate } = await trialOf(spec);
    expect(gate!.judgedBy).toBe('discontinuous');
    expect(gate!.maxRelativeError).toBeLessThan(1e-5);
  });

  it.each([
    { mode: 'static', alpha: 0.37, absmax: 'channel', apply: 'fold' },
    { mode: 'cle', alpha: null, absmax: null, apply: null },
  ] as const)('also where factors are folded: $mode', async (smoothing) => {
    const { nodes, initializers, ...rest } = network([node('Round', ['c'], 'j'), ...back]);
    const folding = {
      ...rest,
      nodes: [node('Conv', ['x', 'w0', 'b0'], 'o', [], 'first'), node('Relu', ['o'], 'r'), ...nodes].map((n) =>
        n.name === 'front' ? { ...n, input: ['r', 'w', 'half'] } : n,
      ),
      initializers: [...initializers!, tensor('w0', [3, 3, 1, 1], odd(9, 9)), tensor('b0', [3], [1, 2, 3])],
    };
    const { gate, smoothing: applied } = await trialOf(folding, smoothing);
    expect(applied.map(({ apply }) => apply)).toContain('fold');
    expect(gate!.judgedBy).toBe('discontinuous');
    expect(gate!.maxRelativeError).toBeLessThan(1e-5);
  });

  it('where the output is tiny beside the roundings that reach it', async () => {
    const { gate } = await trialOf(tiny);
    expect(gate!.judgedBy).toBe('rounding');
    expect(gate!.maxRelativeError).toBeLessThanOrEqual(TOLERANCE);
  });

  it('and by its output alone where that tells', async () => {
    const { gate } = await trialOf(network([node('Relu', ['c'], 'j'), ...back]));
    expect(gate!.judgedBy).toBeUndefined();
    expect(gate!.maxRelativeError).toBeLessThan(1e-5);
  });
});

describe('14: a wrong smoothing still fails', () => {
  it.each(Object.keys(jumping))('of the layer in front of %s', async (name) => {
    const own = await prepared(jumping[name]!);
    const { relativeError, what } = await judge(own, tampered(own.prepared, 'front'));
    expect(relativeError).toBeGreaterThan(TOLERANCE);
    expect(what).not.toBe('');
  });

  it.each(['Round', 'Greater and Where', 'QuantizeLinear of the model'])('of the layer behind %s', async (name) => {
    const own = await prepared(jumping[name]!);
    const { relativeError, what } = await judge(own, tampered(own.prepared, 'back'));
    expect(relativeError).toBeGreaterThan(TOLERANCE);
    expect(what).toMatch(/layer "back" alone|the output/);
  });

  it('of the layers in front of NonMaxSuppression, whatever is kept', async () => {
    const spec = { ...detector, initializers: [...detector.initializers!, ...detectorTensors] };
    const own = await prepared(spec);
    const right = await judge(own, own.prepared);
    expect(right.relativeError).toBeLessThan(1e-5);
    for (const layer of ['front', 'scores']) {
      expect((await judge(own, tampered(own.prepared, layer))).relativeError).toBeGreaterThan(TOLERANCE);
    }
  });

  it('where the output is tiny', async () => {
    const own = await prepared(tiny);
    expect((await judge(own, own.prepared)).relativeError).toBeLessThanOrEqual(TOLERANCE);
    expect((await judge(own, tampered(own.prepared, 'left'))).relativeError).toBeGreaterThan(TOLERANCE);
  });

  it('where only the whole network shows it: factors that are folded wrongly', async () => {
    const spec = jumping['Round']!;
    const own = await prepared(spec);
    // What feeds the layer is changed in the smoothed model, none of its layers.
    const other = buildModel({
      ...spec,
      nodes: [node('Conv', ['x', 'w', 'wrong'], 'c', [], 'front'), ...spec.nodes.slice(1)],
      initializers: [...spec.initializers!, tensor('wrong', [4], [0.5, 0.5, 0.9, 0.5])],
    });
    const smoothed = smoothedModel(other, own.prepared.layers);
    const { relativeError, what } = await judge(own, own.prepared, smoothed);
    expect(relativeError).toBeGreaterThan(TOLERANCE);
    expect(what).toContain('"c", which Round "j" reads');
  });

  it('by the difference that the two models literally have', async () => {
    const own = await prepared(network([node('Relu', ['c'], 'j'), ...back]));
    const wrong = tampered(own.prepared, 'back');
    const actual = await runOnX(smoothedModel(wrong.base, wrong.layers), x, 'disabled');
    const fp32 = await runOnX(own.untouched, x, 'disabled');
    const largest = Math.max(...fp32.data.map(Math.abs));
    const literal = Math.max(...fp32.data.map((v, i) => Math.abs(v - actual.data[i]!))) / largest;
    const { difference, rounding } = await judge(own, wrong);
    expect(difference / literal).toBeCloseTo(1, 4);
    expect(rounding).toBeLessThan(1e-6);
  });
});
