import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { constantTensor } from '../../src/onnx/constants.js';
import { foldBatchNorm } from '../../src/onnx/folding/fold-batch-norm.js';
import { findLayers } from '../../src/onnx/layers/layers.js';
import { floatAttribute, intsAttribute } from '../../src/onnx/node.js';
import { decodeModel, encodeModel, type OnnxModel } from '../../src/onnx/onnx-model.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  ModelProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorProto_DataType,
  type SparseTensorProto,
} from '../../src/onnx/proto/onnx_pb.js';
import { readFloatTensor } from '../../src/onnx/tensor.js';
import { readModelFile } from '../../src/engine/session/model-file.js';
import { Session } from '../../src/engine/session/session.js';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';
import { modelBytes, node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { oneThread } from '../engine/small-experiment.js';
import { writeSweep } from './write-sweep.js';

/** `[2, 2, 1, 3]` with 1, 2, 3 at row-major places 1, 6 and 11. */
const DENSE = [0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3];
const DIMS = [2n, 2n, 1n, 3n];

function indices(dims: readonly bigint[], numbers: readonly number[]) {
  const data = BigInt64Array.from(numbers, BigInt);
  return create(TensorProtoSchema, {
    name: 'w_indices',
    dims: [...dims],
    dataType: TensorProto_DataType.INT64,
    rawData: new Uint8Array(data.buffer),
  });
}

function sparse(form: 'linear' | 'axes', values = tensor('w', [3], [1, 2, 3])): SparseTensorProto {
  const at = form === 'linear' ? indices([3n], [1, 6, 11]) : indices([3n, 4n], [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 2]);
  return create(SparseTensorProtoSchema, { values, indices: at, dims: DIMS });
}

const convolution: ModelSpec = { nodes: [node('Conv', ['x', 'w'], 'y')], inputs: [value('x', ['N', 2, 4, 4])] };

/** A convolution whose weight is a sparse initializer. */
function sparseModel(weight: SparseTensorProto): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, modelBytes({ ...convolution, initializers: [tensor('w', [1], [0])] }));
  proto.graph!.initializer = [];
  proto.graph!.sparseInitializer = [weight];
  return toBinary(ModelProtoSchema, proto);
}

function weightOf(model: OnnxModel): number[] {
  const [layer] = findLayers(model);
  expect(layer).toMatchObject({ supported: true, weightShape: [2, 2, 1, 3] });
  return [...readFloatTensor(constantTensor(model, 'w')!)];
}

describe('25: weights as sparse tensors', () => {
  it.each(['linear', 'axes'] as const)('with %s indices are the dense weights', async (form) => {
    const bytes = sparseModel(sparse(form));
    const model = decodeModel(bytes);
    expect(weightOf(model)).toEqual(DENSE);
    expect(decodeModel(encodeModel(model)).graph.sparseInitializer).toEqual([]);

    // The runtime reads the sparse file and the dense one alike.
    const input = { data: Float32Array.from(randomFloats(3, 32)), dims: [1, 2, 4, 4] };
    const outputs = await Promise.all(
      [bytes, encodeModel(model)].map(async (each) => {
        const session = await Session.create(each, 'x', oneThread);
        const { y } = await session.run(input);
        await session.release();
        return y!.data;
      }),
    );
    expect(outputs[1]).toEqual(outputs[0]);
  });

  it('as typed data, as float16, and as none at all', () => {
    const typed = create(TensorProtoSchema, { name: 'w', dims: [3n], dataType: 1, floatData: [1, 2, 3] });
    expect(weightOf(decodeModel(sparseModel(sparse('linear', typed))))).toEqual(DENSE);
    const half = create(TensorProtoSchema, {
      name: 'w',
      dims: [3n],
      dataType: 10,
      int32Data: [0x3c00, 0x4000, 0x4200],
    });
    const { rawData } = decodeModel(sparseModel(sparse('linear', half))).graph.initializer[0]!;
    expect([...new Uint16Array(new Uint8Array(rawData).buffer)]).toEqual(
      DENSE.map((number) => [0, 0x3c00, 0x4000, 0x4200][number]),
    );
    const empty = create(SparseTensorProtoSchema, { values: tensor('w', [0], []), dims: DIMS });
    expect(weightOf(decodeModel(sparseModel(empty)))).toEqual(DENSE.map(() => 0));
  });

  it('in a Constant node', () => {
    const attribute = create(AttributeProtoSchema, {
      name: 'sparse_value',
      type: AttributeProto_AttributeType.SPARSE_TENSOR,
      sparseTensor: sparse('linear', tensor('', [3], [1, 2, 3])),
    });
    const nodes = [node('Constant', [], 'w', [attribute]), ...convolution.nodes];
    expect(weightOf(decodeModel(modelBytes({ ...convolution, nodes })))).toEqual(DENSE);
  });

  it('in external data', () => {
    const folder = temporaryFolder();
    const values = tensor('w', [3], []);
    Object.assign(values, { rawData: new Uint8Array(), dataLocation: 1 });
    values.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: 'w.bin' })];
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(Float32Array.of(1, 2, 3).buffer));
    writeFileSync(join(folder, 'm.onnx'), sparseModel(sparse('linear', values)));
    expect(weightOf(readModelFile(join(folder, 'm.onnx')).model)).toEqual(DENSE);
  });

  it.each([
    [{ indices: indices([3n], [1, 6, 12]) }, 'Sparse tensor "w": expected indices below 12, got 12.'],
    [{ indices: indices([3n], [-1, 6, 11]) }, 'expected indices below 12, got -1.'],
    [{ indices: indices([2n], [1, 6]) }, 'expected indices of shape [3] or [3, 4], got [2].'],
    [{ indices: undefined }, 'expected indices in int64.'],
    [{ values: undefined }, 'expected values, got none.'],
    [{ dims: [2n ** 30n, 2n, 1n, 3n] }, 'expected at most 2 GB once it is dense'],
    [{ dims: [2n ** 62n, 2n, 1n, 3n] }, 'expected dimensions >= 0'],
  ])('that are damaged are refused: %#', (change, message) => {
    const damaged = Object.assign(create(SparseTensorProtoSchema), sparse('linear'), change);
    expect(() => decodeModel(sparseModel(damaged))).toThrow(message);
  });
});

