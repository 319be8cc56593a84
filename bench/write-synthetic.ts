import type { PlannedTrial } from '../src/plan/plan.js';
import { Connection } from '../src/store/file/connection.js';
import { openDatabase } from '../src/store/file/open-database.js';
import { openStore } from '../src/store/write/sqlite-store.js';
import { summarizeTrial } from '../src/store/write/summarize-trial.js';
import { writeComparisons } from '../src/store/write/write-comparisons.js';
import { modelSha256, planSynthetic, type SyntheticGrid } from './synthetic-experiment.js';
import { syntheticMachine, syntheticModel } from './synthetic-model.js';
import { SyntheticNumbers } from './synthetic-numbers.js';

type Values = readonly (string | number | Uint8Array | null)[];

/** Every so many trials one failed, and had two attempts. */
const FAILED_EVERY = 97;

/**
 * Writes a finished sweep of a grid, as a run would leave it, but with numbers that are made up:
 * trials, stages and their members through the store, results straight into its tables, in one
 * transaction. Returns the number of trials.
 */
export function writeSynthetic(path: string, grid: SyntheticGrid): number {
  const { experiment, plan } = planSynthetic(grid);
  const store = openStore(path);
  store.beginSweep(experiment, plan, [syntheticModel(grid, plan.trials[0]!.settings.model.path)], syntheticMachine);
  store.close();

  const database = openDatabase(path);
  const connection = new Connection(database);
  const writer = new SyntheticWriter(connection, grid);
  connection.transaction(() => {
    writer.stages();
    for (const trial of plan.trials) writer.trial(trial);
    writeComparisons(connection, plan.name);
  });
  // What a run does at its end, so that reading needs no write-ahead log.
  database.pragma('wal_checkpoint(TRUNCATE)');
  connection.close();
  return plan.trials.length;
}

/** Rows of one synthetic sweep. */
class SyntheticWriter {
  readonly #numbers: SyntheticNumbers;
  readonly #model: number;
  readonly #layers: readonly number[];

  constructor(
    readonly connection: Connection,
    readonly grid: SyntheticGrid,
  ) {
    this.#numbers = new SyntheticNumbers(grid);
    const model = connection.get('SELECT id FROM model WHERE sha256 = ?', modelSha256(grid)) as { id: number };
    this.#model = model.id;
    const layers = connection.all('SELECT id FROM layer WHERE model_id = ? ORDER BY position', this.#model);
    this.#layers = (layers as readonly { id: number }[]).map(({ id }) => id);
  }

  #insert(table: string, columns: string, ...values: Values): number {
    return this.connection.run(
      `INSERT INTO ${table} (${columns}) VALUES (${values.map(() => '?').join(', ')})`,
      ...values,
    ).id;
  }

