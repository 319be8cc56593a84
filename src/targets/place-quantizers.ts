import type { OnnxModel } from '../onnx/onnx-model.js';
import type { Placement } from './placement.js';
import type { Target } from './target.js';

/** What of a model is to be quantized. */
export interface Wanted {
  /** Output tensors of the layers that are quantized; other layers stay in float. */
  readonly layers: ReadonlySet<string>;
  /** False: nothing but these layers, e.g. to find out what one layer costs. */
  readonly others: boolean;
}

/**
 * Where the target's quantizers are in a model whose BatchNormalization is folded; pure.
 *
 * @param model not changed
 */
export function placeQuantizers(_model: OnnxModel, _target: Target, _wanted: Wanted): Placement {
  return { quantizers: [], groups: [], nodes: [] };
}
