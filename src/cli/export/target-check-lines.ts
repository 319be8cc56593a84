import type { TargetCheck } from '../../export/check-target.js';
import type { ExportedModel } from '../../export/export-trial.js';

/** Names that a line lists. */
const LISTED = 8;

/** What `export` says about the file of a target: how that runs it, and whether this was tried. */
export async function targetCheckLines(
  exported: ExportedModel,
  placed: NonNullable<ExportedModel['placed']>,
  settings: string,
  allowCode: boolean,
): Promise<readonly string[]> {
  // The runtime is loaded only here: nothing else of export needs it.
  const { checkTarget } = await import('../../export/check-target.js');
  return linesOf(await checkTarget(exported, placed, settings, allowCode));
}

/** The lines of a check, which are what people read of it. */
export function linesOf(check: TargetCheck): readonly string[] {
  const { target, tensors, float, readBack, unexpected } = check;
  const lines = [
    `  target ${target}, ${tensors} ${tensors === 1 ? 'tensor' : 'tensors'} quantized; ${howItWasRun(check)}`,
  ];
  for (const [reason, operators] of byReason(float)) lines.push(`  stays in float: ${listed(operators)}: it ${reason}`);
  if (readBack !== null) lines.push(...readBackLines(readBack));
  if (unexpected.length > 0) {
    lines.push(`  note: onnxruntime leaves in float what its target was to run on integers: ${listed(unexpected)}`);
  }
  lines.push(comparison(check));
  return lines;
}

function howItWasRun({ ran, notRun }: TargetCheck): string {
  if (notRun !== null) return notRun;
  return ran === 'default'
    ? 'run here by onnxruntime with default options'
    : 'run here by onnxruntime with session.x64quantprecision = "1"';
}

function readBackLines({
  operators,
  integerKernels,
  weights,
  biases,
  mergedPairs,
  failure,
}: NonNullable<TargetCheck['readBack']>) {
  const lines: string[] = [];
  if (failure !== null) {
    lines.push(`  WARNING: onnxruntime fuses this file and then refuses it: ${failure}`);
  }
  const integer = operators.filter(({ runs }) => runs === 'integer').length;
  const kernels = Object.entries(integerKernels).map(([operator, count]) => `${count} ${operator}`);
  lines.push(
    `  onnxruntime runs ${integer} of ${operators.length} operators on integers${kernels.length === 0 ? '' : `: ${kernels.join(', ')}`}`,
  );
  if (weights.length > 0) {
    lines.push(`  note: onnxruntime quantizes the float weights of these by itself: ${listed(weights)}`);
  }
  if (biases.length > 0) lines.push(`  note: onnxruntime rounds these float biases to int32: ${listed(biases)}`);
  if (mergedPairs > 0) {
    lines.push(
      `  note: onnxruntime merges adjacent pairs of QuantizeLinear and DequantizeLinear, ${mergedPairs === 1 ? 'once' : `${mergedPairs} times`}`,
    );
  }
  return lines;
}

function byReason(float: TargetCheck['float']): ReadonlyMap<string, readonly string[]> {
  const reasons = new Map<string, string[]>();
  for (const { operator, reason } of float) reasons.set(reason, [...(reasons.get(reason) ?? []), operator]);
  return reasons;
}

function comparison({ ran, compared, notCompared }: TargetCheck): string {
  if (compared === null) return `  note: not compared with the simulation on samples: ${notCompared}`;
  const { samples, difference, values, differing } = compared;
  const on = `on ${samples} evaluation ${samples === 1 ? 'sample' : 'samples'}`;
  const how = ran === 'unfused' ? 'run by onnxruntime as it is written, without integer kernels, ' : 'run so ';
  if (differing === 0) return `  ${how}${on} its outputs are those of the simulation, bit for bit`;
  return `  ${how}${on} ${differing} of ${values} outputs differ from the simulation, by at most ${(difference * 100).toPrecision(2)} % of the output's absmax`;
}

function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return names.slice(0, LISTED).join(', ') + more;
}
