import { primaryAccuracy } from '../../records/primary-accuracy.js';
import type { BiasCorrectionRecord } from '../../records/bias-correction-record.js';
import type { EvaluationRecord } from '../../records/evaluation-record.js';
import type { ExecutionRecord } from '../../records/execution-record.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { LayerLossRecord } from '../../records/loss-record.js';
import type { PredictedLossRecord } from '../../records/predicted-loss-record.js';
import type { QuantizerRecord } from '../../records/quantizer-record.js';
import type { SmoothingRecord } from '../../records/smoothing-record.js';
import type { RoundedWeightRecord } from '../../records/rounded-weight-record.js';
import type { StoppedTrialRecord, StopRecord, TrialRecord } from '../../records/trial-record.js';
import { smoothingModes } from '../../smooth/modes/registry.js';
import { BOOTSTRAP_SEED } from '../../statistics/bootstrap.js';
import type { ContentKey, PlannedTrial } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { encodeLevels } from '../payload/levels-payload.js';
import { RowNumbers } from './row-numbers.js';
import { StoreError } from '../store-error.js';
import { summarizeTrial } from './summarize-trial.js';
import { findTrialLinks, type TrialLinks } from './trial-columns.js';
import { StoredModel } from './write-model.js';
import { writeDeployment, writeTensor } from './write-deployment.js';
import { checkAccuracy, checkOutcome } from './write-stages.js';

/** Row id of a trial that is not finished. Throws {@link StoreError} `unknown` or `finished`. */
export function openTrial(connection: Connection, key: ContentKey): number {
  const row = connection.get('SELECT id, status FROM trial WHERE key = ?', key) as
    { id: number; status: string } | undefined;
  if (row === undefined) throw new StoreError('unknown', `Expected a trial that beginSweep recorded, got key ${key}.`);
  if (row.status === 'done' || row.status === 'stopped')
    throw new StoreError('finished', `Trial ${key} is finished; it never changes.`);
  return row.id;
}

/** What {@link writeTrial} stores beside the record. */
export interface TrialRun {
  readonly modelSha256: string;
  readonly execution: ExecutionRecord;
  readonly optimizationLevel: string;
  /** null where no attempt of the trial's own was needed, but the reference stage's. */
  readonly attempt: { readonly id: number; readonly durationMs: number } | null;
}

/** Writes every row of a complete trial and marks it done. */
export function writeTrial(
  connection: Connection,
  id: number,
  trial: PlannedTrial,
  record: TrialRecord,
  run: TrialRun,
): void {
  writeEvaluation(connection, id, record.evaluation);
  const { samples, primaryMetric } = record.evaluation;
  writeRest(connection, id, trial, record, run, { status: 'done', samples, primaryMetric });
}

/**
 * Writes every row of a trial that was stopped early, marks it so, and leaves it without accuracy
 * and outcomes.
 */
export function writeStoppedTrial(
  connection: Connection,
  id: number,
  trial: PlannedTrial,
  record: StoppedTrialRecord,
  run: TrialRun,
): void {
  const { samples, metric: primaryMetric } = record.stopped;
  writeStop(connection, id, record.stopped);
  writeRest(connection, id, trial, record, run, { status: 'stopped', samples, primaryMetric });
}

