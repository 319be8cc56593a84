import type { Layer } from '../onnx/layers/layers.js';
import { targets, type PlacingTargetName } from './registry.js';

/** Whether a layer's weight has one scale beside the target, whatever other layers' have. */
export function hasOneScale({ op, layout }: Pick<Layer, 'op' | 'layout'>, target: PlacingTargetName): boolean {
  // No axis of `[I, O/g, k...]` is that of the output channels.
  if (op === 'ConvTranspose' && layout.groups > 1) return true;
  return [targets[target].operators[op] ?? []].flat().some(({ weights }) => weights === 'tensor');
}
