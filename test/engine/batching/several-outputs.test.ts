import { describe, expect, it } from 'vitest';
import { openBatching } from '../../../src/engine/batching/batching.js';
import type { JobContext } from '../../../src/engine/jobs/job-context.js';
import { JobCaches } from '../../../src/engine/jobs/job-caches.js';
import { PhaseClock } from '../../../src/engine/jobs/phase-clock.js';
import type { LoadedModel } from '../../../src/engine/session/load-model.js';
import { modelOutputs } from '../../../src/engine/session/model-outputs.js';
import type { Dataset } from '../../../src/formats/dataset.js';
import { resolveModelIo } from '../../../src/onnx/model-io.js';
import { intAttribute, intsAttribute } from '../../../src/onnx/node.js';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { int64Tensor } from '../../../src/onnx/tensor.js';
import { buildModel, node, tensor, value, type ModelSpec } from '../../onnx/build-model.js';
import { oneThread } from '../small-experiment.js';

const context: JobContext = {
  ...{ session: oneThread, report: () => undefined, clock: new PhaseClock(), caches: new JobCaches() },
  ...{ batchLimit: null, inputs: [] },
};

function datasetOf(shape: readonly number[], samples: readonly (readonly number[])[]): Dataset {
  return {
    ...{ sampleCount: samples.length, sampleShape: shape, labels: null, groundTruth: null },
    read(first, count, into) {
      into.set(samples.slice(first, first + count).flat());
    },
    close: () => undefined,
  };
}

function load(spec: ModelSpec): LoadedModel {
  const model = buildModel(spec);
  const io = resolveModelIo(model, { input: null, output: null }, { outputs: 'several', readsIntegers: true });
  return { untouched: model, folded: model, layers: [], io };
}

/** By output, shape and numbers of each sample. */
async function sampled(spec: ModelSpec, dataset: Dataset, batchSize = 2) {
  const model = load(spec);
  const batching = await openBatching(model, dataset, dataset.sampleCount, context);
  const range = { first: 0, count: dataset.sampleCount, batchSize };
  const batches = await modelOutputs(model.untouched, batching, dataset, range, context);
  const found: Record<string, [shape: string, ...numbers: number[]][]> = {};
  for (const { samples, outputs } of batches) {
    for (const { name, data, dims } of outputs) {
      expect(dims[0]).toBe(samples);
      const size = data.length / samples;
      for (let sample = 0; sample < samples; sample += 1) {
        const own = data.subarray(sample * size, (sample + 1) * size);
        (found[name] ??= []).push([dims.slice(1).join(), ...own]);
      }
    }
  }
  return { found, batching };
}

