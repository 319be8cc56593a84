import { basename } from 'node:path';
import type { SweepPlan } from '../plan/plan.js';
import { PACKED_OPSET } from '../quantize/quantizers/integer-tensor.js';
import type { SweepInputs } from './sweep-inputs.js';

/** Where fewer bits than 8 make no file smaller: each model once. */
export function frontierNotes(
  { stages }: Pick<SweepPlan, 'stages'>,
  inputs: Pick<SweepInputs, 'modelOf'>,
): readonly string[] {
  const paths = stages.flatMap((stage) =>
    stage.kind === 'keep' &&
    stage.by === 'frontier' &&
    stage.frontier.minimize === 'size' &&
    stage.frontier.bits.some((bits) => bits !== 'float' && bits < 8)
      ? [stage.model.path]
      : [],
  );
  return [...new Set(paths)].flatMap((path) => {
    const { opset } = inputs.modelOf(path);
    if (opset >= PACKED_OPSET) return [];
    return [
      `Size of ${basename(path)}: opset ${opset} stores weights of fewer than 8 bits in bytes, so fewer bits make its file no smaller. Convert the model to opset ${PACKED_OPSET}, or let the goal minimize bitOperations.`,
    ];
  });
}
