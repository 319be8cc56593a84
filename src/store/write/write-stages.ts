import { extremesAmax } from '../../calibrate/calibrators/amax-by-calibrator.js';
import { countedValues } from '../../calibrate/histograms/channel-histogram.js';
import { type ChannelHistograms } from '../../records/channel-histograms.js';
import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import type { DisplayHistograms, ObservationRecord } from '../../records/observation-record.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { FrontierPointRecord, FrontierRecord, FrontierTryRecord } from '../../records/frontier-record.js';
import type { KeepRecord } from '../../records/keep-record.js';
import type { LayerRankRecord } from '../../records/rank-record.js';
import type { ContentKey, PlannedStage } from '../../plan/plan.js';
import type { Connection } from '../file/connection.js';
import { RowNumbers } from './row-numbers.js';
import { encodeHistograms } from '../payload/histogram-payload.js';
import { outcomeReplicates } from '../payload/outcome-replicates.js';
import { encodePayload } from '../payload/payload.js';
import { StoreError } from '../store-error.js';
import type { StoredReference, StoredSearch } from '../store.js';
import { StoredModel } from './write-model.js';

interface StageRow {
  readonly id: number;
  readonly kind: PlannedStage['kind'];
  readonly status: 'pending' | 'done' | 'failed';
}

/** The row of a stage that is not finished. Throws {@link StoreError} `unknown` or `finished`. */
export function openStage(connection: Connection, key: ContentKey, kind?: PlannedStage['kind']): StageRow {
  const row = connection.get('SELECT id, kind, status FROM stage WHERE key = ?', key) as StageRow | undefined;
  if (row === undefined) throw new StoreError('unknown', `Expected a stage that beginSweep recorded, got key ${key}.`);
  if (kind !== undefined && row.kind !== kind) {
    throw new StoreError(
      'unknown',
      `Expected the key of a stage of kind ${kind}, got that of kind ${row.kind}: ${key}.`,
    );
  }
  if (row.status === 'done')
    throw new StoreError('finished', `The ${row.kind} stage ${key} is finished; it never changes.`);
  return row;
}

/** Keeps the payload of a part until the stage is finished. */
export function writePart(connection: Connection, stage: number, part: string, payload: unknown): void {
  const { changes } = connection.run(
    'INSERT INTO stage_part (stage_id, part, payload) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    stage,
    part,
    encodePayload(payload),
  );
  if (changes === 0)
    throw new StoreError('finished', `Part "${part}" of stage ${stage} is finished; it never changes.`);
}

/**
 * Writes the statistics of each prefix, and the histograms to look at if there are any, and marks
 * the stage done.
 */
export function writeObserve(
  connection: Connection,
  key: ContentKey,
  sha256: string,
  observations: readonly ObservationRecord[],
  display: DisplayHistograms | null,
): void {
  const stage = openStage(connection, key, 'observe');
  const model = StoredModel.find(connection, sha256);
  for (const observation of observations) writeObservation(connection, stage.id, model, observation);
  if (display !== null) writeDisplay(connection, stage.id, model, display);
  closeStage(connection, stage.id, model.id, null);
}

function writeDisplay(
  connection: Connection,
  stage: number,
  model: StoredModel,
  { samples, inputs }: DisplayHistograms,
): void {
  for (const { layer, histograms } of inputs) {
    connection.run(
      'INSERT INTO display_histogram (stage_id, layer_id, samples, channels, total, bins) VALUES (?, ?, ?, ?, ?, ?)',
      stage,
      model.layerId(layer),
      samples,
      histograms.binWidth.length,
      countedValues(histograms),
      encodeHistograms(histograms),
    );
  }
}

