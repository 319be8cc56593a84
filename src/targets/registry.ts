import { onnxruntimeCpu } from './definitions/onnxruntime-cpu.js';
import { onnxruntimeCpuAvx2 } from './definitions/onnxruntime-cpu-avx2.js';
import { openvino } from './definitions/openvino.js';
import { qnn } from './definitions/qnn.js';
import { tensorrt } from './definitions/tensorrt.js';
import { xnnpack } from './definitions/xnnpack.js';
import type { Target } from './target.js';

/** Targets that place quantizers by rules of their own, by name. */
export const targets = {
  'onnxruntime-cpu': onnxruntimeCpu,
  'onnxruntime-cpu-avx2': onnxruntimeCpuAvx2,
  tensorrt,
  openvino,
  qnn,
  xnnpack,
} satisfies Record<string, Target>;

export type PlacingTargetName = keyof typeof targets;

/**
 * `layers-only` quantizes the input and the weight of each layer, nothing else, and is no target
 * that exists.
 */
export type TargetName = 'layers-only' | PlacingTargetName;

/** In the order of the documentation. */
export const targetNames = ['layers-only', ...(Object.keys(targets) as PlacingTargetName[])] as const;

/** Null for `layers-only`. */
export function targetOf(name: TargetName | undefined): Target | null {
  return name === undefined || name === 'layers-only' ? null : targets[name];
}
