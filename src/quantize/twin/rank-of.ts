import { constantTensor } from '../../onnx/constants.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';

/** Operators whose first input has as many dimensions as their output. */
const KEEPS_RANK = new Set(
  `Add AveragePool BatchNormalization Clip Concat DepthToSpace Div Dropout Elu GlobalAveragePool GlobalMaxPool HardSigmoid
   HardSwish Identity InstanceNormalization LeakyRelu MaxPool Mul PRelu Pad Relu Resize Sigmoid Slice Softmax SpaceToDepth
   Split Sub Tanh Transpose Upsample`.split(/\s+/),
);

/** Dimensions of a tensor as the operators before it tell; null where they do not. */
export function rankOf(model: OnnxModel, tensor: string): number | null {
  for (let place = tensor; ;) {
    const node = model.index.producers.get(place);
    if (node === undefined) {
      const input = model.graph.input.find(({ name }) => name === place);
      const type = input?.type?.tensorType;
      const dims = type?.shape?.dim;
      return dims?.length ?? null;
    }
    if (node.opType === 'Conv' || node.opType === 'ConvTranspose') {
      return constantTensor(model, node.input[1] ?? '')?.dims.length ?? null;
    }
    if (!KEEPS_RANK.has(node.opType)) return null;
    place = node.input[0] ?? '';
  }
}
