import type { Experiment, QuantizationSettings } from '../experiment/sections/settings.js';
import { cpuFlags, hasVnni } from '../engine/numerics/cpu-flags.js';

/**
 * Whether integer kernels may saturate without VNNI: the sum of two products of an unsigned 8-bit
 * input and a signed 8-bit weight is cut to 16 bits. onnxruntime turns signed inputs into unsigned
 * ones on x64, so the input's scheme does not matter; weights of 7 bits and fewer can't reach the
 * limit (2 * 255 * 63 < 32767).
 */
export function maySaturate({ activation, weight }: QuantizationSettings): boolean {
  return activation.bits <= 8 && weight.bits === 8 && weight.scheme === 'signed';
}

/**
 * The warning for people before a sweep is run, if it has trials of integer execution that may
 * saturate here.
 */
export function saturationNotes(
  experiment: Pick<Experiment, 'trials'>,
  flags: readonly string[] = cpuFlags(),
): readonly string[] {
  if (hasVnni(flags.join(' '))) return [];
  const count = experiment.trials.filter(
    ({ role, settings: { quantization } }) =>
      role !== 'fp32' && quantization.execution === 'integer' && maySaturate(quantization),
  ).length;
  if (count === 0) return [];
  return [
    `Warning: ${count} of the trials run with execution integer and signed 8-bit weights, and this CPU has no VNNI: integer kernels may saturate here, where a CPU with VNNI gives other results. See docs/EXPORT.md.`,
  ];
}
