import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../src/onnx/onnx-model.js';
import { ModelProtoSchema } from '../../src/onnx/proto/onnx_pb.js';
import { splitModel } from '../../src/onnx/split-model.js';
import { oneThread } from '../engine/small-experiment.js';
import { Session } from '../../src/engine/session/session.js';
import { buildModel, node, tensor, value } from './build-model.js';
import { randomFloats } from './pseudo-random.js';

const model = buildModel({
  nodes: [node('MatMul', ['x', 'a'], 'm'), node('MatMul', ['m', 'b'], 'n'), node('Add', ['n', 'small'], 'y')],
  inputs: [value('x', ['N', 20])],
  initializers: [
    tensor('a', [20, 30], randomFloats(1, 600)),
    tensor('b', [30, 17], randomFloats(2, 510)),
    tensor('small', [17], randomFloats(3, 17)),
  ],
});
const x = { data: randomFloats(4, 60), dims: [3, 20] };

describe('splitModel', () => {
  it('leaves a model whole that fits', () => {
    expect(splitModel(model, null)).toEqual({ bytes: encodeModel(model), external: [] });
    const { length } = encodeModel(model);
    expect(splitModel(model, null, length + 40).external).toEqual([]);
  });

  it('puts large constants one after the other, each at a page, where one file would be too large', () => {
    const { bytes, external } = splitModel(model, 'm.onnx.data', 4000);
    expect(external.map(({ location, offset, data }) => [location, offset, data.length])).toEqual([
      ['m.onnx.data', 0, 2400],
      ['m.onnx.data', 4096, 2040],
    ]);
    const file = new Uint8Array(4096 + 2040);
    for (const { offset, data } of external) file.set(data, offset);
    const read = decodeModel(bytes, (_location, offset, length) => file.slice(offset, offset + length!));
    expect(read.graph.initializer.map(({ rawData }) => rawData)).toEqual(
      model.graph.initializer.map(({ rawData }) => new Uint8Array(rawData)),
    );
    const small = fromBinary(ModelProtoSchema, bytes).graph!.initializer.find(({ name }) => name === 'small')!;
    expect(small.rawData).toHaveLength(68);
  });

  it('gives a session what it needs: the same outputs', async () => {
    const outputs = await Promise.all(
      [splitModel(model, null), splitModel(model, null, 4000)].map(async (split) => {
        const session = await Session.create(split, 'x', oneThread);
        const { y } = await session.run(x);
        await session.release();
        return [split.external.length, [...y!.data]] as const;
      }),
    );
    expect(outputs.map(([count]) => count)).toEqual([0, 2]);
    expect(outputs[1]![1]).toEqual(outputs[0]![1]);
  });

  it('refuses a graph that is too large without its weights', () => {
    expect(() => splitModel(model, null, 100)).toThrow(/at most 100 bytes beside its weights/);
  });
});
