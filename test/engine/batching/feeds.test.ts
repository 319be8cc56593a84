import { describe, expect, it } from 'vitest';
import type { Dataset, FurtherInput } from '../../../src/formats/dataset.js';
import { memorySource } from '../../../src/formats/io/file-source.js';
import { readNpyHeader } from '../../../src/formats/npy/npy-header.js';
import { resolveModelIo } from '../../../src/onnx/model-io.js';
import { intAttribute } from '../../../src/onnx/node.js';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { plainBatching } from '../../../src/engine/batching/batching.js';
import { feedReader } from '../../../src/engine/batching/feeds.js';
import { runBatches } from '../../../src/engine/batching/run-batches.js';
import { Session } from '../../../src/engine/session/session.js';
import { npyArray } from '../../formats/write-files.js';
import { buildModel, modelBytes, node, value } from '../../onnx/build-model.js';
import { oneThread } from '../small-experiment.js';

function array(name: string, bytes: Uint8Array, per: 'sample' | 'run' = 'sample'): FurtherInput {
  return { kind: 'array', name, per, array: readNpyHeader(memorySource(`${name}.npy`, bytes)) };
}

/** Samples 0, 1, 2 of one number each. */
function datasetWith(inputs: readonly FurtherInput[]): Dataset {
  return {
    sampleCount: 3,
    sampleShape: [1],
    labels: null,
    groundTruth: null,
    inputs,
    read(first, count, into) {
      for (let index = 0; index < count; index += 1) into[index] = first + index;
    },
    close: () => undefined,
  };
}

function ioOf(shape: readonly (number | string)[], type: TensorProto_DataType) {
  const inputs = [value('x', ['N', 1]), value('u', shape, type)];
  return resolveModelIo(buildModel({ nodes: [node('Relu', ['x'], 'y')], inputs }), { input: 'x', output: null });
}

const { INT64, INT32, BOOL, UINT8, FLOAT, DOUBLE } = TensorProto_DataType;

describe('further inputs of a run', () => {
  it.each([
    ['int64', INT64, BigInt64Array.of(3n, -4n)],
    ['int32', INT32, Int32Array.of(3, -4)],
    ['float32', FLOAT, Float32Array.of(3, -4)],
  ])('are given as the type of the input (%s), one entry a sample, over and over in more rows', (type, code, data) => {
    const bytes = npyArray('<f4', [3, 1], Float32Array.of(9, 3, -4));
    const read = feedReader(ioOf(['N', 1], code), datasetWith([array('u', bytes)]));
    expect(read(1, 2, 2)).toEqual({ u: { type, data, dims: [2, 1] } });
    const [first, last] = data;
    expect([...read(1, 2, 4)['u']!.data]).toEqual([first, last, first, last]);
  });

  it('as one value fill the shape of the input, the batch axis by the rows of the run', () => {
    const filled = (shape: readonly (number | string)[], code: TensorProto_DataType, number: number) =>
      feedReader(ioOf(shape, code), datasetWith([{ kind: 'value', name: 'u', value: number }]))(0, 1, 2)['u'];
    expect(filled(['N', 2], UINT8, 7)).toEqual({ type: 'uint8', data: Uint8Array.of(7, 7, 7, 7), dims: [2, 2] });
    expect(filled([], BOOL, 1)).toEqual({ type: 'bool', data: Uint8Array.of(1), dims: [] });
    expect(() => filled(['N', 'H'], FLOAT, 1)).toThrow(
      'Expected a known shape to fill input "u" with its value, got [any, any].',
    );
  });

  it('per run are fed whole', () => {
    const bytes = npyArray('<f4', [2, 2], Float32Array.of(1, 2, 3, 4));
    const read = feedReader(ioOf([2, 2], FLOAT), datasetWith([array('u', bytes, 'run')]));
    expect(read(0, 3, 3)['u']).toEqual({ type: 'float32', data: Float32Array.of(1, 2, 3, 4), dims: [2, 2] });
  });

  it('must be the inputs of the model, each of them, of a type that can be fed', () => {
    const bytes = npyArray('<f4', [3, 1], Float32Array.of(1, 2, 3));
    const io = ioOf(['N', 1], FLOAT);
    expect(() => feedReader(io, datasetWith([array('imu', bytes)]))).toThrow(
      'Expected inputs of data to be further inputs of the model ("u"), got "imu". The samples go to "x".',
    );
    expect(() => feedReader(io, datasetWith([]))).toThrow('Input "u" of the model gets nothing.');
    expect(() => feedReader(ioOf(['N', 1], DOUBLE), datasetWith([array('u', bytes)]))).toThrow(
      'Expected input "u" to be float32, int64, int32, uint8 or bool, got double.',
    );
  });

  it('are refused with a shape or number that does not fit', () => {
    const bytes = npyArray('<f4', [3, 1], Float32Array.of(1, 2.5, 3));
    expect(() => feedReader(ioOf(['N', 2], FLOAT), datasetWith([array('u', bytes)]))(0, 1, 1)).toThrow(
      'Expected an array of shape [any, 2] for input "u" in a run of 1 samples, got [1, 1] (u.npy).',
    );
    expect(() => feedReader(ioOf(['N', 1], INT64), datasetWith([array('u', bytes)]))(1, 1, 1)).toThrow(
      'for input "u", got 2.5 (u.npy, number 0 of a run)',
    );
    expect(() => feedReader(ioOf(['N', 1], BOOL), datasetWith([array('u', bytes)]))(2, 1, 1)).toThrow('within 0..1');
  });

  it('reach the model beside the samples', async () => {
    // y = (x + float(u)) * w, u one a sample, w for the run.
    const nodes = [
      node('Cast', ['u'], 'c', [intAttribute('to', FLOAT)]),
      node('Add', ['x', 'c'], 's'),
      node('Mul', ['s', 'w'], 'y'),
    ];
    const inputs = [value('x', ['N', 1]), value('u', ['N', 1], INT64), value('w', [1])];
    const spec = { nodes, inputs };
    const io = resolveModelIo(buildModel(spec), { input: 'x', output: null });
    const session = await Session.create(modelBytes(spec), 'x', oneThread);
    const dataset = datasetWith([
      array('u', npyArray('<i8', [3, 1], BigInt64Array.of(10n, 20n, 30n))),
      { kind: 'value', name: 'w', value: 2 },
    ]);
    const seen: number[] = [];
    await runBatches(session, plainBatching(io), dataset, { first: 0, count: 3, batchSize: 2 }, ({ y }) => {
      seen.push(...y!.data);
    });
    await session.release();
    expect(seen).toEqual([20, 42, 64]);
  });
});
