import { basename } from 'node:path';
import type { SweepPlan } from '../plan/plan.js';
import { PACKED_OPSET } from '../quantize/quantizers/integer-tensor.js';
import type { SweepInputs } from './sweep-inputs.js';

/** Where fewer than 5 bits take an operator that only onnxruntime reads: each model once. */
export function frontierNotes(
  { stages }: Pick<SweepPlan, 'stages'>,
  inputs: Pick<SweepInputs, 'modelOf'>,
): readonly string[] {
  const paths = stages.flatMap((stage) =>
    stage.kind === 'keep' &&
    stage.by === 'frontier' &&
    stage.frontier.minimize === 'size' &&
    stage.frontier.bits.some((bits) => bits !== 'float' && bits < 5)
      ? [stage.model.path]
      : [],
  );
  return [...new Set(paths)].flatMap((path) => {
    const { opset } = inputs.modelOf(path);
    if (opset >= PACKED_OPSET) return [];
    return [
      `Size of ${basename(path)}: opset ${opset} has no integers of 4 bits, so its file reads weights of 2 to 4 bits by DequantizeLinear of the domain com.microsoft, which onnxruntime supports. For other runtimes, convert the model to opset ${PACKED_OPSET}.`,
    ];
  });
}