  /** Results of every stage: statistics by channel at each snapshot, and search curves. */
  stages(): void {
    const stages = this.connection.all(
      'SELECT id, kind, settings FROM stage WHERE model_id = ?',
      this.#model,
    ) as readonly {
      id: number;
      kind: string;
      settings: string;
    }[];
    for (const stage of stages) {
      this.connection.run(
        `UPDATE stage SET status = 'done', duration_ms = 30000, finished_at = '2026-11-23T08:00:00.000Z' WHERE id = ?`,
        stage.id,
      );
      this.#attempt(null, stage.id, 1, 'done');
      const settings = JSON.parse(stage.settings) as { snapshots?: number[]; search?: { candidates: number[] } };
      if (stage.kind === 'observe')
        for (const batches of settings.snapshots ?? []) this.#observation(stage.id, batches);
      if (stage.kind !== 'search') continue;
      this.#layers.forEach((layer, position) => {
        const chosen = this.#numbers.chosenAlpha(position, stage.id);
        for (const alpha of this.#numbers.alphas) {
          const loss = 0.005 * (1 + position / 6) * (1 + 2 * (alpha - chosen) ** 2);
          this.#insert(
            'search_curve',
            'stage_id, layer_id, alpha, loss, rel_l1, chosen',
            ...[stage.id, layer, alpha, loss, 2 * loss, alpha === chosen ? 1 : 0],
          );
        }
      });
    }
    this.connection.run(
      `UPDATE trial SET observation_id = (SELECT o.id FROM observation o JOIN stage s ON s.id = o.stage_id
         WHERE s.model_id = trial.model_id AND o.batches = calibration_batches
           AND s.settings ->> '$.calibration.sampleSeed' IS calibration_seed)
       WHERE model_id = ?`,
      this.#model,
    );
  }

  #observation(stage: number, batches: number): void {
    const id = this.#insert(
      'observation',
      'stage_id, batches, samples, result',
      ...[stage, batches, 4 * batches, new Uint8Array(0)],
    );
    this.#layers.forEach((layer, position) => {
      const amax = this.#numbers.rawAmax(position, batches);
      this.#insert('amax_snapshot', 'observation_id, layer_id, amax', id, layer, amax);
      for (let channel = 0; channel < this.grid.channels; channel++) {
        const absmax = amax / (1 + ((channel * 7) % 23));
        this.#insert(
          'channel_stat',
          'observation_id, layer_id, channel, act_min, act_max, act_absmax, act_absmax_view',
          ...[id, layer, channel, 0, absmax, absmax, amax / 2],
        );
      }
    });
  }

  #attempt(trial: number | null, stage: number | null, number: number, status: 'done' | 'failed'): void {
    this.#insert(
      'attempt',
      'trial_id, stage_id, number, status, started_at, ended_at, duration_ms, host, parent_pid, device, provider, environment_id, timings, error_class, error',
      ...[trial, stage, number, status, '2026-11-23T08:00:01.000Z', '2026-11-23T08:00:09.000Z', 8000],
      ...['synthetic', 1, `cpu:${number}`, 'CPUExecutionProvider', 1, '{"create":40,"run":7960}'],
      ...(status === 'done' ? [null, null] : ['WorkerDiedError', 'Expected a result, but the child process ended.']),
    );
  }

  /** One trial with everything that it measured; a few failed. */
  trial(trial: PlannedTrial): void {
    const { id, stage } = this.connection.get(
      'SELECT id, search_stage_id AS stage FROM trial WHERE key = ?',
      trial.key,
    ) as { id: number; stage: number | null };
    if (trial.settings.role === 'candidate' && trial.position % FAILED_EVERY === FAILED_EVERY - 1) {
      this.connection.run(
        `UPDATE trial SET status = 'failed', error_class = 'WorkerDiedError', error = 'Its process ended.' WHERE id = ?`,
        id,
      );
      this.#attempt(id, null, 1, 'failed');
      this.#attempt(id, null, 2, 'failed');
      return;
    }
    const value = this.#accuracy(id, trial);
    this.connection.run(
      `UPDATE trial SET status = 'done', primary_metric = 'top1', gate_error = 2e-6, gate_samples = 16, output_divergence = ?,
         provider = 'CPUExecutionProvider', optimization_level = 'all', finished_at = '2026-11-23T08:20:00.000Z', duration_ms = ?,
         integer_kernels = iif(execution = 'integer', '{"QLinearConv":48,"QGemm":1}', NULL) WHERE id = ?`,
      ...[trial.settings.role === 'fp32' ? 0 : (1 - value) ** 2, 30_000 + trial.position, id],
    );
    this.#attempt(id, null, 1, 'done');
    if (trial.settings.role !== 'fp32') this.#layerRows(id, stage, trial);
    summarizeTrial(this.connection, id);
  }

  #accuracy(id: number, trial: PlannedTrial): number {
    const { data, correct } = this.#numbers.outcome(trial);
    const count = this.grid.evaluationSamples;
    const value = correct / count;
    const half = 1.96 * Math.sqrt((value * (1 - value)) / count);
    const columns = 'trial_id, metric, value, ci_low, ci_high, ci_method, correct, total';
    this.#insert('accuracy', columns, id, 'top1', value, value - half, value + half, 'wilson', correct, count);
    const agreement = trial.settings.role === 'fp32' ? 1 : Math.min(1, value + 0.05);
    this.#insert('accuracy', columns, id, 'agreement', agreement, null, null, null, null, null);
    this.#insert('sample_outcome', 'trial_id, metric, kind, count, data', id, 'top1', 'bitset', count, data);
    return value;
  }

  #layerRows(id: number, stage: number | null, { settings }: PlannedTrial): void {
    const { quantization, layers, smoothing } = settings;
    const perChannel = quantization!.weight.granularity === 'channel';
    this.#layers.forEach((layer, position) => {
      const isFocus = layers!.focus === this.#numbers.layerName(position);
      if (layers!.sensitivity === 'only' ? !isFocus : layers!.sensitivity === 'allBut' && isFocus) return;
      if (position < Number(layers!.keepFloat)) return;
      const alpha = smoothing.mode === 'dynamic' ? this.#numbers.chosenAlpha(position, stage ?? 0) : smoothing.alpha;
      for (const [mode, share] of [
        ['accumulated', 1],
        ['isolated', 0.3],
      ] as const) {
        const l1 = share * this.#numbers.layerL1(position, alpha, settings);
        this.#insert(
          'layer_loss',
          'trial_id, layer_id, mode, l1, rel_l1, mse, sqnr_db, cosine, max_abs',
          ...[id, layer, mode, l1, 1.7 * l1, l1 * l1, 40 - 20 * Math.log10(l1 / 0.004), 0.999, 20 * l1],
        );
      }
      const { s, low, high, mean } = this.#numbers.factors(position, alpha);
      this.#insert(
        'smoothing',
        'trial_id, layer_id, alpha, apply, s_min, s_max, s_geomean, dead_channels, s',
        ...[id, layer, alpha, alpha === null ? 'none' : 'insert', low, high, mean, 0, s],
      );
      const columns =
        'trial_id, layer_id, role, granularity, bits, signed, amax, amax_unsmoothed, scale, zero_point, low, amax_channels';
      const before = this.#numbers.rawAmax(position, settings.calibration!.batches, settings.calibration!.sampleSeed);
      const after = alpha === null ? before : 0.8 * before ** (1 - alpha);
      const weight = 0.4 + 0.01 * position;
      const grown = alpha === null ? weight : weight * (1 + 4 * alpha);
      const { bits } = quantization!.activation;
      this.#insert(
        'quantizer',
        columns,
        id,
        layer,
        'input',
        'tensor',
        bits,
        1,
        after,
        before,
        after / 127,
        0,
        -after,
        null,
      );
      this.#insert(
        'quantizer',
        columns,
        ...[id, layer, 'weight', perChannel ? 'channel' : 'tensor', quantization!.weight.bits, 1, grown, weight],
        ...[grown / 127, 0, -grown, perChannel ? this.#numbers.channelRanges(position) : null],
      );
    });
  }
}