/** Outputs with their samples in all kinds of places, of samples `[2, 3]`. */
function manyPlaces(batch: number | string): ModelSpec {
  return {
    nodes: [
      node('Mul', ['x', 'two'], 'leading'),
      node('Transpose', ['x'], 'timeFirst', [intsAttribute('perm', [1, 0, 2])]),
      node('Reshape', ['x', 'rows'], 'merged'),
      node('ArgMax', ['x'], 'largest', [intAttribute('axis', 2), intAttribute('keepdims', 0)]),
      node('ReduceMax', ['x'], 'score', [intsAttribute('axes', [1, 2]), intAttribute('keepdims', 0)]),
      node('Identity', ['fixed'], 'anchors'),
      node('Shape', ['x'], 'shape'),
      node('Slice', ['shape', 'one', 'three'], 'sampleShape'),
      node('Expand', ['two', 'sampleShape'], 'grid'),
      node('Greater', ['x', 'two'], 'isLarge'),
    ],
    inputs: [value('x', [batch, 2, 3])],
    outputs: [
      ...['leading', 'timeFirst', 'merged'],
      value('largest', [batch, 2], TensorProto_DataType.INT64),
      ...['score', 'anchors', 'grid'],
      value('isLarge', [batch, 2, 3], TensorProto_DataType.BOOL),
    ],
    initializers: [
      tensor('two', [1], [2]),
      tensor('fixed', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
      int64Tensor('rows', [-1, 3]),
      int64Tensor('one', [1]),
      int64Tensor('three', [3]),
    ],
  };
}

const samples = [
  [1, 2, 3, 6, 5, 4],
  [0, -1, -2, 1, 1, 1],
  [9, 8, 7, 6, 5, 10],
  [1, 0, 0, 0, 1, 0],
];

describe('several outputs of a run', () => {
  it.each<[number | string]>([['N'], [1], [2], [4]])(
    'are told apart by sample where the batch is %s',
    async (batch) => {
      const { found } = await sampled(manyPlaces(batch), datasetOf([2, 3], samples));
      const argmax = [
        [2, 0],
        [0, 0],
        [0, 2],
        [0, 1],
      ];
      const largest = [6, 1, 10, 1];
      expect(Object.keys(found)).toEqual([
        ...['leading', 'timeFirst', 'merged', 'largest', 'score', 'anchors', 'grid', 'isLarge'],
      ]);
      for (const [index, sample] of samples.entries()) {
        const only = (name: string): readonly unknown[] => found[name]![index]!;
        expect(only('leading')).toEqual(['2,3', ...sample.map((number) => 2 * number)]);
        expect(only('timeFirst')).toEqual(['2,3', ...sample]);
        expect(only('merged')).toEqual(['2,3', ...sample]);
        expect(only('largest')).toEqual(['2', ...argmax[index]!]);
        expect(only('score')).toEqual(['', largest[index]]);
        expect(only('anchors')).toEqual(['4,2', 1, 2, 3, 4, 5, 6, 7, 8]);
        // Of two equal rows in a batch that is fixed at two nothing tells whose they are.
        if (batch !== 2) expect(only('grid')).toEqual(['2,3', 2, 2, 2, 2, 2, 2]);
        expect(only('isLarge')).toEqual(['2,3', ...sample.map((number) => (number > 2 ? 1 : 0))]);
      }
    },
  );

  it('share runs where all are told apart, and say what is of integers', async () => {
    const dataset = datasetOf([2, 3], samples);
    const { batching } = await sampled(manyPlaces('N'), dataset);
    expect([batching.least, batching.most]).toEqual([2, null]);
    expect(batching.outputs.get('anchors')!.layout).toBe('shared');
    const [batch] = await modelOutputs(
      load(manyPlaces('N')).untouched,
      batching,
      dataset,
      { first: 0, count: 2, batchSize: 2 },
      context,
    );
    expect(batch!.outputs.filter(({ isInteger }) => isInteger).map(({ name }) => name)).toEqual(['largest', 'isLarge']);
  });

  it('of which one mixes samples are run one by one', async () => {
    const spec = manyPlaces('N');
    const mixing = node('ReduceSum', ['x', 'axis'], 'mixed', [intAttribute('keepdims', 1)]);
    const { batching, found } = await sampled(
      {
        ...spec,
        nodes: [...spec.nodes, mixing],
        outputs: [...spec.outputs!, 'mixed'],
        initializers: [...spec.initializers!, int64Tensor('axis', [0])],
      },
      datasetOf([2, 3], samples),
    );
    expect(batching.most).toBe(1);
    expect(found['mixed']!.map(([, ...numbers]) => numbers)).toEqual(samples);
    expect(found['timeFirst']!.map(([shape]) => shape)).toEqual(['2,3', '2,3', '2,3', '2,3']);
  });
});

/** A box x1 y1 x2 y2 that lies apart from others, and its score. */
const far = (place: number, score: number): readonly number[] => [place, 0, place + 1, 1, score];

/**
 * Three boxes with scores `[3, 5]` a sample, and NonMaxSuppression in the graph: rows of the boxes
 * above 0.5.
 *
 * @param batch of the input
 * @param dims stated of `rows`, `[M, 5]`; null: the model does not say
 */
function detector(batch: number | string, dims: readonly (number | string)[] | null): ModelSpec {
  return {
    nodes: [
      node('Slice', ['x', 'i0', 'i4', 'i2'], 'corners'),
      node('Slice', ['x', 'i4', 'i5', 'i2'], 'column'),
      node('Transpose', ['column'], 'scores', [intsAttribute('perm', [0, 2, 1])]),
      node('NonMaxSuppression', ['corners', 'scores', 'most', 'iou', 'least'], 'selected'),
      node('Gather', ['selected', 'columns'], 'places', [intAttribute('axis', 1)]),
      node('GatherND', ['x', 'places'], 'rows'),
      node('Unsqueeze', ['rows', 'i0'], 'framed'),
      node('ReduceMax', ['x'], 'best', [intsAttribute('axes', [1]), intAttribute('keepdims', 0)]),
    ],
    inputs: [value('x', [batch, 3, 5])],
    outputs: [dims === null ? 'rows' : value('rows', dims), value('framed', [1, 'M', 5]), 'best'],
    initializers: [
      ...[0, 2, 4, 5].map((number) => int64Tensor(`i${number}`, [number])),
      int64Tensor('columns', [0, 2]),
      int64Tensor('most', [10]),
      tensor('iou', [1], [0.5]),
      tensor('least', [1], [0.5]),
    ],
  };
}

const scenes = [
  [far(0, 0.9), far(10, 0.1), far(20, 0.2)],
  [far(0, 0.1), far(10, 0.1), far(20, 0.2)],
  [far(0, 0.9), far(10, 0.6), far(20, 0.7)],
  [far(0, 0.1), far(10, 0.8), far(20, 0.2)],
].map((boxes) => boxes.flat());

describe('outputs whose size hangs on what is found in a sample', () => {
  it.each<[number | string, readonly (number | string)[] | null]>([
    ['N', ['M', 5]],
    ['N', null],
    [1, ['M', 5]],
    [1, null],
    ['M', ['found', 5]],
  ])('are run one by one (batch %s, stated %j)', async (batch, dims) => {
    const { found, batching } = await sampled(detector(batch, dims), datasetOf([3, 5], scenes));
    expect(batching.fixed ?? batching.most).toBe(1);
    const expected = [
      ['1,5', ...far(0, Math.fround(0.9))],
      ['0,5'],
      ['3,5', ...far(0, 0.9), ...far(20, 0.7), ...far(10, 0.6)].map((n) =>
        typeof n === 'number' ? Math.fround(n) : n,
      ),
      ['1,5', ...far(10, Math.fround(0.8))],
    ];
    expect(found['rows']).toEqual(expected);
    expect(found['framed']).toEqual(expected);
    expect(found['best']!.map(([shape]) => shape)).toEqual(['5', '5', '5', '5']);
  });

  it.each([[['M', 5]], [null]])('have no batch axis where every sample has one (stated %j)', async (dims) => {
    const ones = [0, 10, 20, 30].map((place) => [far(place, 0.9), far(50, 0.1), far(60, 0.2)].flat());
    const { found } = await sampled(detector(1, dims), datasetOf([3, 5], ones));
    expect(found['rows']!.map(([shape]) => shape)).toEqual(['1,5', '1,5', '1,5', '1,5']);
    expect(found['framed']!.map(([shape]) => shape)).toEqual(['1,5', '1,5', '1,5', '1,5']);
  });

  it('are refused where the batch is fixed at several', async () => {
    await expect(sampled(detector(2, ['M', 5]), datasetOf([3, 5], scenes))).rejects.toThrow(
      'The model fixes a batch of 2, and it is unknown where each sample is in output "rows" (the shape of "rows" depends on what is in the batch). Export the model with a free batch axis',
    );
  });
});
