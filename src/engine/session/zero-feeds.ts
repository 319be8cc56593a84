import type { OnnxModel } from '../../onnx/onnx-model.js';
import { TensorProto_DataType, type ValueInfoProto } from '../../onnx/proto/onnx_pb.js';
import { elementCount } from '../../onnx/tensor.js';
import type { Feed, Feeds, FloatTensor } from './session.js';

/** What a session's `run` takes. */
export interface ZeroFeeds {
  readonly input: string;
  readonly batch: FloatTensor;
  readonly further: Feeds;
}

/** By the code of the type. */
const fed = new Map<number, (count: number, dims: readonly number[]) => Feed>([
  [TensorProto_DataType.FLOAT, (count, dims) => ({ type: 'float32', data: new Float32Array(count), dims })],
  [TensorProto_DataType.INT64, (count, dims) => ({ type: 'int64', data: new BigInt64Array(count), dims })],
  [TensorProto_DataType.INT32, (count, dims) => ({ type: 'int32', data: new Int32Array(count), dims })],
  [TensorProto_DataType.UINT8, (count, dims) => ({ type: 'uint8', data: new Uint8Array(count), dims })],
  [TensorProto_DataType.BOOL, (count, dims) => ({ type: 'bool', data: new Uint8Array(count), dims })],
]);

/**
 * Zeros for every input of a model, one sample where the first dimension is free; null where
 * another dimension is free, or an input is of a type that is not fed.
 */
export function zeroFeeds({ graph, index }: OnnxModel): ZeroFeeds | null {
  const feeds: (Feed & { readonly name: string })[] = [];
  for (const input of index.inputs) {
    const feed = zerosOf(graph.input.find(({ name }) => name === input)!);
    if (feed === null) return null;
    feeds.push({ name: input, ...feed });
  }
  const first = feeds.find(({ data }) => data instanceof Float32Array);
  if (first === undefined) return null;
  return {
    input: first.name,
    batch: { data: first.data as Float32Array, dims: first.dims },
    further: Object.fromEntries(feeds.filter((feed) => feed !== first).map(({ name, ...feed }) => [name, feed])),
  };
}

function zerosOf({ type }: ValueInfoProto): Feed | null {
  const { elemType, shape } = type?.tensorType ?? {};
  if (shape === undefined) return null;
  const dims = shape.dim.map(({ value }, axis) => {
    if (value.case === 'dimValue') return Number(value.value);
    return axis === 0 ? 1 : null;
  });
  if (dims.includes(null)) return null;
  const known = dims as number[];
  return fed.get(elemType ?? 0)?.(elementCount(known), known) ?? null;
}
