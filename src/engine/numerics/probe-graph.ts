import { intAttribute, intsAttribute, makeNode } from '../../onnx/node.js';
import type { AttributeProto, NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.js';
import { smallModel } from '../../onnx/small-model.js';
import { elementCount, floatTensor, int64Tensor } from '../../onnx/tensor.js';
import { createPrng, type Prng } from '../../statistics/prng.js';
import type { FloatTensor } from '../session/session.js';

/** A model with what is fed to it: the same bytes on every machine. */
export interface ProbeModel {
  readonly model: Uint8Array;
  readonly input: 'x';
  readonly batch: FloatTensor;
}

/**
 * Collects the nodes and pseudo-random constants of a probe model. Of its input `x` every value
 * that was marked as a result is, flattened, in its one output.
 */
export class ProbeGraph {
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #results: string[] = [];
  readonly #random: Prng;
  readonly #batch: FloatTensor;

  constructor(seed: number, inputShape: readonly number[]) {
    this.#random = createPrng(seed);
    this.#batch = { data: this.uniform(elementCount(inputShape), 1), dims: inputShape };
  }

  /** Numbers in [-amplitude, amplitude), of 32 random bits each before they are rounded. */
  uniform(count: number, amplitude: number): Float32Array {
    return new Float32Array(count).map(() => amplitude * (this.#random.nextUint32() / 2 ** 31 - 1));
  }

  /** Integers in [-bound, bound]. */
  integers(count: number, bound: number): Int8Array {
    return new Int8Array(count).map(() => this.#random.nextBelow(2 * bound + 1) - bound);
  }

  /** Weights whose products with inputs of any size add up to about that size. */
  weight(shape: readonly number[], fanIn = elementCount(shape.slice(1))): string {
    return this.constant(shape, this.uniform(elementCount(shape), 1.7 / Math.sqrt(fanIn)));
  }

  constant(shape: readonly number[], values: Float32Array): string {
    return this.raw((name) => floatTensor(name, shape, values));
  }

  int64(values: readonly number[]): string {
    return this.raw((name) => int64Tensor(name, values));
  }

  raw(tensor: (name: string) => TensorProto): string {
    const name = `c${this.#constants.length}`;
    this.#constants.push(tensor(name));
    return name;
  }

  /** The name of what the new node gives. */
  node(op: string, inputs: readonly string[], attributes: readonly AttributeProto[] = []): string {
    const name = `n${this.#nodes.length}`;
    this.#nodes.push(makeNode(op, inputs, name, attributes));
    return name;
  }

  /** Marks a value as a result, and gives it back. */
  result(value: string): string {
    this.#results.push(value);
    return value;
  }

  build(): ProbeModel {
    const row = this.int64([1, -1]);
    const flat = this.#results.map((value) => this.node('Reshape', [value, row]));
    const nodes = [...this.#nodes, makeNode('Concat', flat, 'y', [intAttribute('axis', 1)])];
    const model = smallModel({
      ...{ nodes, inputShape: this.#batch.dims, outputShape: null, initializers: this.#constants },
    });
    return { model, input: 'x', batch: this.#batch };
  }
}

/** Attributes of an operator with a window. */
export function window(kernel: number, stride: number, pad: number): readonly AttributeProto[] {
  return [
    intsAttribute('kernel_shape', [kernel, kernel]),
    intsAttribute('strides', [stride, stride]),
    intsAttribute('pads', [pad, pad, pad, pad]),
  ];
}
