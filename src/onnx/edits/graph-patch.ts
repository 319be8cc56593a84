import { equals } from '@bufbuild/protobuf';
import type { GraphEdit } from './edits.js';
import { ModelError } from '../model-error.js';
import { floatAttribute, intAttribute, intsAttribute, makeNode } from '../node.js';
import type { OnnxModel } from '../onnx-model.js';
import { TensorProtoSchema, type NodeProto, type TensorProto } from '../proto/onnx_pb.js';
import { floatTensor, int64Tensor } from '../tensor.js';

/**
 * 1.5 * 2^23: adding and subtracting it rounds a float32 of magnitude below 2^22 to the nearest
 * integer, half to even.
 */
export const ROUNDING = 12582912;

/** 1.5 * 2^52: the same for a float64 of magnitude below 2^51. */
export const FLOAT64_ROUNDING = 6755399441055744;

/** `end` of a slice that goes to the end of its axis. */
export const TO_THE_END = Number.MAX_SAFE_INTEGER;

export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Collects edits that add nodes, writing each operator as the model's opset spells it. New tensors
 * are named `quantsweep/...`, or as `OnnxModel.ownPrefix` says where the model has such names.
 */
export class GraphPatch {
  readonly edits: GraphEdit[] = [];
  /** What the names of added nodes and tensors begin with. */
  readonly prefix: string;
  readonly opset: number;
  readonly #initializers: Map<string, TensorProto>;

  constructor(model: OnnxModel) {
    this.opset = model.opset;
    this.prefix = model.ownPrefix;
    this.#initializers = new Map(model.index.initializers);
  }

  edit(edit: GraphEdit): void {
    this.edits.push(edit);
  }

  node(node: NodeProto): void {
    this.edits.push({ kind: 'addNode', node });
  }

  /**
   * Adds an initializer unless the same one is there.
   *
   * @throws ModelError where the name stands for other numbers
   */
  initializer(tensor: TensorProto): string {
    const known = this.#initializers.get(tensor.name);
    if (known === undefined) {
      this.#initializers.set(tensor.name, tensor);
      this.edits.push({ kind: 'addInitializer', tensor });
    } else if (known !== tensor && !equals(TensorProtoSchema, known, tensor)) {
      throw new ModelError(`Initializer "${tensor.name}" is in the graph with other numbers.`);
    }
    return tensor.name;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.initializer(floatTensor(name, dims, values));
  }

  scalar(value: number): string {
    return this.floats(`${this.prefix}scalar/${value}`, [], Float32Array.of(value));
  }

  /** An elementwise operator or any other without attributes. */
  apply(op: string, inputs: readonly string[], output: string): string {
    this.node(makeNode(op, inputs, output));
    return output;
  }

  /**
   * Reduction over the axes, which are dropped from the shape. Without axes the tensor itself is
   * returned.
   */
  reduce(
    op: 'ReduceMax' | 'ReduceMin' | 'ReduceMean' | 'ReduceSum',
    input: string,
    axes: readonly number[],
    output: string,
  ): string {
    if (axes.length === 0) return this.apply('Identity', [input], output);
    const keepDims = intAttribute('keepdims', 0);
    if (this.opset >= (op === 'ReduceSum' ? 13 : 18)) {
      const axesTensor = this.initializer(int64Tensor(`${this.prefix}axes/${axes.join('_')}`, axes));
      this.node(makeNode(op, [input, axesTensor], output, [keepDims]));
    } else {
      this.node(makeNode(op, [input], output, [intsAttribute('axes', axes), keepDims]));
    }
    return output;
  }

  reshape(input: string, shape: readonly number[], output: string): string {
    const shapeTensor = this.initializer(int64Tensor(`${this.prefix}shape/${shape.join('_')}`, shape));
    return this.apply('Reshape', [input, shapeTensor], output);
  }

  transpose(input: string, permutation: readonly number[], output: string): string {
    this.node(makeNode('Transpose', [input], output, [intsAttribute('perm', permutation)]));
    return output;
  }

  concat(inputs: readonly string[], axis: number, output: string): string {
    this.node(makeNode('Concat', inputs, output, [intAttribute('axis', axis)]));
    return output;
  }

  /**
   * What lies from `start` to before `end` on each axis, which may count from its end.
   *
   * @param steps from one number to the next on each of the axes, from opset 10 on
   */
  slice(input: string, ranges: readonly SliceRange[], output: string, steps: readonly number[] = []): string {
    const [axes, starts, ends] = (['axis', 'start', 'end'] as const).map((part) => ranges.map((range) => range[part]));
    if (this.opset >= 10) {
      const values = [starts!, ends!, axes!, ...(steps.some((step) => step !== 1) ? [steps] : [])];
      const constants = values.map((each) =>
        this.initializer(int64Tensor(`${this.prefix}range/${each.join('_')}`, each)),
      );
      return this.apply('Slice', [input, ...constants], output);
    }
    const attributes = Object.entries({ axes: axes!, starts: starts!, ends: ends! });
    this.node(
      makeNode(
        'Slice',
        [input],
        output,
        attributes.map(([name, values]) => intsAttribute(name, values)),
      ),
    );
    return output;
  }

  /** Zeros around the tensor: so many before each axis, then so many behind each. */
  pad(input: string, pads: readonly number[], output: string): string {
    if (this.opset >= 11) {
      return this.apply(
        'Pad',
        [input, this.initializer(int64Tensor(`${this.prefix}pads/${pads.join('_')}`, pads))],
        output,
      );
    }
    this.node(makeNode('Pad', [input], output, [intsAttribute('pads', pads)]));
    return output;
  }

  /**
   * Round half to even, then clip to integers `low..high`. Before opset 11 there is no Round: there
   * the value is clipped first and rounded by adding and subtracting 1.5 * 2^23, which gives the
   * same integers.
   */
  roundAndClip(input: string, low: number, high: number, output: string): string {
    if (this.opset >= 11) {
      const rounded = this.apply('Round', [input], `${output}/round`);
      return this.apply('Clip', [rounded, this.scalar(low), this.scalar(high)], output);
    }
    const clipped = `${output}/clip`;
    this.node(makeNode('Clip', [input], clipped, [floatAttribute('min', low), floatAttribute('max', high)]));
    const shifted = this.apply('Add', [clipped, this.scalar(ROUNDING)], `${output}/shift`);
    return this.apply('Sub', [shifted, this.scalar(ROUNDING)], output);
  }
}
