import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../src/onnx/node.js';
import {
  ModelProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
} from '../../src/onnx/proto/onnx_pb.js';
import { decodeModel, encodeModel } from '../../src/onnx/onnx-model.js';
import { int64Tensor, readFloatTensor, tensorShape } from '../../src/onnx/tensor.js';
import { buildModel, modelBytes, node, tensor, value, type ModelSpec } from './build-model.js';
import { runOnX } from './run-model.js';

const convolution: ModelSpec = {
  nodes: [node('Conv', ['x', 'w'], 'c', [intAttribute('group', 1)]), node('Relu', ['c'], 'y')],
  inputs: [value('x', ['N', 2, 4, 4])],
  initializers: [tensor('w', [1, 2, 1, 1], [1, 2])],
};

/** A length-delimited protobuf field that the schema doesn't know. */
function unknownField(number: number, text: string): Uint8Array {
  const tag = (number << 3) | 2;
  return Uint8Array.of((tag & 0x7f) | 0x80, tag >> 7, text.length, ...Buffer.from(text));
}

describe('decodeModel', () => {
  it('gives back the same bytes when encoded', () => {
    const bytes = modelBytes(convolution);
    expect(Buffer.compare(encodeModel(decodeModel(bytes)), bytes)).toBe(0);
  });

  it('keeps unknown fields', () => {
    const bytes = Buffer.concat([modelBytes(convolution), unknownField(200, 'from a later version')]);
    expect(Buffer.compare(encodeModel(decodeModel(bytes)), bytes)).toBe(0);
  });

  it.each([7, 8, 9, 11, 13, 18, 24, 25, 26])('accepts opset %i', (opset) => {
    expect(buildModel({ ...convolution, opset }).opset).toBe(opset);
  });

  it.each([6, 27])('refuses opset %i with the range that it supports', (opset) => {
    expect(() => buildModel({ ...convolution, opset })).toThrow(
      `Opset ${opset} is not supported: expected opset 7 to 26. Convert the model: python -c`,
    );
  });

  it('refuses a model without the default operator set', () => {
    const proto = fromBinary(ModelProtoSchema, modelBytes(convolution));
    proto.opsetImport = [];
    expect(() => decodeModel(toBinary(ModelProtoSchema, proto))).toThrow('import the default operator set');
  });

  it('refuses bytes cut off anywhere', () => {
    const bytes = modelBytes(convolution);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeModel(bytes.subarray(0, length)), `${length} bytes`).toThrow(/^Expected /);
    }
  });

  it('refuses bytes that are no model', () => {
    expect(() => decodeModel(Buffer.from('<html><body>404</body></html>'))).toThrow('do not decode as one');
  });

  it('names a tensor that two nodes make', () => {
    const nodes = [node('Relu', ['x'], 'y'), node('Abs', ['x'], 'y', [], 'second')];
    expect(() => buildModel({ nodes })).toThrow('Tensor "y" is made twice, the second time by Abs "second".');
  });

  it('names a tensor that is both an initializer and made by a node', () => {
    const nodes = [node('Relu', ['x'], 'y')];
    expect(() => buildModel({ nodes, initializers: [tensor('y', [1], [1])] })).toThrow('Tensor "y" is made twice');
  });

  it('names a graph input that a node makes again', () => {
    const nodes = [node('Relu', ['x'], 'y'), node('Abs', ['y'], 'x')];
    expect(() => buildModel({ nodes })).toThrow('Tensor "x" is made twice, the second time by Abs "x".');
  });

  it('names an initializer that is there twice', () => {
    const initializers = [tensor('w', [1], [1]), tensor('w', [1], [2])];
    expect(() => buildModel({ nodes: [node('Add', ['x', 'w'], 'y')], initializers })).toThrow('"w" is there twice');
  });

  it('names a tensor that nothing makes, and who reads it', () => {
    expect(() => buildModel({ nodes: [node('Add', ['x', 'gone'], 'y', [], '')] })).toThrow(
      'Tensor "gone", read by Add that makes "y", is made by nothing.',
    );
  });

  it('names a graph output that nothing makes', () => {
    expect(() => buildModel({ nodes: [node('Relu', ['x'], 'z')] })).toThrow('Graph output "y" is made by nothing.');
  });

  it('refuses a cycle, naming a node on it', () => {
    const nodes = [node('Add', ['x', 'b'], 'a'), node('Relu', ['a'], 'b'), node('Relu', ['a'], 'y')];
    expect(() => buildModel({ nodes })).toThrow(/The graph has a cycle through (Add "a"|Relu "b")\./);
  });

  it('refuses a weight behind a cycle of Identity nodes instead of following it for ever', () => {
    const nodes = [
      node('Identity', ['b'], 'a'),
      node('Identity', ['a'], 'b'),
      node('Conv', ['x', 'a'], 'y', [intAttribute('group', 1)]),
    ];
    expect(() => buildModel({ nodes })).toThrow('The graph has a cycle');
  });

  it('reads external data where the file says it is and stores it inside', async () => {
    const proto = fromBinary(ModelProtoSchema, modelBytes(convolution));
    const [w] = proto.graph!.initializer;
    const stored = Float32Array.of(9, 5, 7);
    w!.rawData = new Uint8Array(0);
    w!.dataLocation = TensorProto_DataLocation.EXTERNAL;
    w!.externalData = [
      { key: 'location', value: 'w.bin' },
      { key: 'offset', value: '4' },
      { key: 'length', value: '8' },
    ].map((e) => ({ $typeName: 'onnx.StringStringEntryProto', ...e }));
    const asked: unknown[] = [];
    const model = decodeModel(toBinary(ModelProtoSchema, proto), (location, offset, length) => {
      asked.push([location, offset, length]);
      return new Uint8Array(stored.buffer, offset, length!);
    });
    expect(asked).toEqual([['w.bin', 4, 8]]);
    expect([...readFloatTensor(model.index.initializers.get('w')!)]).toEqual([5, 7]);
    const y = await runOnX(model, { data: new Float32Array(32).fill(1), dims: [1, 2, 4, 4] });
    expect(y.data[0]).toBe(12);
  });
});