/** What of a trial does not depend on whether it is complete. */
function writeRest(
  connection: Connection,
  id: number,
  trial: PlannedTrial,
  record: Omit<TrialRecord, 'evaluation'>,
  run: TrialRun,
  end: { readonly status: 'done' | 'stopped'; readonly samples: number; readonly primaryMetric: string },
): void {
  const model = StoredModel.find(connection, run.modelSha256);
  const links = findTrialLinks(connection, trial);
  checkLinks(trial, links);
  for (const loss of record.losses) writeLoss(connection, id, model.layerId(loss.layer), loss);
  for (const loss of record.predictedLosses ?? []) writePredictedLoss(connection, id, model.layerId(loss.layer), loss);
  for (const quantizer of record.quantizers) writeQuantizer(connection, id, model.layerId(quantizer.layer), quantizer);
  for (const [position, tensor] of (record.tensors ?? []).entries()) writeTensor(connection, id, position, tensor);
  if (record.deployment !== undefined) writeDeployment(connection, id, record.deployment);
  for (const smoothing of record.smoothing) writeSmoothing(connection, id, model.layerId(smoothing.layer), smoothing);
  for (const correction of record.biasCorrections) {
    writeBiasCorrection(connection, id, model.layerId(correction.layer), correction);
  }
  for (const rounded of record.roundedWeights ?? []) {
    writeRoundedWeight(connection, id, model.layerId(rounded.layer), rounded);
  }
  const numbers = new RowNumbers('trial');
  connection.run(
    `UPDATE trial SET status = ?, model_id = ?, observation_id = ?, search_stage_id = ?, rank_stage_id = ?,
       alpha = coalesce(?, alpha), output_divergence = ?, calibration_samples = coalesce(?, calibration_samples), evaluation_samples = ?, loss_samples = nullif(?, 0), primary_metric = ?,
       gate_error = ?, gate_samples = ?, provider = ?, integer_kernels = ?, optimization_level = ?, finished_at = ?, duration_ms = ?,
       error_class = NULL, error = NULL, failed_under = NULL
     WHERE id = ?`,
    end.status,
    model.id,
    links.observation?.id ?? null,
    links.searchStage,
    links.rankStage,
    smoothingModes[trial.settings.smoothing.mode].alphas === 'searchedOnce'
      ? (record.smoothing[0]?.alpha ?? null)
      : null,
    numbers.finiteOrNull('output_divergence', record.outputDivergence),
    links.observation?.samples ?? null,
    end.samples,
    record.lossSamples,
    end.primaryMetric,
    numbers.finiteOrNull('gate_error', record.gate?.maxRelativeError ?? null),
    record.gate?.samples ?? null,
    run.execution.provider,
    run.execution.integerKernels === undefined ? null : JSON.stringify(run.execution.integerKernels),
    run.optimizationLevel,
    new Date().toISOString(),
    run.attempt?.durationMs ?? null,
    id,
  );
  const [ran, from] =
    run.attempt === null
      ? ['SELECT numerics_class FROM stage WHERE key = ?', trial.referenceKey]
      : ['SELECT numerics_class FROM attempt WHERE id = ?', run.attempt.id];
  connection.run(
    `UPDATE trial SET moments_stage_id = ?, keep_stage_id = ?,
       keep_float = coalesce((SELECT keep FROM keep_try WHERE stage_id = ? AND chosen), keep_float),
       gate_judged_by = ?, export_bytes = ?, numerics_class = (${ran}) WHERE id = ?`,
    links.momentsStage,
    links.keepStage,
    links.keepStage,
    record.gate?.judgedBy ?? null,
    record.exportBytes ?? null,
    from,
    id,
  );
  summarizeTrial(connection, id);
}

/** Marks a trial failed. It may be tried again, and then finish. */
export function writeTrialFailure(
  connection: Connection,
  key: ContentKey,
  failure: FailureRecord,
  under: string | null,
): void {
  const id = openTrial(connection, key);
  connection.run(
    `UPDATE trial SET status = 'failed', error_class = ?, error = ?, failed_under = ? WHERE id = ?`,
    failure.errorClass,
    failure.message,
    under,
    id,
  );
}

