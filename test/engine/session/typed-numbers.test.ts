import { expect, describe, it } from 'vitest';
import { Session } from '../../../src/engine/session/session.js';
import { checkSamples, floatsOf } from '../../../src/engine/session/typed-numbers.js';
import { intAttribute } from '../../../src/onnx/node.js';
import { TensorProto_DataType } from '../../../src/onnx/proto/onnx_pb.js';
import { modelBytes, node, value } from '../../onnx/build-model.js';
import { oneThread } from '../small-experiment.js';

const { BOOL, DOUBLE, FLOAT, FLOAT16, INT16, INT32, INT64, INT8, STRING, UINT16, UINT32, UINT64, UINT8 } =
  TensorProto_DataType;

/** From an input of one type to an output of another, by Casts. */
async function throughTypes(from: TensorProto_DataType, to: TensorProto_DataType, data: number[]) {
  const bytes = modelBytes({
    nodes: [node('Cast', ['x'], 'f', [intAttribute('to', FLOAT)]), node('Cast', ['f'], 'y', [intAttribute('to', to)])],
    inputs: [value('x', ['N'], from)],
  });
  const session = await Session.create(bytes, 'x', oneThread);
  try {
    const { y } = await session.run({ data: Float32Array.from(data), dims: [data.length] });
    return [...y!.data];
  } finally {
    await session.release();
  }
}

describe('a session', () => {
  it.each([
    ['uint8', UINT8, [0, 1, 200, 255]],
    ['int8', INT8, [-128, 0, 127]],
    ['uint16', UINT16, [0, 65535]],
    ['int16', INT16, [-32768, 5, 32767]],
    ['int32', INT32, [-(2 ** 24), 7, 2 ** 24]],
    ['int64', INT64, [-(2 ** 24), 7, 2 ** 24]],
    ['uint32', UINT32, [0, 2 ** 24]],
    ['uint64', UINT64, [0, 2 ** 24]],
    ['bool', BOOL, [0, 1, 1]],
    ['float16', FLOAT16, [0, -2, 0.333251953125, 65504, 2 ** -24]],
    ['float64', DOUBLE, [0, 0.1, -1e30].map(Math.fround)],
  ] as const)('is fed %s and gives it back as the same numbers in float32', async (_name, type, numbers) => {
    expect(await throughTypes(type, type, [...numbers])).toEqual([...numbers]);
  });

  it('gives all outputs, and refuses integers that float32 has not only where they are read', async () => {
    const bytes = modelBytes({
      nodes: [
        node('Cast', ['x'], 'large', [intAttribute('to', INT64)]),
        node('Cast', ['x'], 'text', [intAttribute('to', STRING)]),
        node('Relu', ['x'], 'y'),
      ],
      inputs: [value('x', ['N'])],
      outputs: ['large', 'text', 'y'],
    });
    const session = await Session.create(bytes, 'x', oneThread);
    const { large, text, y } = await session.run({ data: Float32Array.of(2 ** 25, 3), dims: [2] });
    await session.release();
    expect([...y!.data]).toEqual([2 ** 25, 3]);
    expect(() => large!.data).toThrow(/output "large" \(int64\) to hold whole numbers up to 2\^24.*got 33554432/);
    expect(() => text!.data).toThrow('Expected output "text" to hold numbers, got string.');
  });
});

it('an output of integers is exact up to 2^24', () => {
  expect([...floatsOf('y', 'int64', BigInt64Array.of(2n ** 24n, -(2n ** 24n)))]).toEqual([2 ** 24, -(2 ** 24)]);
  expect(() => floatsOf('y', 'int64', BigInt64Array.of(1n, 2n ** 24n + 2n))).toThrow(/got 16777218/);
  expect(() => floatsOf('y', 'int32', Int32Array.of(-(2 ** 30)))).toThrow(/got -1073741824/);
});

describe('checkSamples', () => {
  const shape = { sampleShape: [2, 2] };
  it('names the sample by its place in the data, whatever order they are in', () => {
    const io = { input: 'x', inputType: UINT8 };
    const values = Float32Array.of(0, 1, 2, 3, 4, 5, 256, 7);
    expect(() => {
      checkSamples(io, shape, values, 10);
    }).toThrow(/within 0\.\.255 for input "x", which takes uint8, got 256 \(number 2 of sample 11\)/);
    const order = Uint32Array.from({ length: 20 }, (_, i) => 19 - i);
    expect(() => {
      checkSamples(io, { ...shape, order }, values, 10);
    }).toThrow(/sample 8\)/);
  });

  it.each([
    [BOOL, 2],
    [INT8, -129],
    [INT64, 2 ** 24 + 2],
    [INT32, 0.5],
    [UINT16, -1],
    [UINT8, NaN],
  ])('refuses for type %s the number %s', (inputType, number) => {
    expect(() => {
      checkSamples({ input: 'x', inputType }, shape, Float32Array.of(0, 0, 0, number), 0);
    }).toThrow(/number 3 of sample 0/);
  });

  it('lets a float input have any', () => {
    expect(() => {
      checkSamples({ input: 'x' }, shape, Float32Array.of(NaN, 0.5, 1e30, -1), 0);
    }).not.toThrow();
  });
});
