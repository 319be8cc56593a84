import type { ExportedModel } from '../../export/export-trial.js';
import type { ExportCheck } from '../../export/check-exported.js';

/** From this difference on, relative to the output's absmax, another accuracy is to be expected. */
const NOTICEABLE = 0.01;

/** Names that a line lists. */
const LISTED = 8;

/**
 * What `export` says about how the file runs in onnxruntime without options, compared with how the
 * trial was measured.
 */
export async function exportCheckLines(
  exported: ExportedModel,
  settings: string,
  allowCode: boolean,
): Promise<readonly string[]> {
  // The runtime is loaded only here: nothing else of export needs it.
  const { checkExported } = await import('../../export/check-exported.js');
  try {
    return describe(await checkExported(exported, settings, allowCode), exported.execution);
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return [`  note: could not check how onnxruntime runs it by default: ${line}`];
  }
}

function describe(check: ExportCheck, execution: ExportedModel['execution']): readonly string[] {
  const lines: string[] = [];
  const asMeasured = execution === 'integer' ? ', as when this trial was measured' : '';
  if (check.weights.length > 0) {
    lines.push(
      `  note: by default onnxruntime quantizes float weights that stand between DequantizeLinear and QuantizeLinear${asMeasured}: ${listed(check.weights)}`,
    );
  }
  if (check.biases.length > 0) {
    lines.push(`  note: by default onnxruntime rounds these biases to int32${asMeasured}: ${listed(check.biases)}`);
  }
  if (check.mergedPairs > 0) {
    lines.push(
      `  note: by default onnxruntime merges adjacent pairs of QuantizeLinear and DequantizeLinear, ${check.mergedPairs} times${asMeasured}`,
    );
  }
  const kernels = Object.entries(check.integerKernels).map(([operator, count]) => `${count} ${operator}`);
  if (kernels.length > 0) lines.push(`  integer kernels by default: ${kernels.join(', ')}`);
  if (execution === 'simulated') lines.push(comparison(check));
  return lines;
}

function comparison({ compared, notCompared }: ExportCheck): string {
  if (compared === null) return `  note: not compared with the simulation on samples: ${notCompared}`;
  const { samples, difference } = compared;
  const found = `run by default on ${samples} evaluation ${samples === 1 ? 'sample' : 'samples'} it differs from the simulation by at most ${percent(difference)} of the output's absmax`;
  return difference <= NOTICEABLE
    ? `  ${found}`
    : `  note: ${found}. Measure it with quantization.execution: integer, or run it with session.disable_quant_qdq = "1" (docs/EXPORT.md)`;
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`;
}

function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}
