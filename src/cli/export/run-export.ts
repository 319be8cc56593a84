import { isAbsolute } from 'node:path';
import type { TrialSettings } from '../../plan/plan.js';
import { readWarnings } from '../../report/facts/result-warnings.js';
import { exportTrial, type ExportSummary } from '../../export/export-trial.js';
import { readTrial } from '../../store/read/read-trial.js';
import { exportCheckLines } from './export-check-lines.js';
import type { ExportArguments } from '../commands/export-command.js';
import { checkOverwrite, databaseFiles } from '../write/check-overwrite.js';
import { pickSweep, pickTrial, readDatabase } from '../read-database.js';

/** Exports the trial that the arguments name, and asks the runtime how it runs the file; returns what to print. */
export async function runExport(args: ExportArguments): Promise<string> {
  const { trial, warnings } = readDatabase(args.db, (queries) => {
    const sweep = pickSweep(queries, args.sweep);
    const found = readTrial(queries, sweep, pickTrial(queries, sweep, args.trial));
    const all = readWarnings((sql) => queries.query(sql), sweep);
    return { trial: found, warnings: all.filter(({ voidedTrials }) => voidedTrials.has(found.number)) };
  });
  const { 'calibration-table': calibrationTable, 'smoothed-model': smoothedModel } = args;
  const outputs = [args.output, calibrationTable, smoothedModel].filter((path) => path !== undefined);
  checkOverwrite(outputs, { force: true, inputs: [...databaseFiles(args.db), ...dataFiles(trial.settings)] });
  const summary = exportTrial(trial, args.model ?? null, {
    output: args.output,
    calibrationTable: calibrationTable ?? null,
    smoothedModel: smoothedModel ?? null,
    force: args.force,
  });
  const { accuracy } = trial;
  const measured =
    accuracy === null
      ? ''
      : `, ${accuracy.metric} ${accuracy.value.toFixed(4)} ${summary.exported.execution === 'integer' ? 'with integer execution' : 'as simulated'}`;
  const lines = [
    `trial ${trial.number} of ${trial.sweep}: ${trial.label}${measured}`,
    ...warnings.map(({ message, cause }) => `  WARNING: ${message} ${cause}`),
    `${args.output}: ${summary.layers} layers quantized, ${summary.smoothedLayers} of them smoothed; ${(summary.sizeBytes / 1e6).toFixed(2)} MB`,
    ...notes(summary),
    ...(await exportCheckLines(summary.exported, trial.settings)),
  ];
  if (calibrationTable !== undefined) lines.push(`${calibrationTable}: ${tableNote(smoothedModel, summary)}`);
  if (smoothedModel !== undefined) lines.push(`${smoothedModel}: the smoothed model in float`);
  return `${lines.join('\n')}\n`;
}

/** Files of the trial's samples, which the check of the written model reads. */
function dataFiles(settings: string): readonly string[] {
  const { evaluation, calibration } = JSON.parse(settings) as Partial<TrialSettings>;
  const files: string[] = [];
  // Paths are stored absolute, also those of labels and further inputs.
  JSON.stringify([evaluation?.source, calibration?.source], (_, value: unknown) => {
    if (typeof value === 'string' && isAbsolute(value)) files.push(value);
    return value;
  });
  return files;
}

function notes({ floatWeights, usesRuntimeDomain }: ExportSummary): readonly string[] {
  const lines: string[] = [];
  if (usesRuntimeDomain) {
    lines.push(
      "  note: the model's opset lacks some of its QuantizeLinear or DequantizeLinear forms; they are in the domain com.microsoft, which onnxruntime knows. For other runtimes convert the model to opset 13 (21 for 16 bits) and sweep that.",
    );
  }
  if (floatWeights.length > 0) {
    lines.push(
      `  note: weights that stay float32, rounded to their levels (grouped ConvTranspose per channel): ${floatWeights.join(', ')}`,
    );
  }
  return lines;
}

function tableNote(smoothedModel: string | undefined, { smoothedLayers, weightsAsInTensorrt }: ExportSummary): string {
  const model =
    smoothedLayers === 0
      ? 'for the original model'
      : smoothedModel === undefined
        ? 'for the smoothed float model (--smoothed-model writes it)'
        : `for ${smoothedModel}`;
  const weights = weightsAsInTensorrt ? '' : ', which those of this trial are not';
  return `scales of layer inputs ${model}. It holds no weights: TensorRT quantizes them itself, signed, 8 bits per channel${weights}.`;
}
