/** What fuzzing found in the model's reader (test/fuzz), each as small as it gets. */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { constantTensor, dependsOnInputs } from '../../src/onnx/constants.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { layersByDepth } from '../../src/onnx/layers/layer-depths.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { ModelError } from '../../src/onnx/model-error.js';
import { checkSampleShape, resolveModelIo } from '../../src/onnx/model-io.js';
import { decodeModel } from '../../src/onnx/onnx-model.js';
import { ModelProtoSchema, TensorProtoSchema, TensorProto_DataType } from '../../src/onnx/proto/onnx_pb.js';
import { sortNodes } from '../../src/onnx/sort-nodes.js';
import { buildModel, layersOf, modelBytes, node, tensor, value } from './build-model.js';

const w = tensor('w', [1, 1, 1, 1], [2]);

type WeightFields = Omit<MessageInitShape<typeof TensorProtoSchema>, '$typeName' | '$unknown'>;

function withWeight(weight: WeightFields): () => unknown {
  const initializers = [create(TensorProtoSchema, { name: 'w', dataType: TensorProto_DataType.FLOAT, ...weight })];
  return () => buildModel({ nodes: [node('Conv', ['x', 'w'], 'y')], initializers });
}

describe('tensors that lie about their size are refused', () => {
  it.each<[string, WeightFields, string]>([
    ['too few bytes', { dims: [2n, 1n], rawData: new Uint8Array(4) }, 'expected 8 bytes for shape [2, 1], got 4.'],
    ['no data', { dims: [2n] }, 'expected 8 bytes for shape [2], got 0.'],
    ['too few numbers', { dims: [3n], floatData: [1, 2] }, 'expected 3 numbers for shape [3], got 2.'],
    [
      'integers of the wrong number',
      { dims: [3n], int64Data: [1n], dataType: TensorProto_DataType.INT64 },
      'expected 3 numbers for shape [3], got 1.',
    ],
    ['2^80 numbers', { dims: [2n ** 40n, 2n ** 40n] }, 'expected a shape of less than 2^53 numbers'],
    ['a negative dimension', { dims: [-1n], rawData: new Uint8Array(4) }, 'expected dimensions >= 0'],
  ])('%s', (_, weight, message) => {
    expect(withWeight(weight)).toThrow(message);
    expect(withWeight(weight)).toThrow(ModelError);
  });

  it('but not an empty one, however large its other dimensions are', () => {
    const model = withWeight({ dims: [2n ** 50n, 2n ** 50n, 0n, 1n] })() as ReturnType<typeof buildModel>;
    expect(findLayers(model)).toMatchObject([{ supported: false, reason: 'its weight is empty' }]);
  });
});

describe('bytes that decode to far more memory than they take are refused before', () => {
  it('empty nodes', () => {
    // Field 7 of the model, the graph, of field 1, nodes, of length 0.
    const nodes = Buffer.alloc(2 * 1_100_000, Uint8Array.of(0x0a, 0));
    const length = Uint8Array.of(
      0x80 | (nodes.length & 127),
      0x80 | ((nodes.length >> 7) & 127),
      0x80 | ((nodes.length >> 14) & 127),
      nodes.length >> 21,
    );
    expect(() => decodeModel(Buffer.concat([Uint8Array.of(0x3a), length, nodes]))).toThrow(
      'Expected a model of at most 1000000 nodes, attributes and other messages, got more',
    );
  });

  it('integers of a byte each', () => {
    const int64Data = Array.from({ length: 11 }, () => 0n);
    const bytes = modelBytes({
      nodes: [node('Relu', ['x'], 'y')],
      initializers: [create(TensorProtoSchema, { name: 'w', dims: [11n], dataType: 7, int64Data })],
    });
    // The same packed list (field 7 of the tensor) with 11 million zeros, as the last field of a
    // tensor of its own.
    const zeros = new Uint8Array(11_000_000);
    const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
    const inTensor = Buffer.concat([Uint8Array.of(0x3a, ...varint(zeros.length)), zeros]);
    const inGraph = Buffer.concat([Uint8Array.of(0x2a, ...varint(inTensor.length)), inTensor]);
    const inModel = Buffer.concat([Uint8Array.of(0x3a, ...varint(inGraph.length)), inGraph]);
    expect(() => decodeModel(Buffer.concat([bytes, inModel]))).toThrow('at most 10000000 integers and texts in lists');
  });
});

