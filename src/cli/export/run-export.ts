import { exportModel, type ExportOutcome } from '../../api/export-model.js';
import { exportScales } from '../../api/export-scales.js';
import { UsageError } from '../../errors/usage-error.js';
import type { FloatChoice } from '../../export/export-trial.js';
import type { ScalesFormat } from '../../export/scales/export-scales.js';
import type { StoredTrial } from '../../store/read/read-trial.js';
import { readDatabase } from '../../api/read-database.js';
import { readWarnings } from '../../report/facts/result-warnings.js';
import { exportCheckLines } from './export-check-lines.js';
import { trialSpeedLines } from '../speed/speed-lines.js';
import { scalesLines } from './scales-lines.js';
import { targetCheckLines } from './target-check-lines.js';

/** Arguments of `quantsweep export`. */
export interface ExportArguments {
  readonly trial: string;
  readonly output: string;
  readonly sweep: string | undefined;
  readonly db: string;
  readonly model: string | undefined;
  readonly 'calibration-table': string | undefined;
  readonly 'smoothed-model': string | undefined;
  readonly format: 'onnx' | ScalesFormat;
  readonly float: FloatChoice | undefined;
  readonly force: boolean;
  readonly 'allow-code': boolean;
}

/**
 * Exports the trial that the arguments name, and asks the runtime how it runs the file; returns
 * what to print.
 */
export async function runExport(args: ExportArguments): Promise<string> {
  return args.format === 'onnx' ? exportOnnx(args) : exportOnlyScales(args, args.format);
}

async function exportOnnx(args: ExportArguments): Promise<string> {
  const { 'calibration-table': calibrationTable, 'smoothed-model': smoothedModel } = args;
  const summary = exportModel(args.db, {
    ...{ trial: args.trial, output: args.output, force: args.force },
    ...(args.sweep === undefined ? {} : { sweep: args.sweep }),
    ...(args.model === undefined ? {} : { model: args.model }),
    ...(calibrationTable === undefined ? {} : { calibrationTable }),
    ...(smoothedModel === undefined ? {} : { smoothedModel }),
    ...(args.float === undefined ? {} : { floats: args.float }),
  });
  const { trial } = summary;
  const how = summary.exported.execution === 'integer' ? ' with integer execution' : ' as simulated';
  const lines = [
    ...trialLines(args.db, trial, how),
    ...(summary.exported.placed === null ? [] : deployedLines(args.db, trial)),
    `${args.output}: ${summary.layers} layers quantized, ${summary.smoothedLayers} of them smoothed; ${(summary.sizeBytes / 1e6).toFixed(2)} MB`,
    ...(summary.externalData === null ? [] : [`${summary.externalData}: its weights, which belong beside it`]),
    ...notes(summary),
    ...(await checkLines(summary, args['allow-code'])),
    ...speedOf(args.db, trial),
  ];
  if (calibrationTable !== undefined) lines.push(`${calibrationTable}: ${tableNote(smoothedModel, summary)}`);
  if (smoothedModel !== undefined) lines.push(`${smoothedModel}: the smoothed float model`);
  return `${lines.join('\n')}\n`;
}

function checkLines({ exported, trial }: ExportOutcome, allowCode: boolean): Promise<readonly string[]> {
  const { placed } = exported;
  return placed === null
    ? exportCheckLines(exported, trial.settings, allowCode)
    : targetCheckLines(exported, placed, trial.settings, allowCode);
}

/** The trial, its accuracy and what voids it. */
function trialLines(database: string, trial: StoredTrial, how: string): readonly string[] {
  const warnings = readDatabase(database, (queries) =>
    readWarnings((sql) => queries.query(sql), trial.sweep).filter(({ voidedTrials }) => voidedTrials.has(trial.number)),
  );
  const { accuracy } = trial;
  const measured = accuracy === null ? '' : `, ${accuracy.metric} ${accuracy.value.toFixed(4)}${how}`;
  return [
    `trial ${trial.number} of ${trial.sweep}: ${trial.label}${measured}`,
    ...warnings.map(({ message, cause }) => `  WARNING: ${message} ${cause}`),
  ];
}

