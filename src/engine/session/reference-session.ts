import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { Session } from './session.js';

/** What FP32's outputs are called beside those of the quantized model; no model has such names. */
export function referenceNames({ ownPrefix }: Pick<OnnxModel, 'ownPrefix'>): (output: string) => string {
  return (output) => `${ownPrefix}fp32/${output}`;
}

/**
 * Returns what runs both models on each batch: the outputs of `session`, and some of `reference`
 * under names of their own. The FP32 outputs of one batch are all that is held of them.
 */
export function besideReference(
  session: Session,
  reference: Session,
  outputs: readonly string[],
  nameOf: (output: string) => string,
): Pick<Session, 'run'> {
  return {
    async run(batch, further) {
      const own = await session.run(batch, further);
      const fp32 = await reference.run(batch, further);
      return { ...own, ...Object.fromEntries(outputs.map((output) => [nameOf(output), fp32[output]!])) };
    },
  };
}
