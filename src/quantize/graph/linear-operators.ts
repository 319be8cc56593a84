import type { GraphPatch } from '../../onnx/edits/graph-patch.js';
import { RUNTIME_DOMAIN } from '../../onnx/model-header.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import type { TensorProto } from '../../onnx/proto/onnx_pb.js';

/**
 * Adds QuantizeLinear and DequantizeLinear to a graph. A form that the model's opset does not have
 * yet is written in the domain `com.microsoft`.
 */
export class LinearOperators {
  /** Whether something was written in the domain `com.microsoft`. */
  usesRuntimeDomain = false;
  readonly #patch: GraphPatch;
  readonly #opset: number;
  readonly #stored: TensorProto[] = [];

  constructor(patch: GraphPatch, opset: number) {
    this.#patch = patch;
    this.#opset = opset;
  }

  /**
   * Opset 10 has both operators for 8 bits per tensor (and DequantizeLinear of 32), 13 per axis, 21
   * for 4 and 16 bits.
   *
   * @param inputs with scale and zero point
   * @param axis of the scales; null: there is one
   * @param name of the node, where another node has the output's already
   * @returns the output
   */
  add(
    op: 'QuantizeLinear' | 'DequantizeLinear',
    inputs: readonly string[],
    output: string,
    bits: 4 | 8 | 16 | 32,
    axis: number | null,
    name: string = output,
  ): string {
    const needed = bits === 16 || bits === 4 ? 21 : axis === null ? 10 : 13;
    const node = makeNode(op, inputs, output, axis === null ? [] : [intAttribute('axis', axis)]);
    node.name = name;
    if (this.#opset < needed) {
      node.domain = RUNTIME_DOMAIN;
      this.usesRuntimeDomain = true;
    }
    this.#patch.node(node);
    return output;
  }

  /**
   * The initializer's name, or that of one with the same numbers: layers that share a weight share
   * its integers where they are the same.
   */
  store(tensor: TensorProto): string {
    const same = this.#stored.find(
      ({ dataType, dims, rawData }) =>
        dataType === tensor.dataType &&
        dims.join() === tensor.dims.join() &&
        Buffer.compare(rawData, tensor.rawData) === 0,
    );
    if (same !== undefined) return same.name;
    this.#stored.push(tensor);
    return this.#patch.initializer(tensor);
  }
}