/** Upsample and BatchNormalization as each opset writes them, around convolutions. */
function networkOf(opset: number): ModelSpec {
  const scales = [1, 1, 2, 2];
  const upsample =
    opset < 9
      ? node('Upsample', ['r'], 'u', [
          create(AttributeProtoSchema, { name: 'scales', type: AttributeProto_AttributeType.FLOATS, floats: scales }),
        ])
      : node(opset < 10 ? 'Upsample' : 'Resize', opset < 11 ? ['r', 'scales'] : ['r', '', 'scales'], 'u');
  return {
    opset,
    irVersion: opset < 9 ? 3 : 8,
    nodes: [
      node('Conv', ['x', 'w1'], 'c1', [intsAttribute('pads', [1, 1, 1, 1])]),
      node('BatchNormalization', ['c1', 'gamma', 'beta', 'mean', 'variance'], 'n', [floatAttribute('epsilon', 1e-5)]),
      node('Relu', ['n'], 'r'),
      upsample,
      node('Conv', ['u', 'w2'], 'c2'),
      node('GlobalAveragePool', ['c2'], 'p'),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'w3', 'b3'], 'y'),
    ],
    inputs: [
      value('x', ['N', 3, 6, 6]),
      // Of IR 3 initializers are inputs as well.
      ...(opset < 9 ? [value('w1', [4, 3, 3, 3]), value('w2', [4, 4, 1, 1])] : []),
    ],
    initializers: [
      tensor('w1', [4, 3, 3, 3], randomFloats(1, 108)),
      tensor('gamma', [4], [1, 2, 0.5, 3]),
      tensor('beta', [4], [0.1, 0, -0.1, 0]),
      tensor('mean', [4], [0.3, 0, -0.2, 0.5]),
      tensor('variance', [4], [1, 2, 0.5, 3]),
      tensor('w2', [4, 4, 1, 1], randomFloats(2, 16)),
      tensor('w3', [4, 5], randomFloats(3, 20)),
      tensor('b3', [5], randomFloats(4, 5)),
      ...(opset < 9 ? [] : [tensor('scales', [4], scales)]),
    ],
  };
}

describe('25: opsets at both ends', () => {
  it.each([7, 8, 26])(
    '%i is swept and exported',
    async (opset) => {
      const folder = temporaryFolder();
      const file = writeSweep(folder, networkOf(opset), [3, 6, 6]);
      const run = await quantsweep(folder, 'run', file);
      expect(run.stderr).toBe('');
      expect(run.stdout).toContain('3 trials run, 0 cached, 0 failed.');
      const sql = "SELECT count(*) AS n, min(sqnr_db) > 35 AS near FROM v_layer_loss WHERE op = 'Conv'";
      const { stdout } = await quantsweep(folder, 'query', sql, '--db', 'q.db', '--format', 'csv');
      expect(stdout).toBe('n,near\r\n8,1\r\n');
      const exported = await quantsweep(folder, 'export', 'best', '--db', 'q.db', '-o', 'out.onnx');
      expect([exported.stderr, exported.code]).toEqual(['', 0]);
      const session = await Session.create(encodeModel(readModelFile(join(folder, 'out.onnx')).model), 'x', oneThread);
      const { y } = await session.run({ data: Float32Array.from(randomFloats(5, 108)), dims: [1, 3, 6, 6] });
      expect(y!.dims).toEqual([1, 5]);
      await session.release();
    },
    60_000,
  );

  it('25 is read, and what the runtime loads', async () => {
    const session = await Session.create(modelBytes(networkOf(25)), 'x', oneThread);
    await session.release();
    expect(decodeModel(modelBytes(networkOf(25))).opset).toBe(25);
  });

  it.each([
    [{ opset: 6 }, 'Opset 6 is not supported: expected opset 7 to 26. Convert the model: python -c "import onnx, '],
    [
      { opset: 27 },
      "convert_version(onnx.load('model.onnx'), 21), 'converted.onnx')\", or export it again with opset 21.",
    ],
    [{ irVersion: 14 }, "m.ir_version = 13; onnx.save(m, 'converted.onnx')\""],
  ])('%j is refused with the command that converts', async (change, message) => {
    const folder = temporaryFolder();
    const file = writeSweep(folder, { ...networkOf(13), ...change }, [3, 6, 6]);
    const { code, stderr } = await quantsweep(folder, 'plan', file);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'q.db'))).toBe(false);
  });

  it('statistics of each position, as BatchNormalization had before opset 9, are not folded', () => {
    const network = networkOf(8);
    const spatial = network.nodes.map((each) =>
      each.opType === 'BatchNormalization'
        ? node('BatchNormalization', each.input, 'n', [
            create(AttributeProtoSchema, { name: 'spatial', type: AttributeProto_AttributeType.INT, i: 0n }),
          ])
        : each,
    );
    expect(foldedNorms(networkOf(8))).toBe(1);
    expect(foldedNorms({ ...network, nodes: spatial })).toBe(0);
  });
});

function foldedNorms(model: ModelSpec): number {
  return foldBatchNorm(decodeModel(modelBytes(model))).folded.size;
}
