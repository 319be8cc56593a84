import { create } from '@bufbuild/protobuf';
import { checkTensor, rawBytes } from '../check-tensor.js';
import { ModelError } from '../model-error.js';
import {
  AttributeProto_AttributeType,
  TensorProto_DataType,
  TensorProtoSchema,
  type GraphProto,
  type SparseTensorProto,
  type TensorProto,
} from '../proto/onnx_pb.js';
import { subgraphsOf } from '../subgraphs.js';
import { dataTypeName, elementCount, tensorShape } from '../tensor.js';

/** Bytes that one sparse tensor may take once it is dense: what a model may weigh. */
const MOST_BYTES = 2 ** 31 - 1;

/** Values and indices of all sparse tensors of a graph and its subgraphs. */
export function* sparsePartsOf(graph: GraphProto): Generator<TensorProto> {
  for (const sparse of graph.sparseInitializer) yield* partsOf(sparse);
  for (const node of graph.node) {
    for (const { sparseTensor } of node.attribute) if (sparseTensor !== undefined) yield* partsOf(sparseTensor);
    for (const subgraph of subgraphsOf(node)) yield* sparsePartsOf(subgraph);
  }
}

function* partsOf({ values, indices }: SparseTensorProto): Generator<TensorProto> {
  if (values !== undefined) yield values;
  if (indices !== undefined) yield indices;
}

/**
 * Turns the sparse initializers of a graph that was just decoded, and the sparse values of its
 * Constant nodes, into dense ones, in place: all that follows knows weights as dense tensors.
 * Subgraphs included.
 *
 * @throws ModelError for a sparse tensor that is damaged or of a type without a fixed size
 */
export function densifyGraph(graph: GraphProto): void {
  graph.initializer.push(...graph.sparseInitializer.map((sparse) => densify(sparse, sparse.values?.name ?? '')));
  graph.sparseInitializer = [];
  for (const node of graph.node) {
    for (const attribute of node.attribute) {
      if (attribute.sparseTensor === undefined || node.opType !== 'Constant') continue;
      attribute.t = densify(attribute.sparseTensor, node.output[0] ?? '');
      attribute.name = 'value';
      attribute.type = AttributeProto_AttributeType.TENSOR;
      delete attribute.sparseTensor;
    }
    for (const subgraph of subgraphsOf(node)) densifyGraph(subgraph);
  }
}

/**
 * The dense tensor of a sparse one in COO form: zeros, and `values[i]` at `indices[i]`, a place in
 * row-major order, or one for each axis (`[NNZ]` or `[NNZ, rank]`; ONNX IR, SparseTensorProto).
 */
function densify({ values, indices, dims }: SparseTensorProto, name: string): TensorProto {
  const refuse = (problem: string): never => {
    throw new ModelError(`Sparse tensor "${name}": ${problem}.`);
  };
  if (values === undefined) return refuse('expected values, got none');
  const dense = create(TensorProtoSchema, { name, dims, dataType: values.dataType });
  const shape = tensorShape(dense);
  const bytes = rawBytes(dense);
  if (bytes === null) return refuse(`expected numbers, got ${dataTypeName(values.dataType)}`);
  if (bytes > MOST_BYTES) return refuse(`expected at most 2 GB once it is dense, got shape [${shape.join(', ')}]`);
  checkTensor(values);
  const stored = rawData(values);
  const count = elementCount(tensorShape(values));
  const places = count === 0 ? [] : placesOf(indices, shape, count, refuse);
  const itemBytes = count === 0 ? 0 : stored.length / count;
  const data = new Uint8Array(bytes);
  for (const [index, place] of places.entries()) {
    data.set(stored.subarray(index * itemBytes, (index + 1) * itemBytes), place * itemBytes);
  }
  dense.rawData = data;
  return dense;
}

/** Row-major places of the values. */
function placesOf(
  indices: TensorProto | undefined,
  shape: readonly number[],
  count: number,
  refuse: (problem: string) => never,
): readonly number[] {
  if (indices?.dataType !== TensorProto_DataType.INT64) return refuse('expected indices in int64');
  checkTensor(indices);
  const raw = rawData(indices);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const numbers = Array.from({ length: raw.byteLength / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  const [rows, axes] = tensorShape(indices);
  const isLinear = indices.dims.length === 1;
  if (rows !== count || (!isLinear && (indices.dims.length !== 2 || axes !== shape.length))) {
    const wanted = `[${count}] or [${count}, ${shape.length}]`;
    return refuse(`expected indices of shape ${wanted}, got [${indices.dims.join(', ')}]`);
  }
  const lengths = isLinear ? [elementCount(shape)] : shape;
  return Array.from({ length: count }, (_, row) => {
    let place = 0;
    for (const [axis, length] of lengths.entries()) {
      const index = numbers[row * lengths.length + axis]!;
      if (index < 0 || index >= length) return refuse(`expected indices below ${length}, got ${index}`);
      place = place * length + index;
    }
    return place;
  });
}

/** The numbers of a tensor as its raw data would hold them, little-endian. */
function rawData(tensor: TensorProto): Uint8Array {
  if (tensor.rawData.length > 0) return tensor.rawData;
  const { floatData, doubleData, int64Data, uint64Data, int32Data } = tensor;
  const arrays: ReadonlyMap<number, () => ArrayBufferView> = new Map<number, () => ArrayBufferView>([
    [TensorProto_DataType.FLOAT, () => Float32Array.from(floatData)],
    [TensorProto_DataType.COMPLEX64, () => Float32Array.from(floatData)],
    [TensorProto_DataType.DOUBLE, () => Float64Array.from(doubleData)],
    [TensorProto_DataType.COMPLEX128, () => Float64Array.from(doubleData)],
    [TensorProto_DataType.INT64, () => BigInt64Array.from(int64Data)],
    [TensorProto_DataType.UINT64, () => BigUint64Array.from(uint64Data)],
    [TensorProto_DataType.UINT32, () => Uint32Array.from(uint64Data, Number)],
    [TensorProto_DataType.INT32, () => Int32Array.from(int32Data)],
    [TensorProto_DataType.INT8, () => Uint8Array.from(int32Data)],
    [TensorProto_DataType.UINT8, () => Uint8Array.from(int32Data)],
    [TensorProto_DataType.BOOL, () => Uint8Array.from(int32Data)],
  ]);
  // Else of 16 bits: int16, uint16, float16 and bfloat16 by their bits.
  const view = arrays.get(tensor.dataType)?.() ?? Uint16Array.from(int32Data);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