/** What the trial measured of this very model in the runtime of its target. */
function deployedLines(database: string, { sweep, number }: StoredTrial): readonly string[] {
  const sql = `SELECT metric, deployed, samples_differing, differing_share FROM v_deployment
    WHERE sweep = :sweep AND trial = :trial AND deployed IS NOT NULL`;
  return readDatabase(database, (queries) => queries.query(sql, { sweep, trial: number }).rows).map(
    ([metric, deployed, samples, share]) => {
      const outcomes = samples === null ? '' : `, with another outcome than simulated of ${String(samples)} samples`;
      const values = `${(Number(share) * 100).toPrecision(2)} % of the compared outputs differed from the simulation`;
      return `  as deployed: ${String(metric)} ${Number(deployed).toFixed(4)} of the whole evaluation${outcomes}; ${values}`;
    },
  );
}

function speedOf(database: string, { sweep, number }: StoredTrial): readonly string[] {
  const lines = readDatabase(database, (queries) => trialSpeedLines((sql) => queries.query(sql), sweep, number));
  return lines.map((line) => `  ${line}`);
}

function exportOnlyScales(args: ExportArguments, format: ScalesFormat): string {
  for (const option of ['calibration-table', 'smoothed-model', 'float'] as const) {
    if (args[option] === undefined) continue;
    throw new UsageError(`Expected --${option} with --format onnx, got it with --format ${format}.`);
  }
  const outcome = exportScales(args.db, {
    ...{ trial: args.trial, output: args.output, force: args.force, format },
    ...(args.sweep === undefined ? {} : { sweep: args.sweep }),
    ...(args.model === undefined ? {} : { model: args.model }),
  });
  const lines = [
    ...trialLines(args.db, outcome.trial, ''),
    `${args.output}: scales of ${outcome.layers} layers, ${outcome.smoothedLayers} of them smoothed; ${(outcome.sizeBytes / 1e3).toFixed(1)} kB`,
    ...scalesLines(outcome),
  ];
  return `${lines.join('\n')}\n`;
}

function notes({ floatWeights, usesRuntimeDomain, exported: { floats } }: ExportOutcome): readonly string[] {
  const lines: string[] = [];
  if (floats !== null) {
    const types = floats.types.join(' and ');
    lines.push(
      floats.choice === 'model'
        ? `  written in ${types}, as the model is; quantizers and smoothing compute in float32 (--float float32 writes all of it so)`
        : `  written in float32 in place of ${types}; inputs and outputs keep the types that the model declares`,
    );
  }
  if (usesRuntimeDomain) {
    lines.push(
      "  note: the model's opset lacks some of its QuantizeLinear or DequantizeLinear forms; they use the domain com.microsoft, which onnxruntime supports. For other runtimes, convert the model to opset 13 (21 for 4 or 16 bits) and sweep that.",
    );
  }
  if (floatWeights.length > 0) {
    lines.push(
      `  note: weights that stay float32, rounded to their levels (grouped ConvTranspose per channel): ${floatWeights.join(', ')}`,
    );
  }
  return lines;
}

function tableNote(smoothedModel: string | undefined, { smoothedLayers, weightsAsInTensorrt }: ExportOutcome): string {
  const model =
    smoothedLayers === 0
      ? 'for the original model'
      : smoothedModel === undefined
        ? 'for the smoothed float model (--smoothed-model writes it)'
        : `for ${smoothedModel}`;
  const weights = weightsAsInTensorrt ? '' : ', which differ from those of this trial';
  return `scales of layer inputs ${model}. It holds no weights: TensorRT quantizes them itself, signed, 8 bits per channel${weights}.`;
}
