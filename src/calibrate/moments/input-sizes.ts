import { cutGraph } from '../../onnx/edits/cut-graph.js';
import { applyEdits } from '../../onnx/edits/edits.js';
import { GraphPatch } from '../../onnx/edits/graph-patch.js';
import type { Layer } from '../../onnx/layers/layers.js';
import { intAttribute, makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { TensorProto_DataType } from '../../onnx/proto/onnx_pb.js';
import type { StatisticsTensor } from '../statistics-accumulator.js';

/** A model that says how large the images are that its layers read. */
export interface InputSizesGraph {
  readonly model: OnnxModel;
  /** Output with the dimensions of each tensor. */
  readonly shapes: ReadonlyMap<string, string>;
}

export function inputSizesGraph(folded: OnnxModel, layers: readonly Layer[]): InputSizesGraph {
  const patch = new GraphPatch(folded);
  const tensors = new Set(layers.filter(({ inputRank }) => (inputRank ?? 2) > 2).map((layer) => layer.inputTensor));
  const shapes = new Map(
    Array.from(tensors, (tensor, index) => {
      const name = `${patch.prefix}size/${index}`;
      const shape = patch.apply('Shape', [tensor], `${name}/integers`);
      patch.node(makeNode('Cast', [shape], name, [intAttribute('to', TensorProto_DataType.FLOAT)]));
      return [tensor, name] as const;
    }),
  );
  return { model: cutGraph(applyEdits(folded, patch.edits), [...shapes.values()]), shapes };
}

/** Sizes by tensor, without samples and channels, from the outputs of a run of any samples. */
export function inputSizes(
  { shapes }: Pick<InputSizesGraph, 'shapes'>,
  outputs: Readonly<Record<string, StatisticsTensor>>,
): ReadonlyMap<string, readonly number[]> {
  return new Map(Array.from(shapes, ([tensor, name]) => [tensor, [...outputs[name]!.data.slice(2)]]));
}
