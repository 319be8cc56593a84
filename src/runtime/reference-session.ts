import type { Session } from './session.js';

/** Name under which the FP32 output lies beside those of the quantized model. */
export const REFERENCE_OUTPUT = 'quantsweep/fp32';

/**
 * Returns what runs both models on each batch: the outputs of `session`, and `output` of `reference` as
 * {@link REFERENCE_OUTPUT}. The FP32 outputs of one batch are all that is held of them.
 */
export function besideReference(session: Session, reference: Session, output: string): Pick<Session, 'run'> {
  return {
    async run(batch, further) {
      const outputs = await session.run(batch, further);
      const fp32 = await reference.run(batch, further);
      return { ...outputs, [REFERENCE_OUTPUT]: fp32[output]! };
    },
  };
}