describe('graphs of odd structure', () => {
  it.each([
    [
      'makes no tensor',
      node('Relu', ['x'], []),
      'Expected every node to make a tensor, got Relu "r", which makes none.',
    ],
    ['makes a tensor without a name', node('Relu', ['x'], ['']), 'which makes none.'],
  ])('are refused where a node %s', (_, broken, message) => {
    broken.name = 'r';
    expect(() => buildModel({ nodes: [node('Conv', ['x', 'w'], 'y'), broken], initializers: [w] })).toThrow(message);
  });

  it.each([
    ['an input that is left out', node('Conv', ['', 'w'], 'y'), 'expected an input and a weight, got 1 inputs.'],
    ['a weight that is left out', node('MatMul', ['x', ''], 'y'), 'expected an input and a weight, got 1 inputs.'],
    ['two outputs', node('Conv', ['x', 'w'], ['y', 'z']), 'expected one output, got 2.'],
  ])('are refused where a layer has %s', (_, layer, message) => {
    const model = buildModel({ nodes: [layer], initializers: [w] });
    expect(() => findLayers(model)).toThrow(message);
  });

  it.each(['Identity', 'Transpose'])('a weight behind 20,000 nodes %s is found without recursion', (op) => {
    const way = Array.from({ length: 20_000 }, (_, i) => node(op, [i === 0 ? 'm' : `m${i}`], `m${i + 1}`));
    const nodes = [...way, node('MatMul', ['x', 'm20000'], 'y')];
    const model = buildModel({ nodes, initializers: [tensor('m', [2, 3], [1, 2, 3, 4, 5, 6])] });
    expect(constantTensor(model, 'm20000')?.dims).toEqual([2n, 3n]);
  });

  it('an Identity of nothing is no constant', () => {
    const model = buildModel({ nodes: [node('Identity', [], 'i'), node('Conv', ['x', 'i'], 'y')] });
    expect(constantTensor(model, 'i')).toBeNull();
  });

  it('a node of 150,000 inputs is read: more than a call has arguments', () => {
    const many = node(
      'Sum',
      Array.from({ length: 150_000 }, () => 'w'),
      's',
    );
    const model = buildModel({ nodes: [many, node('Conv', ['x', 'w'], 'y')], initializers: [w] });
    expect(dependsOnInputs(model, 's')).toBe(false);
    expect(layersByDepth(model, layersOf(model))).toHaveLength(1);
  });

  it('20,000 inputs of one node are sorted with each looked at once', () => {
    let reads = 0;
    const names = Array.from({ length: 20_000 }, (_, i) => `t${i}`);
    const producers = names.map((name) => node('Relu', ['x'], name)).reverse();
    const sum = node('Sum', names, 'y');
    const input = sum.input;
    Object.defineProperty(sum, 'input', { get: () => ((reads += 1), input) });
    expect(sortNodes([sum, ...producers]).at(-1)).toBe(sum);
    expect(reads).toBeLessThan(10);
  });

  it('a BatchNormalization whose folding leaves float32 stays where it is', () => {
    const model = buildModel({
      nodes: [
        node('Conv', ['x', 'w'], 'c'),
        node('BatchNormalization', ['c', 'g', 'one', 'one', 'one'], 'y', [], 'norm'),
      ],
      initializers: [w, tensor('g', [1], [3e38]), tensor('one', [1], [1])],
    });
    const { folded, unfolded } = foldBatchNorm(model);
    expect(folded.size).toBe(0);
    expect(unfolded.get('norm')).toContain('numbers that float32 does not hold');
  });

  it('an input that fixes a batch beyond memory is refused', () => {
    const model = buildModel({
      nodes: [node('Conv', ['x', 'w'], 'y')],
      inputs: [value('x', [2 ** 31, 32, 32, 32])],
      initializers: [w],
    });
    const io = resolveModelIo(model, { input: null, output: null });
    expect(() => {
      checkSampleShape(io, [32, 32, 32]);
    }).toThrow('to take at most 268435456 numbers a run, got a batch of 2147483648 samples of shape [32, 32, 32]');
  });

  it('names from the file reach the terminal without control characters, and cut', () => {
    const proto = fromBinary(ModelProtoSchema, modelBytes({ nodes: [node('Relu', ['x'], 'y')] }));
    proto.graph!.node[0]!.input = [`\x1b[2J\u202e${'n'.repeat(10_000)}`];
    const message = messageOf(() => decodeModel(toBinary(ModelProtoSchema, proto)));
    expect(message).toContain('\\u001b[2J\\u202enn');
    expect(message.length).toBeLessThan(2000);
    expect(message).toMatch(/is made by nothing\.$/);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}