function checkLinks(trial: PlannedTrial, links: TrialLinks): void {
  if (trial.observeKey !== null && links.observation === null) {
    throw new StoreError(
      'unknown',
      `Expected the statistics of ${trial.settings.calibration?.batches ?? '?'} batches in observe stage ${trial.observeKey} ` +
        `before trial "${trial.label}" finishes, got none: finishObserve comes first.`,
    );
  }
  if (trial.momentsKey !== null && links.momentsStage === null) {
    throw new StoreError(
      'unknown',
      `Expected the moments stage ${trial.momentsKey} of trial "${trial.label}", got none: beginSweep records it.`,
    );
  }
  if (trial.searchKey !== null && links.searchStage === null) {
    throw new StoreError(
      'unknown',
      `Expected the search stage ${trial.searchKey} of trial "${trial.label}", got none: beginSweep records it.`,
    );
  }
  if (trial.keepKey !== null && links.keepStage === null) {
    throw new StoreError(
      'unknown',
      `Expected the keep stage ${trial.keepKey} of trial "${trial.label}", got none: beginSweep records it.`,
    );
  }
  if (trial.rankKey !== null && links.rankStage === null) {
    throw new StoreError(
      'unknown',
      `Expected the rank stage ${trial.rankKey} of trial "${trial.label}", got none: beginSweep records it.`,
    );
  }
}

