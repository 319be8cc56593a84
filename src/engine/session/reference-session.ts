import type { OnnxModel } from '../../onnx/onnx-model.js';
import type { Session } from './session.js';

/** Name under which the FP32 output lies beside those of the quantized model; no model has it. */
export function referenceOutput({ ownPrefix }: Pick<OnnxModel, 'ownPrefix'>): string {
  return `${ownPrefix}fp32`;
}

/**
 * Returns what runs both models on each batch: the outputs of `session`, and `output` of
 * `reference` as `name`. The FP32 outputs of one batch are all that is held of them.
 */
export function besideReference(
  session: Session,
  reference: Session,
  output: string,
  name: string,
): Pick<Session, 'run'> {
  return {
    async run(batch, further) {
      const outputs = await session.run(batch, further);
      const fp32 = await reference.run(batch, further);
      return { ...outputs, [name]: fp32[output]! };
    },
  };
}