describe('readFloatTensor', () => {
  it('reads typed data like raw data', () => {
    const typed = create(TensorProtoSchema, {
      name: 't',
      dims: [2n],
      dataType: TensorProto_DataType.FLOAT,
      floatData: [0.1, -2],
    });
    const raw = tensor('t', [2], [0.1, -2]);
    expect(readFloatTensor(typed)).toEqual(Float32Array.of(0.1, -2));
    expect(readFloatTensor(raw)).toEqual(readFloatTensor(typed));
  });

  it.each([0, 1, 2, 3])('reads raw data that starts %i bytes off a multiple of 4', (shift) => {
    const bytes = Buffer.alloc(shift + 8);
    bytes.writeFloatLE(1.5, shift);
    bytes.writeFloatLE(-3, shift + 4);
    const t = { ...tensor('t', [2], []), rawData: bytes.subarray(shift) };
    expect(readFloatTensor(t)).toEqual(Float32Array.of(1.5, -3));
  });

  it('reads a tensor of no elements and a scalar', () => {
    expect(readFloatTensor(tensor('none', [0, 3], []))).toHaveLength(0);
    expect(readFloatTensor(tensor('one', [], [4]))).toEqual(Float32Array.of(4));
  });

  it('refuses data that does not fill the shape', () => {
    expect(() => readFloatTensor(tensor('w', [3], [1, 2]))).toThrow(
      'Initializer "w": expected 12 bytes for shape [3], got 8.',
    );
  });

  it('refuses another type by name', () => {
    expect(() => readFloatTensor(int64Tensor('shape', [1]))).toThrow('"shape": expected float32, got int64');
  });

  it('refuses negative dimensions', () => {
    const t = create(TensorProtoSchema, { name: 'w', dims: [2n, -1n] });
    expect(() => tensorShape(t)).toThrow('expected dimensions >= 0, got [2, -1]');
  });
});