function writeEvaluation(connection: Connection, trial: number, evaluation: EvaluationRecord): void {
  if (primaryAccuracy(evaluation) === undefined) {
    const got = evaluation.accuracies.map(({ metric }) => metric).join(', ') || 'none';
    throw new StoreError(
      'incomplete',
      `Expected an accuracy for the primary metric ${evaluation.primaryMetric}, got ${got}.`,
    );
  }
  for (const accuracy of evaluation.accuracies) {
    checkAccuracy(accuracy);
    connection.run(
      `INSERT INTO accuracy (trial_id, metric, slice, value, ci_low, ci_high, ci_method, correct, total, ci_seed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      trial,
      accuracy.metric,
      accuracy.slice,
      accuracy.value,
      accuracy.ciLow,
      accuracy.ciHigh,
      accuracy.ciMethod,
      accuracy.correct,
      accuracy.total,
      accuracy.ciMethod === 'bootstrap' ? BOOTSTRAP_SEED : null,
    );
  }
  for (const outcome of evaluation.outcomes) {
    checkOutcome(outcome);
    connection.run(
      'INSERT INTO sample_outcome (trial_id, metric, kind, count, data) VALUES (?, ?, ?, ?, ?)',
      trial,
      outcome.metric,
      outcome.kind,
      outcome.count,
      outcome.data,
    );
  }
}

function writeStop(connection: Connection, trial: number, stop: StopRecord): void {
  const other = connection.get(`SELECT id FROM trial WHERE key = ? AND status = 'done'`, stop.against) as
    { id: number } | undefined;
  if (other === undefined) {
    throw new StoreError(
      'unknown',
      `Expected a complete trial that this one was held against, got key ${stop.against}.`,
    );
  }
  const numbers = new RowNumbers('early_stop');
  connection.run(
    `INSERT INTO early_stop (trial_id, against_trial_id, metric, reason, confidence, order_seed, samples, evaluated_samples,
       correct, against_correct, only_trial, only_against, p_value, threshold)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    other.id,
    stop.metric,
    stop.reason,
    numbers.finite('confidence', stop.confidence),
    stop.orderSeed,
    stop.samples,
    stop.seen,
    stop.right,
    stop.otherRight,
    stop.onlyTrial,
    stop.onlyOther,
    numbers.finite('p_value', stop.pValue),
    numbers.finite('threshold', stop.threshold),
  );
}

function writeLoss(connection: Connection, trial: number, layer: number, loss: LayerLossRecord): void {
  const numbers = new RowNumbers('layer_loss', loss.layer);
  connection.run(
    `INSERT INTO layer_loss (trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    layer,
    loss.mode,
    numbers.finite('l1', loss.l1),
    numbers.finiteOrNull('rel_l1', loss.relL1),
    numbers.finite('mse', loss.mse),
    numbers.finiteOrNull('sqnr_db', loss.sqnrDb),
    numbers.finiteOrNull('cosine', loss.cosine),
    numbers.finite('max_abs', loss.maxAbs),
  );
}

function writePredictedLoss(connection: Connection, trial: number, layer: number, loss: PredictedLossRecord): void {
  const numbers = new RowNumbers('predicted_loss', loss.layer);
  connection.run(
    `INSERT INTO predicted_loss (trial_id, layer_id, weight_mse, input_mse, input_noise, power, samples, product_share) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    layer,
    numbers.finite('weight_mse', loss.weightMse),
    numbers.finite('input_mse', loss.inputMse),
    loss.inputNoise,
    numbers.finite('power', loss.power),
    loss.samples,
    numbers.finite('product_share', loss.productShare),
  );
}

function writeQuantizer(connection: Connection, trial: number, layer: number, quantizer: QuantizerRecord): void {
  const numbers = new RowNumbers('quantizer', quantizer.layer);
  connection.run(
    `INSERT INTO quantizer (trial_id, layer_id, role, granularity, bits, signed, amax, amax_unsmoothed, scale, zero_point,
       amax_channels, low, narrow_range, low_channels)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    layer,
    quantizer.role,
    quantizer.granularity,
    quantizer.bits,
    quantizer.signed ? 1 : 0,
    numbers.finite('amax', quantizer.amax),
    numbers.finite('amax_unsmoothed', quantizer.amaxUnsmoothed),
    numbers.finite('scale', quantizer.scale),
    quantizer.zeroPoint,
    quantizer.amaxChannels === null ? null : numbers.vector('amax_channels', quantizer.amaxChannels),
    numbers.finite('low', quantizer.low),
    quantizer.narrowRange ? 1 : 0,
    quantizer.lowChannels === null ? null : numbers.vector('low_channels', quantizer.lowChannels),
  );
}

function writeRoundedWeight(
  connection: Connection,
  trial: number,
  layer: number,
  { levels }: RoundedWeightRecord,
): void {
  connection.run(
    'INSERT INTO rounded_weight (trial_id, layer_id, levels) VALUES (?, ?, ?)',
    trial,
    layer,
    encodeLevels(levels),
  );
}

function writeBiasCorrection(
  connection: Connection,
  trial: number,
  layer: number,
  { layer: name, correction, outputFactors }: BiasCorrectionRecord,
): void {
  const numbers = new RowNumbers('bias_correction', name);
  // In the units of the layer's own output, too, which is what people ask for; export takes off
  // what the model computed.
  const unfolded = outputFactors && Float64Array.from(correction, (value, channel) => value * outputFactors[channel]!);
  connection.run(
    `INSERT INTO bias_correction (trial_id, layer_id, correction_max, correction, output_correction_max, output_correction)
     VALUES (?, ?, ?, ?, ?, ?)`,
    trial,
    layer,
    largestMagnitude(correction),
    numbers.vector('correction', correction),
    unfolded && largestMagnitude(unfolded),
    unfolded && numbers.vector('output_correction', unfolded),
  );
}

function largestMagnitude(values: Float32Array | Float64Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

function writeSmoothing(connection: Connection, trial: number, layer: number, smoothing: SmoothingRecord): void {
  const numbers = new RowNumbers('smoothing', smoothing.layer);
  const vector = numbers.vector('s', smoothing.s);
  let min = Infinity;
  let max = -Infinity;
  let sumOfLogs = 0;
  for (const s of smoothing.s) {
    min = Math.min(min, s);
    max = Math.max(max, s);
    sumOfLogs += Math.log(s);
  }
  connection.run(
    `INSERT INTO smoothing (trial_id, layer_id, alpha, apply, fallback_reason, s_min, s_max, s_geomean, dead_channels, s)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    trial,
    layer,
    numbers.finiteOrNull('alpha', smoothing.alpha),
    smoothing.apply,
    smoothing.fallbackReason,
    numbers.finite('s_min', min),
    numbers.finite('s_max', max),
    numbers.finite('s_geomean', Math.exp(sumOfLogs / smoothing.s.length)),
    smoothing.deadChannels,
    vector,
  );
}
