import { roundingOf, roundsOnQuantizedInputs } from '../experiment/sections/quantization.js';
import type { SweepPlan } from '../plan/plan.js';

/** What rounding on quantized inputs costs; none where no trial asks for it. */
export function roundingNotes({ trials }: Pick<SweepPlan, 'trials'>): readonly string[] {
  const samples = trials.flatMap(({ settings: { quantization } }) =>
    quantization !== null && roundsOnQuantizedInputs(quantization) ? [roundingOf(quantization).samples] : [],
  );
  if (samples.length === 0) return [];
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const number = least === most ? String(most) : `${least} to ${most}`;
  const who = samples.length === 1 ? '1 trial rounds' : `${samples.length} trials round`;
  return [
    `Rounding on quantized inputs: ${who} weights one depth of layers after the other, with a pass over ${number} calibration samples for each depth.`,
  ];
}