function writeObservation(
  connection: Connection,
  stage: number,
  model: StoredModel,
  observation: ObservationRecord,
): void {
  const { id } = connection.run(
    'INSERT INTO observation (stage_id, batches, samples, result) VALUES (?, ?, ?, ?)',
    stage,
    observation.batches,
    observation.samples,
    // Histograms have a table of their own: they are large, and few readers want them.
    encodePayload({ ...observation, inputs: observation.inputs.map((input) => ({ ...input, histograms: null })) }),
  );
  for (const input of observation.inputs) {
    const layer = model.layerId(input.layer);
    const numbers = new RowNumbers('channel_stat', input.layer);
    input.absmax.forEach((absmax, channel) => {
      connection.run(
        `INSERT INTO channel_stat (observation_id, layer_id, channel, act_min, act_max, act_absmax, act_absmax_view)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        layer,
        channel,
        numbers.finite('act_min', input.min[channel] ?? NaN),
        numbers.finite('act_max', input.max[channel] ?? NaN),
        numbers.finite('act_absmax', absmax),
        input.absmaxView === null ? null : numbers.finite('act_absmax_view', input.absmaxView[channel] ?? NaN),
      );
    });
    const byCalibrator = { ...extremesAmax(input), ...input.histogramAmax };
    for (const [calibrator, value] of Object.entries(byCalibrator)) {
      connection.run(
        'INSERT INTO amax_snapshot (observation_id, layer_id, calibrator, amax) VALUES (?, ?, ?, ?)',
        id,
        layer,
        calibrator,
        new RowNumbers('amax_snapshot', input.layer).finite('amax', value),
      );
    }
    if (input.histograms !== null) writeHistograms(connection, id, layer, input.histograms);
  }
}

function writeHistograms(
  connection: Connection,
  observation: number,
  layer: number,
  histograms: ChannelHistograms,
): void {
  connection.run(
    'INSERT INTO histogram (observation_id, layer_id, channels, total, bins) VALUES (?, ?, ?, ?, ?)',
    observation,
    layer,
    histograms.binWidth.length,
    countedValues(histograms),
    encodeHistograms(histograms),
  );
}

/** Keeps the FP32 results and what is wrong with them, and marks the stage done. */
export function writeReference(
  connection: Connection,
  key: ContentKey,
  sha256: string,
  reference: StoredReference,
): void {
  const stage = openStage(connection, key, 'reference');
  const model = StoredModel.find(connection, sha256);
  reference.evaluation.accuracies.forEach(checkAccuracy);
  reference.evaluation.outcomes.forEach(checkOutcome);
  const { warnings = [], ...result } = reference;
  for (const [position, { kind, voids, message, cause }] of warnings.entries()) {
    connection.run(
      'INSERT INTO reference_warning (stage_id, position, kind, voids, message, cause) VALUES (?, ?, ?, ?, ?, ?)',
      stage.id,
      position,
      kind,
      voids ? 1 : 0,
      message,
      cause,
    );
  }
  closeStage(connection, stage.id, model.id, encodePayload(result));
}

/** Writes the curve of each layer and marks the stage done. */
export function writeSearch(connection: Connection, key: ContentKey, sha256: string, search: StoredSearch): void {
  const stage = openStage(connection, key, 'search');
  const model = StoredModel.find(connection, sha256);
  for (const point of search.points) {
    const numbers = new RowNumbers('search_curve', point.layer);
    connection.run(
      'INSERT INTO search_curve (stage_id, layer_id, sweep, alpha, loss, rel_l1, chosen) VALUES (?, ?, ?, ?, ?, ?, ?)',
      stage.id,
      model.layerId(point.layer),
      point.sweep,
      numbers.finite('alpha', point.alpha),
      numbers.finite('loss', point.loss),
      numbers.finiteOrNull('rel_l1', point.relL1),
      point.chosen ? 1 : 0,
    );
  }
  for (const point of search.alphaCurve) {
    const numbers = new RowNumbers('alpha_curve');
    connection.run(
      'INSERT INTO alpha_curve (stage_id, alpha, divergence, chosen) VALUES (?, ?, ?, ?)',
      stage.id,
      numbers.finite('alpha', point.alpha),
      numbers.finite('divergence', point.divergence),
      point.chosen ? 1 : 0,
    );
  }
  closeStage(connection, stage.id, model.id, encodePayload(search));
}

/** Writes the ranking and marks the stage done. */
export function writeRank(
  connection: Connection,
  key: ContentKey,
  sha256: string,
  ranking: readonly LayerRankRecord[],
): void {
  const stage = openStage(connection, key, 'rank');
  const model = StoredModel.find(connection, sha256);
  for (const [index, { layer, divergence }] of ranking.entries()) {
    connection.run(
      'INSERT INTO layer_rank (stage_id, layer_id, rank, divergence) VALUES (?, ?, ?, ?)',
      stage.id,
      model.layerId(layer),
      index + 1,
      new RowNumbers('layer_rank', layer).finite('divergence', divergence),
    );
  }
  closeStage(connection, stage.id, model.id, encodePayload(ranking));
}

/** Writes what was tried, and marks the stage done. */
export function writeKeep(connection: Connection, key: ContentKey, sha256: string, kept: KeepRecord): void {
  const stage = openStage(connection, key, 'keep');
  const model = StoredModel.find(connection, sha256);
  const numbers = new RowNumbers('keep_try');
  for (const [position, { layers, metric, value, loss, chosen, againstAll }] of kept.entries()) {
    connection.run(
      `INSERT INTO keep_try (stage_id, position, keep, layers, metric, value, loss, chosen, against_all, against_all_low,
         against_all_high) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      stage.id,
      position,
      layers.length,
      JSON.stringify(layers),
      metric,
      numbers.finite('value', value),
      numbers.finite('loss', loss),
      chosen ? 1 : 0,
      numbers.finiteOrNull('against_all', againstAll?.ratio ?? null),
      numbers.finiteOrNull('against_all_low', againstAll?.low ?? null),
      numbers.finiteOrNull('against_all_high', againstAll?.high ?? null),
    );
  }
  closeStage(connection, stage.id, model.id, encodePayload(kept));
}

/** Writes what was evaluated and the curve, and marks the stage done. */
export function writeFrontier(connection: Connection, key: ContentKey, sha256: string, frontier: FrontierRecord): void {
  const stage = openStage(connection, key, 'keep');
  const model = StoredModel.find(connection, sha256);
  const { metric, allowed, minimize, isBracketed, confidence, tries, curve } = frontier;
  const numbers = new RowNumbers('frontier_point');
  const insert = (kind: 'tried' | 'curve', position: number, point: FrontierPointRecord | FrontierTryRecord): void => {
    const tried = 'drop' in point ? point : null;
    connection.run(
      `INSERT INTO frontier_point (stage_id, kind, position, minimize, cost, predicted, metric, allowed, value, "drop",
         drop_low, drop_high, divergence, chosen, bracketed, mean_bits, bits, seen, stopped, confidence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[stage.id, kind, position, minimize],
      numbers.finite('cost', point.cost),
      numbers.finite('predicted', point.predicted),
      metric,
      numbers.finite('allowed', allowed),
      numbers.finiteOrNull('value', tried?.value ?? null),
      numbers.finiteOrNull('drop', tried?.drop ?? null),
      numbers.finiteOrNull('drop_low', tried?.interval?.[0] ?? null),
      numbers.finiteOrNull('drop_high', tried?.interval?.[1] ?? null),
      numbers.finiteOrNull('divergence', tried?.divergence ?? null),
      tried?.chosen === true ? 1 : 0,
      isBracketed ? 1 : 0,
      point.bits.reduce((sum, [, bits]) => sum + (bits ?? 32), 0) / point.bits.length,
      JSON.stringify(Object.fromEntries(point.bits)),
      ...[tried?.seen ?? null, tried?.stopped ?? null, tried === null ? null : confidence],
    );
  };
  for (const [position, point] of tries.entries()) insert('tried', position, point);
  for (const [position, point] of curve.entries()) insert('curve', position, point);
  closeStage(connection, stage.id, model.id, encodePayload(frontier));
}

/** Marks a stage failed; its finished parts stay, so that trying again repeats none of them. */
export function writeStageFailure(
  connection: Connection,
  key: ContentKey,
  failure: FailureRecord,
  under: string | null,
): void {
  const stage = openStage(connection, key);
  connection.run(
    `UPDATE stage SET status = 'failed', error_class = ?, error = ?, failed_under = ? WHERE id = ?`,
    failure.errorClass,
    failure.message,
    under,
    stage.id,
  );
}

/** Marks a stage done and forgets its parts. */
export function closeStage(connection: Connection, stage: number, model: number, result: Uint8Array | null): void {
  connection.run('DELETE FROM stage_part WHERE stage_id = ?', stage);
  connection.run(
    `UPDATE stage SET status = 'done', model_id = ?, result = ?, finished_at = ?, error_class = NULL, error = NULL, failed_under = NULL,
       duration_ms = (SELECT sum(duration_ms) FROM attempt WHERE stage_id = stage.id AND status = 'done'),
       numerics_class = (
         -- One part of a class that is not known makes the whole stage so.
         SELECT CASE WHEN count(*) = count(class) THEN group_concat(class, '+' ORDER BY class) END
         FROM (SELECT DISTINCT numerics_class AS class FROM attempt WHERE stage_id = stage.id AND status = 'done'))
     WHERE id = ?`,
    model,
    result,
    new Date().toISOString(),
    stage,
  );
}

/** Throws {@link NonFiniteStoreError} for numbers that `accuracy` can't hold. */
export function checkAccuracy(accuracy: AccuracyRecord): void {
  const numbers = new RowNumbers('accuracy');
  numbers.finite(`value (${accuracy.metric})`, accuracy.value);
  numbers.finiteOrNull(`ci_low (${accuracy.metric})`, accuracy.ciLow);
  numbers.finiteOrNull(`ci_high (${accuracy.metric})`, accuracy.ciHigh);
}

/**
 * Throws {@link StoreError} where an outcome's bytes do not fit its count, or a replicate is not
 * finite.
 */
export function checkOutcome(outcome: OutcomeRecord): void {
  const expected = outcome.kind === 'bitset' ? Math.ceil(outcome.count / 8) : outcome.count * 8;
  if (outcome.data.byteLength !== expected) {
    throw new StoreError(
      'incomplete',
      `Expected ${expected} bytes for the ${outcome.kind} of ${outcome.count} of metric ${outcome.metric}, got ${outcome.data.byteLength}.`,
    );
  }
  if (outcome.kind === 'bitset') return;
  const numbers = new RowNumbers('sample_outcome');
  for (const replicate of outcomeReplicates(outcome.data)) numbers.finite(`data (${outcome.metric})`, replicate);
}
