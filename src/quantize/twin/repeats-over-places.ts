import { constantTensor } from '../../onnx/constants.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';

/** Operators that make one number of all places. */
const REDUCING = /^(?:Global.*Pool|Reduce.*)$/;

/** Operators whose first input has the places of their output. */
const KEEPS_PLACES =
  /^(?:Conv|Relu|LeakyRelu|PRelu|Sigmoid|HardSigmoid|HardSwish|Clip|Tanh|Elu|Dropout|Identity|BatchNormalization)$/;

/**
 * True of a tensor whose last dimension is 1 whatever the model is fed, by the operators before it:
 * what a larger tensor is added to or multiplied by repeats it over its places.
 */
export function repeatsOverPlaces(model: OnnxModel, tensor: string): boolean {
  for (let place = tensor; ;) {
    const constant = constantTensor(model, place);
    if (constant !== null) return constant.dims.length === 0 || Number(constant.dims.at(-1)) === 1;
    const node = model.index.producers.get(place);
    if (node === undefined) return false;
    if (REDUCING.test(node.opType)) return true;
    if (!KEEPS_PLACES.test(node.opType)) return false;
    place = node.input[0] ?? '';
  }
}
